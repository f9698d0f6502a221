"""What a hunt found as one HTML page that needs nothing else: no network, no server, no other file.

Objects are streamed into the page as one island of data; how it looks and behaves stands in the folder `web`.
No value of a source is ever markup here: JSON in which `<` is escaped can neither end its element nor open a
comment, and the page's policy runs no script but its own.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stix_shifter.hunt.report import HuntReport

MOST_MATCHES: Final = 5000
_FOLDER = Path(__file__).parent / "web"
_SCRIPTS = (
    *("base.js", "data.js", "grid.js", "timeline.js", "graph.js", "details.js", "ledger.js", "main.js"),
)
_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
MOST_READABLE: Final = 300_000
"""Bytes of objects that stand in the page as they are."""
_IN_LEDGER: Final = frozenset({"note", "identity"})
_PACKED: Final = b'</script>\n<script type="text/plain" id="packed">'
_LARGEST = 2**53 - 1
"""Beyond this a browser rounds whole numbers."""


def write_page(report: HuntReport, out: BinaryIO) -> None:
    """Write the page, object by object; of matches no more than MOST_MATCHES.

    Few objects stand in it as readable JSON. Many are packed (gzip, base64): a browser takes longer to read
    JSON as a part of a page than to unpack and parse it, and the file is a fifth in size.
    """
    head, tail = _frame()
    out.write(head)
    out.write(b'{"ledger":' + _json(report.ledger.to_json()))
    out.write(b',"matches":' + _json(list(report.matches(MOST_MATCHES))))
    texts = (_json(item) for item in report.objects() if item["type"] not in _IN_LEDGER)
    first: list[bytes] = []
    room = MOST_READABLE
    for text in texts:
        first.append(text)
        room -= len(text)
        if room < 0:
            break
    if room >= 0:
        out.write(b',"objects":[\n' + b",\n".join(first) + b"]}")
    else:
        out.write(b"}" + _PACKED)
        _pack(itertools.chain(first, texts), out)
    out.write(tail)


def _pack(texts: Iterable[bytes], out: BinaryIO) -> None:
    """Write a JSON array of the texts as base64 of gzip."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    waiting, before = b"", b"["
    for text in texts:
        waiting += packer.compress(before + text)
        before = b",\n"
        whole = len(waiting) // 3 * 3
        out.write(base64.b64encode(waiting[:whole]))
        waiting = waiting[whole:]
    out.write(base64.b64encode(waiting + packer.compress(b"]") + packer.flush()))


def _json(value: Any) -> bytes:
    """JSON that no HTML parser finds the end of a script in."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except TypeError:
        text = orjson.dumps(_plain(value), default=str)
    return text.replace(b"<", b"\\u003c")


def _plain(value: Any) -> Any:
    """A value as JSON and browsers can hold it: very large numbers and lone surrogates as readable text."""
    if isinstance(value, dict):
        return {str(_plain(str(name))): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST:
        return str(value)
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return value


@cache
def _frame() -> tuple[bytes, bytes]:
    """What stands before the data and after them."""
    style = _read("style.css")
    script = '"use strict";\n(() => {\n' + "".join(map(_read, _SCRIPTS)) + "})();\n"
    policy = _POLICY.format(script=_digest(script), style=_digest(style))
    parts = {"%POLICY%": policy, "%STYLE%": style, "%SCRIPT%": script}
    head, tail = _read("page.html").split("%DATA%")
    for mark, text in parts.items():
        head, tail = head.replace(mark, text), tail.replace(mark, text)
    return head.encode(), tail.encode()


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
