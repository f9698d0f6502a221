"""Who may import whom: the table of the architecture, read off the imports themselves.

An import inside a function counts like any other: laziness is for start-up, not for going round the table.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("stix_shifter", "stix_shifter_utils", "stix_shifter_modules")

# Parts of stix_shifter_utils, lowest first: a part imports itself and what stands in its row, nothing else.
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "version": set(),
    "legacy": set(),
    "schemas": {"errors"},
    "pattern": {"errors"},
    "mapping": {"errors", "schemas", "pattern", "stix"},  # searching must know what results make of values
    "query": {"errors", "pattern", "mapping", "schemas"},
    "stix": {"errors"},
    "results": {"errors", "mapping", "stix"},
    "http": {"errors"},
    "transmission": {"http", "errors", "schemas"},
    "config": {"errors", "schemas"},
    "utils": {"errors", "config", "connector", "results"},
    "connector": {
        "errors", "schemas", "pattern", "mapping", "query", "stix", "results", "http", "transmission",
        "config", "utils",
    },
    "spark": {"errors", "config", "connector", "results", "stix"},
    "quality": set(),  # filled below: reads everything, is read by nothing but testing and the command line
    "testing": set(),
}  # fmt: skip
WAYS_OF_WRITING = {"frozen", "expressions"}  # classes and expressions that cost little: no part's knowledge
MAY_IMPORT = {part: others | WAYS_OF_WRITING for part, others in MAY_IMPORT.items()}
MAY_IMPORT |= {name: set() for name in WAYS_OF_WRITING}
EVERYTHING = set(MAY_IMPORT) | {"__init__"}
MAY_IMPORT["quality"] = EVERYTHING - {"testing"}
MAY_IMPORT["testing"] = EVERYTHING
MAY_IMPORT["__init__"] = {"legacy", "errors"}


def source_files() -> list[Path]:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return sorted(path for path in files if "tests" not in path.relative_to(ROOT).parts)


def imported_names(path: Path) -> Iterator[tuple[int, str]]:
    """Absolute dotted names that a file imports from our packages, with their lines."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides who imports whom"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.split(".")[0] in PACKAGES)


def part_of(name: str) -> str:
    """The part of stix_shifter_utils that a dotted name belongs to."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def violations(path: Path) -> list[str]:
    where = path.relative_to(ROOT)
    home = where.parts[0]
    found = []
    for line, name in imported_names(path):
        target = name.split(".")[0]
        wrong = target not in ALLOWED_PACKAGES[home]
        if home == target == "stix_shifter_utils":
            own = where.parts[1].removesuffix(".py")
            part = part_of(name)
            wrong = (
                part != own and part not in MAY_IMPORT[own] and (ROOT / home / part).with_suffix("").exists()
            )
            wrong = wrong or (
                part != own and part not in MAY_IMPORT[own] and (ROOT / home / f"{part}.py").exists()
            )
        if home == target == "stix_shifter_modules":
            wrong = name.split(".")[1] != where.parts[1]
        if wrong:
            found.append(f"{where}:{line} imports {name}")
    return found


ALLOWED_PACKAGES = {
    "stix_shifter": {"stix_shifter", "stix_shifter_utils"},
    "stix_shifter_utils": {"stix_shifter_utils"},
    "stix_shifter_modules": {"stix_shifter_modules", "stix_shifter_utils"},
}


def test_every_part_has_a_row_in_the_table() -> None:
    parts = {path.name for path in (ROOT / "stix_shifter_utils").iterdir() if (path / "__init__.py").exists()}
    parts |= {path.stem for path in (ROOT / "stix_shifter_utils").glob("*.py")}
    assert parts <= set(MAY_IMPORT)


def test_imports_follow_the_table() -> None:
    assert [line for path in source_files() for line in violations(path)] == []


def test_a_forbidden_import_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    folder = tmp_path / "stix_shifter_utils" / "pattern"
    folder.mkdir(parents=True)
    (tmp_path / "stix_shifter_utils" / "query").mkdir()
    bad = folder / "bad.py"
    bad.write_text(
        "def f():\n    from stix_shifter_utils.query import Verdict\n    import stix_shifter.cli\n"
    )
    assert len(violations(bad)) == 2


def test_connectors_import_at_most_three_dotted_parts() -> None:
    """An author needs no map of our inside: `stix_shifter_utils.query` is as deep as it gets."""
    deep = []
    for path in source_files():
        if path.relative_to(ROOT).parts[0] != "stix_shifter_modules":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stix_shifter_utils."):
                too_deep = str(node.module).count(".") > 2
                deep += [f"{path.relative_to(ROOT)}:{node.lineno} {node.module}"] if too_deep else []
    assert deep == []


def test_every_file_opens_by_saying_what_lives_there() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in source_files()
        if path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
