"""Rule `config-labels`: a parameter that people fill in has words, and all words have a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.quality.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stix_shifter_utils.quality.folder import ConnectorFolder

LABELS = "configuration/lang_en.json"
NOT_FILLED_IN = {"link", "connectorType", "fields"}
Path = tuple[str, ...]


def check(folder: ConnectorFolder) -> Iterator[Finding]:
    """Parameters without words, and words without a parameter."""
    config, labels = folder.configuration("config"), folder.configuration("lang_en")
    if config is None or labels is None:
        return  # the rule files-present says so
    parameters = dict(_parameters(config.data or {}))
    described = dict(_labels(labels.data or {}))
    for path, leaf in parameters.items():
        words = described.get(path, {})
        for word in ("label", "description"):
            if not _is_hidden(leaf) and not words.get(word):
                yield Finding(
                    LABELS, f'{".".join(path)} has no {word}; add "{word}" for people who fill it in'
                )
    for path in described:
        if path not in parameters and path[:1] != ("common",):
            yield Finding(LABELS, f"{'.'.join(path)} is no parameter of config.json; remove or rename it")


def _is_hidden(leaf: Mapping[str, Any]) -> bool:
    return leaf.get("type") in NOT_FILLED_IN or str(leaf.get("hidden", "")).lower() == "true"


def _parameters(section: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for key, value in section.items():
        here = (*path, key)
        if not isinstance(value, dict) or here == ("connection", "type"):
            continue
        if isinstance(value.get("type"), str) and value["type"] != "fields":
            yield here, value
        else:
            yield from _parameters(value, here)


def _labels(section: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for key, value in section.items():
        if not isinstance(value, dict):
            continue
        if isinstance(value.get("label"), str) or isinstance(value.get("description"), str):
            yield (*path, key), value
        else:
            yield from _labels(value, (*path, key))
