"""Native rows to test results with: made to fit a to_stix map, as Hypothesis strategies or from a seed.

`rows` draws what a source may really send and what it should not (`odd_values`); `generate_rows` makes many
rows fast, the same for the same seed. What becomes of them is the results package's to say.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from stix_shifter_utils.results.keys import split_key

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Make = Callable[[random.Random], Any]
_ODD: Final[tuple[Any, ...]] = (
    *("", " ", "-", "N/A", "null", "\x00", "\ud800", "a\udfffb", "\U0001f600", "e\u0301", "x" * 300, "0x1f"),
    *(
        "256.1.1.1",
        "01.2.3.4",
        "1.2.3.4/8",
        "fe80::1%eth0",
        "::ffff:1.2.3.4",
        "_sip._tcp.example.com",
        "a..b",
    ),
    *(
        "not a mac",
        "00-11-22-AA-BB-CC",
        "2020-02-30T00:00:00Z",
        "2020-01-01 00:00:00+02:00",
        "yesterday",
        "{}",
    ),
    *(0, -1, 1, 65536, 1 << 53, 1 << 64, 10**30, -(10**30), 1.5, 443.0, 1e300, float("nan"), float("inf")),
    *(
        True,
        False,
        None,
        [],
        [None],
        [""],
        {},
        {"": None},
        ["a", 1],
        [["a"]],
        {"a": {"b": ""}},
        {"a b": [1, {}]},
    ),
)
"""Values that no field should hold and some do."""

_WORDS: Final = ("alpha", "Beta", "C:\\Windows\\cmd.exe", "/usr/bin/env", "a b", "é", "x'y\"z", "tcp", "443")


def odd_values() -> SearchStrategy[Any]:
    """Values of wrong types and shapes: placeholders, NaN, huge, surrogates, nested, empty."""
    nested = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    )
    return st.sampled_from(_ODD) | nested


def rows(to_stix: Mapping[str, Any], *, odd: bool = True) -> SearchStrategy[dict[str, Any]]:
    """Rows that fit a map: any subset of its native fields in any order, nested as it is nested.

    With `odd`, some fields hold what they should not, and some are not the map's.
    """

    def build(seed: int, strange: list[tuple[str, Any]]) -> dict[str, Any]:
        chance = random.Random(seed)  # noqa: S311  test data
        row = _row(to_stix, chance, 0.0)
        for name, value in strange if odd else []:
            _put(row, chance, name, value)
        return row

    strange = st.lists(st.tuples(st.text(max_size=6), odd_values()), max_size=3)
    return st.builds(build, st.integers(0, (1 << 32) - 1), strange)


def generate_rows(
    to_stix: Mapping[str, Any], seed: int, count: int, odd: float = 0.0
) -> Iterator[dict[str, Any]]:
    """`count` rows that fit a map, the same for the same seed; each value is odd with that probability."""
    chance = random.Random(seed)  # noqa: S311  test data
    for _ in range(count):
        yield _row(to_stix, chance, odd)


def _once_in(chance: random.Random, times: int) -> bool:
    return chance.randrange(times) == 0


def _put(row: dict[str, Any], chance: random.Random, name: str, value: Any) -> None:
    """Put an odd value into a row, or into something nested in it; in place of a value or beside them."""
    nested = [part for part in row.values() if isinstance(part, dict)]
    place = chance.choice([row, *nested])
    place[name if not place or _once_in(chance, 5) else chance.choice(list(place))] = deepcopy(value)


def _row(level: Mapping[str, Any], chance: random.Random, odd: float) -> dict[str, Any]:
    names = [name for name in level if not _once_in(chance, 5)]
    chance.shuffle(names)
    return {name: _field(level[name], chance, odd) for name in names}


def _field(node: Any, chance: random.Random, odd: float) -> Any:
    if chance.random() < odd:
        return deepcopy(chance.choice(_ODD))
    leaf = next((entry for entry in (node if isinstance(node, list) else [node]) if _is_leaf(entry)), None)
    if leaf is not None:
        value = _value(leaf, chance)
        return [_value(leaf, chance) for _ in range(chance.randint(0, 3))] if "unwrap" in leaf else value
    if not isinstance(node, Mapping):
        return None
    is_list = any("group_ref" in entry for entry in node.values() if _is_leaf(entry)) or _once_in(chance, 10)
    if is_list:
        return [_row(node, chance, odd) for _ in range(chance.randint(0, 3))]
    return _row(node, chance, odd)


def _is_leaf(entry: Any) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get("key"), str)


def _value(leaf: Mapping[str, Any], chance: random.Random) -> Any:
    """A value as the source would send it: what the transformer reads, else what the property holds."""
    make = _NATIVE.get(str(leaf.get("transformer"))) or _HELD.get(leaf["key"])
    if make is not None:
        return make(chance)
    *above, last = split_key(leaf["key"])
    if above and above[-1].endswith("hashes"):
        return f"{chance.getrandbits(512):0128x}"[: _HASH_LENGTHS.get(last, 64)]
    return next((make(chance) for endings, make in _BY_NAME if last.endswith(endings)), None) or _text(chance)


def _word(chance: random.Random) -> str:
    letters = string.ascii_lowercase + string.digits
    return "".join(chance.choice(letters) for _ in range(chance.randint(1, 8)))


def _text(chance: random.Random) -> str:
    return chance.choice(_WORDS) if _once_in(chance, 3) else _word(chance)


def _path(chance: random.Random) -> str:
    return chance.choice(("C:\\Windows\\System32\\", "/usr/bin/", "")) + _word(chance)


def _milliseconds(chance: random.Random) -> int:
    return chance.randint(1_500_000_000_000, 1_700_000_000_000)


def _time(chance: random.Random) -> str:
    zone = chance.choice(("Z", "Z", "+00:00", "-05:30"))
    fraction = chance.choice(("", ".5", ".123", ".123456"))
    day, second = chance.randint(1, 28), chance.randint(0, 59)
    return (
        f"2023-{chance.randint(1, 12):02}-{day:02}T{chance.randint(0, 23):02}:00:{second:02}{fraction}{zone}"
    )


def _ipv4(chance: random.Random) -> str:
    return _ipv6(chance) if _once_in(chance, 5) else f"10.0.{chance.randint(0, 3)}.{chance.randint(0, 255)}"


def _ipv6(chance: random.Random) -> str:
    return chance.choice((f"2001:db8::{chance.randint(0, 0xFFFF):x}", f"fe80::{chance.randint(1, 9)}%eth0"))


def _mac(chance: random.Random) -> str:
    return ":".join(f"{chance.randint(0, 255):02x}" for _ in range(6))


def _domain(chance: random.Random) -> str:
    return f"{_word(chance)}.{chance.choice(('example.com', 'Example.ORG', 'xn--mnchen-3ya.de'))}"


def _url(chance: random.Random) -> str:
    return f"https://{_domain(chance)}/{_word(chance)}"


def _email(chance: random.Random) -> str:
    return f"{_word(chance)}@{_domain(chance)}"


def _count(chance: random.Random) -> int:
    return chance.randint(1, 65535)


def _octet(chance: random.Random) -> str:
    return f"{chance.randint(0, 255):02x}"


_HASH_LENGTHS: Final = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128}
_NATIVE: Final[Mapping[str, Make]] = {
    "EpochToTimestamp": _milliseconds,
    "EpochSecondsToTimestamp": lambda chance: _milliseconds(chance) / 1000,
    "ToInteger": lambda chance: str(_count(chance)),
    "ToFileName": _path,
    "ToDirectoryPath": _path,
    "ToFilePath": _path,
    "ToIPv4": lambda chance: chance.getrandbits(32),
}
"""What a transformer reads."""
_HELD: Final[Mapping[str, Make]] = {
    "ipv4-addr.value": _ipv4,
    "ipv6-addr.value": _ipv6,
    "mac-addr.value": _mac,
    "domain-name.value": _domain,
    "url.value": _url,
    "email-addr.value": _email,
    "artifact.payload_bin": lambda chance: chance.choice(("YWJj", "AAEC", "Zm9v")),
}
_BY_NAME: Final[tuple[tuple[tuple[str, ...], Make], ...]] = (
    (("first_observed", "last_observed", "created", "modified", "start", "end", "time", "date"), _time),
    (("_created", "_expires", "_login", "_changed", "_before", "_after", "time_date_stamp"), _time),
    (("port", "count", "packets", "size", "pid", "number", "number_observed", "gid"), _count),
    (("_hex",), _octet),
)
"""What a property holds, by the ending of its name."""
