"""A whole configuration against its schema: every problem at once, named by its dotted key, without secrets.

The answer is a copy that holds known parameters only, each of its type, with all defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stix_shifter_utils.config.files import Document, copied
from stix_shifter_utils.config.legacy_names import modernized
from stix_shifter_utils.config.locate import module_folder
from stix_shifter_utils.config.masking import mask_values
from stix_shifter_utils.config.schema import Leaf, Path, Schema, Section, schema_of
from stix_shifter_utils.config.values import checked
from stix_shifter_utils.errors import ConfigurationError

_OPTIONS = "connection.options"
_PLAIN = frozenset({str, int, float, bool, type(None)})
_KEPT_ANSWERS = 256


class ParameterError(ConfigurationError):
    """All that is wrong with some parameters.

    `missing` holds dotted keys, `unexpected` the nested unknown keys with masked values, `invalid` one text
    per wrong value, `hints` what may have been meant. The text starts as it did in earlier releases.
    """

    def __init__(
        self, missing: list[str], unexpected: Document, invalid: list[str], hints: list[str] | None = None
    ) -> None:
        self.missing, self.unexpected, self.invalid, self.hints = missing, unexpected, invalid, hints or []
        classic: Document = {"unexpected_params": unexpected} if unexpected else {}
        if missing:
            classic["missing_params"] = missing
        self._texts = [str(classic)] if classic else []
        super().__init__(classic if classic else "; ".join(invalid))

    def __str__(self) -> str:
        return "; ".join([*self._texts, *self.invalid, *self.hints])

    def __reduce__(self) -> tuple[type[ParameterError], tuple[list[str], Document, list[str], list[str]]]:
        return type(self), (self.missing, self.unexpected, self.invalid, self.hints)


def validate(module: str, params: Mapping[str, Any], start_point: str | None = None) -> Document:
    """The parameters of a connector below `start_point` (None: `connection` and `configuration`), checked.

    Legacy names are accepted. The input is not changed. Raises ParameterError, or UnsupportedDataSourceError
    for an unknown connector.
    """
    return validate_against(schema_of(module_folder(module)), params, start_point)


def validate_against(schema: Schema, params: Any, start_point: str | None = None) -> Document:
    """The same with a schema at hand. Plain options, which each translation brings, are checked once."""
    key = _plain_key(params) if start_point == _OPTIONS else None
    known = schema.answers.get(key) if key is not None else None
    if known is None:
        known = _validated(schema, params, start_point)
        if key is None:
            return known
        if len(schema.answers) >= _KEPT_ANSWERS:
            schema.answers.clear()
        schema.answers[key] = known
    answer: Document = copied(known)
    return answer


def _plain_key(params: Any) -> tuple[Any, ...] | None:
    """Parameters as a key that tells `1` from `True`; None for what is not plain values by name."""
    if not isinstance(params, Mapping) or not _PLAIN.issuperset(map(type, params.values())):
        return None
    return *params.items(), *map(type, params.values())


def _validated(schema: Schema, params: Any, start_point: str | None) -> Document:
    section = schema.root.at(start_point)
    where = start_point or "the parameters"
    if not isinstance(params, Mapping):
        message = f"{where} must be a JSON object, not {type(params).__name__}"
        raise ParameterError([], {}, [message])
    findings = _Findings(start_point.count(".") + 1 if start_point else 0)
    try:
        result = findings.section(section, modernized(schema, params, start_point))
    except RecursionError as error:
        raise ParameterError([], {}, [f"{where} are nested too deep to be read"]) from error
    findings.raise_if_any()
    return result


class _Findings:
    """Walks the schema and collects what is wrong. The first `skip` keys of a path are the start point's."""

    def __init__(self, skip: int) -> None:
        self.skip = skip
        self.missing: list[str] = []
        self.unexpected: Document = {}
        self.invalid: list[str] = []
        self.hints: list[str] = []

    def section(self, section: Section, given: Mapping[str, Any]) -> Document:
        result: Document = {}
        for key, member in section.members.items():
            if isinstance(member, Section):
                self._inner(member, given, key, result)
            else:
                self._leaf(member, given, key, result)
        self._unknown(section, given)
        return result

    def _inner(self, section: Section, given: Mapping[str, Any], key: str, result: Document) -> None:
        value = given.get(key)
        if value is None and section.optional:
            filled = _defaults(section)
            if filled:
                result[key] = filled
        elif value is None or isinstance(value, Mapping):
            result[key] = self.section(section, value or {})
        else:
            self.invalid.append(f"{self._name(section.path)} must be a JSON object")

    def _leaf(self, leaf: Leaf, given: Mapping[str, Any], key: str, result: Document) -> None:
        value = given.get(key)
        if value is not None:
            self._value(leaf, value, key, result)
        elif leaf.nullable and key in given:
            result[key] = None
        elif leaf.default is not None:
            result[key] = copied(leaf.default)
        elif not leaf.optional:
            self.missing.append(self._name(leaf.path))

    def _value(self, leaf: Leaf, value: Any, key: str, result: Document) -> None:
        try:
            result[key] = checked(leaf, value)
        except ConfigurationError as problem:
            name = self._name(leaf.path)
            self.invalid.append(str(problem) if name == leaf.name else f"{name}: {problem}")

    def _unknown(self, section: Section, given: Mapping[str, Any]) -> None:
        for key, value in given.items():
            if key not in section.members:
                path = (*section.path, str(key))
                _put(self.unexpected, path[self.skip :], mask_values(value))
                self._suggest(section, path)

    def _suggest(self, section: Section, path: Path) -> None:
        from difflib import get_close_matches

        for close in get_close_matches(path[-1], section.members, n=1, cutoff=0.7):
            self.hints.append(f"{self._name(path)} is not known; did you mean {close}?")

    def _name(self, path: Path) -> str:
        return ".".join(path[self.skip :])

    def raise_if_any(self) -> None:
        if self.missing or self.unexpected or self.invalid:
            raise ParameterError(self.missing, self.unexpected, self.invalid, self.hints)


def _put(nested: Document, path: Path, value: Any) -> None:
    for part in path[:-1]:
        nested = nested.setdefault(part, {})
    nested[path[-1]] = value


def _defaults(section: Section) -> Document:
    """What fills an optional section that is absent; nothing where a parameter would be missing."""
    leaves = [member for member in section.members.values() if isinstance(member, Leaf)]
    if any(leaf.default is None and not leaf.optional for leaf in leaves):
        return {}
    return {leaf.name: copied(leaf.default) for leaf in leaves if leaf.default is not None}
