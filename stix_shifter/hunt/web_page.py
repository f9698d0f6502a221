"""What a hunt found as one HTML page that needs nothing else: no network, no server, no other file.

Objects are streamed into the page as one island of JSON; how it looks and behaves stands in the folder `web`.
No value of a source is ever markup here: JSON in which `<` is escaped can neither end its element nor open a
comment, and the page's policy runs no script but its own.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import orjson

if TYPE_CHECKING:
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
_LARGEST = 2**53 - 1
"""Beyond this a browser rounds whole numbers."""


def write_page(report: HuntReport, out: BinaryIO) -> None:
    """Write the page, object by object; of matches no more than MOST_MATCHES."""
    head, tail = _frame()
    out.write(head)
    out.write(b'{"ledger":' + _json(report.ledger.to_json()))
    out.write(b',"matches":' + _json(list(report.matches(MOST_MATCHES))))
    out.write(b',"objects":[')
    before = b"\n"
    for item in report.objects():
        if item["type"] not in {"note", "identity"}:  # the ledger tells what stands in these
            out.write(before + _json(item))
            before = b",\n"
    out.write(b"]}")
    out.write(tail)


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
