"""`docs/CONNECTORS.md` and `docs/connectors/<name>.md`: what each connector is, asks and gives back.

Made from configurations, mappings, capabilities and the compilers themselves. Grades are what the standard
suite said when `make grades` ran last; they are kept in `docs/grades.json`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from stix_shifter_utils.config import module_config
from stix_shifter_utils.connector import load_entry_point, module_folder, modules_list
from stix_shifter_utils.errors import TranslationError
from stix_shifter_utils.mapping import Kind
from stix_shifter_utils.pattern import print_path
from stix_shifter_utils.query import Capabilities

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from stix_shifter_utils.connector import BaseQueryTranslator
    from stix_shifter_utils.mapping import DialectMapping

TEMPLATES: Final = frozenset({"async_template", "synchronous_template"})
OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "mysql": {"table": "events"},
    "postgresql": {"table": "events"},
}
_MADE: Final = "<!-- Made by `make pages`; a test fails when it differs. -->"
_PROBES: Final = {
    Kind.TEXT: ("= 'a'", "!= 'a'", "IN ('a', 'b')", "> 'a'", "LIKE 'a%'", "MATCHES '^a'"),
    Kind.TEXT_NOCASE: ("= 'a'", "!= 'a'", "IN ('a', 'b')", "> 'a'", "LIKE 'a%'", "MATCHES '^a'"),
    Kind.INTEGER: ("= 5", "!= 5", "IN (5, 6)", "> 5"),
    Kind.NUMBER: ("= 5", "!= 5", "IN (5, 6)", "> 5"),
    Kind.BOOLEAN: ("= true", "!= true"),
}
_FAMILIES: Final = "stix_shifter_utils.query.families."
_ADDRESSES: Final = (
    "= '10.1.2.3'", "!= '10.1.2.3'", "IN ('10.1.2.3')", "LIKE '10.%'", "ISSUBSET '10.0.0.0/8'",
    "ISSUPERSET '10.1.2.3/32'",
)  # fmt: skip


def connectors() -> list[str]:
    """Those that have a page."""
    return [name for name in modules_list() if name not in TEMPLATES]


def index_page(grades: Mapping[str, str]) -> str:
    """The table of all connectors."""
    lines = [_MADE, "# Connectors", ""]
    lines += [
        "Each line is made from the connector itself. *Grade*: what the standard suite says of its tests;",
        "a connector without one is held to tests of its own.",
        "*Checked*: the vendor's documents or versions that it was written against, and when.",
        "",
        "| connector | product | dialects | asks in | flow | grade | checked |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(name, grades.get(name, "")) for name in connectors()]
    return "\n".join(lines) + "\n"


def connector_page(name: str) -> str:
    """All that there is to know of one connector, beside its README."""
    config = module_config(name)
    labels = _labels(module_folder(name))
    lines = [_MADE, f"# {_product(config)} (`{name}`)", ""]
    lines += [
        f"How to use it: [README](../../stix_shifter_modules/{name}/README.md).",
        "",
        "## Configuration",
        "",
    ]
    lines += ["| key | | needed |", "|---|---|---|"]
    lines += [
        *_keys(config["connection"], labels.get("connection", {}), "connection"),
        *_keys(config["configuration"], labels.get("configuration", {}), "configuration"),
        "",
    ]
    lines += [*_limits(name), *_dialects(name)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(name: str, grade: str) -> str:
    entry = load_entry_point(name)(options=dict(OPTIONS.get(name, {})))
    translators = _translators(name)
    dialects = ", ".join(f"`{one}`" for one in entry.get_dialects())
    languages = ", ".join(dict.fromkeys(_language(one) for one in translators.values())) or "STIX patterns"
    flow = "search jobs" if entry.is_async() else "one call"
    link, product = f"[`{name}`](connectors/{name}.md)", _product(module_config(name))
    return f"| {link} | {product} | {dialects} | {languages} | {flow} | {grade} | {_checked(name)} |"


def _language(translator: BaseQueryTranslator) -> str:
    """The family that a connector's compiler is of."""
    bases = translator.compiler.__mro__ if translator.compiler else ()
    return next((str(one.dialect) for one in bases if one.__module__.startswith(_FAMILIES)), "")  # type: ignore[attr-defined]  # families have one


def _product(config: Mapping[str, Any]) -> str:
    return str(config["connection"]["type"]["displayName"])


def _capabilities(name: str) -> dict[str, Any]:
    path = module_folder(name) / "configuration" / "capabilities.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _checked(name: str) -> str:
    return str(_capabilities(name).get("$checked", ""))


def _labels(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "configuration" / "lang_en.json").read_text(encoding="utf-8")))


