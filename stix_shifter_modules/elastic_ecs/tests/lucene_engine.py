"""Lucene itself, by a small Java program: which documents its own query parser and index find.

The program is compiled when it is first needed. Queries run in one batch per call, so nothing can hang: the
whole call has a time limit.
"""

from __future__ import annotations

import base64
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.testing.languages.terms import leaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stix_shifter_utils.mapping import FieldKind

JARS = ("core", "queryparser", "analyzers-common", "queries", "sandbox", "misc")
FOLDER = Path("/usr/share/java")
MOST_S = 120


def missing() -> str:
    """Why Lucene cannot run here; empty where it can."""
    if shutil.which("javac") is None or len(jars()) < len(JARS):
        return "no JDK or no Lucene 8; as root: apt-get install liblucene8-java default-jdk-headless"
    return ""


def jars() -> list[Path]:
    """Debian's jars of Lucene 8."""
    return [found for name in JARS for found in sorted(FOLDER.glob(f"lucene-{name}-8.*.jar"))[-1:]]


@functools.cache
def class_path() -> str:
    """The compiled program and its libraries."""
    folder = tempfile.mkdtemp(prefix="lucene-search-")
    libraries = ":".join(map(str, jars()))
    program = Path(__file__).with_name("LuceneSearch.java")
    subprocess.run(
        ["javac", "-cp", libraries, "-d", folder, str(program)],
        check=True,
        timeout=MOST_S,
        capture_output=True,
    )
    return f"{libraries}:{folder}"


def found(
    documents: Sequence[Mapping[str, Any]], kinds: Mapping[str, FieldKind], queries: Sequence[str]
) -> list[set[int] | str]:
    """For each query the places of the documents that it finds, or why Lucene refuses it."""
    lines = [_line("F", name, kind.kind.value) for name, kind in kinds.items()]
    for document in documents:
        cells = [text for name, value in leaves(document) for text in (name, _text(value))]
        lines.append(_line("D", *cells))
    lines += [_line("Q", query) for query in queries]
    command = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", class_path(), "LuceneSearch"]
    done = subprocess.run(
        command, input="".join(lines), capture_output=True, text=True, timeout=MOST_S, check=True
    )
    answers = done.stdout.splitlines()
    assert len(answers) == len(queries), done.stderr[-2000:]
    return [_answer(line) for line in answers]


def _answer(line: str) -> set[int] | str:
    word, _, rest = line.partition(" ")
    return set(map(int, rest.split())) if word == "OK" else rest


def _line(kind: str, *cells: str) -> str:
    encoded = (base64.b64encode(cell.encode("utf-8", "surrogatepass")).decode("ascii") for cell in cells)
    return "\t".join([kind, *encoded]) + "\n"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
