"""The options of a connection that shape queries, read once from the plain mapping into a frozen value.

Options that shape results or transmission are read by those packages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

from stix_shifter_utils.errors import ConfigurationError
from stix_shifter_utils.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

SourceCase = Literal["source", "exact", "ignore"]
OnUnmapped = Literal["prune", "refuse"]
Reader = Literal["auto", "antlr"]

DEFAULT_TIME_RANGE_MIN: Final = 5
DEFAULT_RESULT_LIMIT: Final = 10_000
_WORDS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


@frozen
class CompilerOptions:
    """What a caller may choose about queries.

    `time_range_min`: minutes before now that are searched where a pattern has no START-STOP; `None`
    searches all time. `result_limit`: most rows per query; `None` sets no limit. `case`: how plain strings
    compare. `table`: what FROM names, in place of the one of the mapping.
    """

    time_range_min: float | None = DEFAULT_TIME_RANGE_MIN
    result_limit: int | None = DEFAULT_RESULT_LIMIT
    case: SourceCase = "source"
    on_unmapped: OnUnmapped = "prune"
    same_object: bool = False
    table: str | None = None
    parser: Reader = "auto"

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> CompilerOptions:
        """From the options of a connection; keys that are not ours are ignored, numbers may be text.

        Raises ConfigurationError, naming the key.
        """
        values = tuple([options.get(key) for key in _KEYS])
        key = (*values, *map(type, values), *[name in options for name in _NULLABLE])
        try:
            found = _KEPT.get(key)
        except TypeError:  # no plain values: one of them is wrong, and is named below
            return cls._read(options)
        if found is None:
            if len(_KEPT) >= _MOST_KEPT:
                _KEPT.clear()
            found = _KEPT[key] = cls._read(options)
        return found

    @classmethod
    def _read(cls, options: Mapping[str, Any]) -> CompilerOptions:
        return cls(
            time_range_min=_number(options, "time_range", DEFAULT_TIME_RANGE_MIN),
            result_limit=_limit(options),
            case=cast("SourceCase", _choice(options, "case", get_args(SourceCase))),
            on_unmapped=cast("OnUnmapped", _choice(options, "on_unmapped", get_args(OnUnmapped))),
            same_object=_flag(options, "same_object"),
            table=options.get("table"),
            parser=cast("Reader", _choice(options, "parser", get_args(Reader))),
        )


_NULLABLE: Final = ("time_range", "result_limit")
"""Options for which null is not the same as none given."""
_KEYS: Final = (*_NULLABLE, "case", "on_unmapped", "same_object", "table", "parser")
_MOST_KEPT: Final = 256
_KEPT: dict[tuple[object, ...], CompilerOptions] = {}


def _choice(options: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> str:
    value = options.get(key)
    if value is None:
        return choices[0]
    if value not in choices:
        msg = f"option {key} is {value!r}; it must be one of {', '.join(choices)}"
        raise ConfigurationError(msg)
    return str(value)


def _number(options: Mapping[str, Any], key: str, default: float) -> float | None:
    value = options.get(key, default)
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1
    if isinstance(value, bool) or not 0 <= number < float("inf"):
        msg = f"option {key} is {value!r}; it must be a number that is not negative, or null"
        raise ConfigurationError(msg)
    return number


def _limit(options: Mapping[str, Any]) -> int | None:
    number = _number(options, "result_limit", DEFAULT_RESULT_LIMIT)
    return None if number is None else int(number)


def _flag(options: Mapping[str, Any], key: str) -> bool:
    value = options.get(key, False)
    if isinstance(value, str):
        value = _WORDS.get(value.lower())
    if not isinstance(value, (bool, int, type(None))) or (value is None and options.get(key) is not None):
        msg = f"option {key} is {options[key]!r}; it must be true or false"
        raise ConfigurationError(msg)
    return bool(value)