def _keys(schema: Mapping[str, Any], labels: Mapping[str, Any], place: str) -> Iterator[str]:
    """The connector's own keys with their labels; those of the core are in the guide."""
    for key, entry in schema.items():
        label = labels.get(key)
        if not isinstance(entry, dict) or not isinstance(label, dict) or key == "type":
            continue
        if "label" not in label:
            yield from _keys(entry, label, f"{place}.{key}")
            continue
        default = entry.get("default")
        needed = (
            f"default `{json.dumps(default)}`"
            if default is not None
            else "optional"
            if entry.get("optional")
            else "yes"
        )
        text = (
            str(label["description"])
            .replace("{{min}}", str(entry.get("min")))
            .replace("{{max}}", str(entry.get("max")))
        )
        yield f"| `{place}.{key}` | {_cell(text)} | {needed} |"


def _limits(name: str) -> Iterator[str]:
    found = _capabilities(name)
    if not found:
        return
    can = Capabilities.from_json(found)
    said = {
        "longest query, characters": can.max_length,
        "most values in a list": can.max_values,
        "rows in a page": can.page_size,
        "calls a minute": can.rate_per_min,
        "days kept": can.retention_days,
    }
    yield from ("## Limits", "", "| | |", "|---|---|")
    yield from (f"| {label} | {value:g} |" for label, value in said.items() if value is not None)
    yield from ("", f"Checked: {found['$checked']}.", "") if found.get("$checked") else ("",)


def _translators(name: str) -> dict[str, BaseQueryTranslator]:
    """The dialects that plan by mappings."""
    entry = load_entry_point(name)(options=dict(OPTIONS.get(name, {})))
    found: dict[str, BaseQueryTranslator] = {
        one: entry.get_query_translator(one) for one in entry.get_dialects()
    }
    return {dialect: one for dialect, one in found.items() if one.compiler is not None and _is_mapped(one)}


def _is_mapped(translator: BaseQueryTranslator) -> bool:
    try:
        return bool(translator.mapping().index.paths())
    except TranslationError:
        return False


def _dialects(name: str) -> Iterator[str]:
    for dialect, translator in _translators(name).items():
        mapping = translator.mapping()
        table = f", table `{mapping.index.table}`" if mapping.index.table else ""
        yield from (f"## Dialect `{dialect}`{table}", "")
        yield from ("| object | properties, with the fields that are asked |", "|---|---|")
        yield from _objects(mapping)
        yield from ("", *_comparators(translator, mapping))


def _objects(mapping: DialectMapping) -> Iterator[str]:
    by_type: dict[str, list[str]] = defaultdict(list)
    for path in mapping.index.paths():
        if path.steps[-1:] and str(path.steps[-1]).endswith(("_ref", "_refs")):
            continue
        fields = list(dict.fromkeys(one.field for one in mapping.index.lookup(path)))
        asked = f" ({', '.join(fields)})" if fields else " (results only)"
        by_type[path.object_type].append(f"`{print_path(path).partition(':')[2]}`{asked}")
    for kind in sorted(by_type):
        yield f"| `{kind}` | {_cell(', '.join(by_type[kind]))} |"


def _comparators(translator: BaseQueryTranslator, mapping: DialectMapping) -> Iterator[str]:
    """One property for each kind of field, tried with each comparator."""
    tried: dict[str, str] = {}
    for path in mapping.index.paths():
        for binding in mapping.index.lookup(path)[:1]:
            label = f"{binding.kind} ({binding.relation.value})"
            if path.object_type == "ipv4-addr":
                tried.setdefault("addresses", print_path(path))
            elif label not in tried and not str(path.steps[-1]).endswith(("_ref", "_refs")):
                tried[label] = print_path(path)
    yield from ("| kind of field (relation) | for example | comparators, by verdict |", "|---|---|---|")
    for label, path_text in sorted(tried.items()):
        kind = label.partition(" ")[0].removesuffix("[]")
        probes = _ADDRESSES if label == "addresses" else _PROBES.get(Kind(kind), ())
        found = _verdicts(translator, path_text, probes)
        if found:
            yield f"| {label} | `{path_text}` | {'; '.join(found)} |"
    yield ""


def _verdicts(translator: BaseQueryTranslator, path: str, probes: Sequence[str]) -> list[str]:
    by_verdict: dict[str, list[str]] = defaultdict(list)
    for probe in probes:
        verdict = translator.plan(f"[{path} {probe}]", policy="widen").verdicts[0].verdict.value
        by_verdict[verdict].append(probe.split()[0])
    return [f"*{verdict}*: {', '.join(names)}" for verdict, names in by_verdict.items()]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
