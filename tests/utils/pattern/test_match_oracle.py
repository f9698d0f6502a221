"""The matcher beside stix2-matcher: the OASIS cases, and patterns generated over observations.

What ADR 0003 excepts is not generated here, or is named where the case stands; `test_match_exceptions` has a
case of each.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from stix2matcher.matcher import MatchListener
from stix2matcher.matcher import Pattern as OraclePattern

from stix_shifter_utils.errors import QualifierError
from stix_shifter_utils.pattern import Matcher, Observed, observed_from_objects, parse_pattern

DATA = Path(os.environ.get("STIX_SHIFTER_TEST_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
Json = dict[str, Any]


# --- the cases of OASIS ---------------------------------------------------------------------------


def within_is_exact(pattern: str) -> bool:
    """WITHIN x: the OASIS matcher takes observations exactly x seconds apart, §9.5.1 does not."""
    return any(
        pattern.endswith(end)
        for end in ("REPEATS 5 TIMES WITHIN 1 SECONDS", "[person:name < 'carol']) WITHIN 5 SECONDS")
    )


def oasis_cases() -> list[Any]:
    path = DATA / "stix-patterns" / "oasis-pattern-tests.json"
    if not path.exists():
        return [pytest.param("", "", [], marks=pytest.mark.skip(f"no test data at {DATA}"))]
    contents = json.loads(path.read_text(encoding="utf-8"))
    cases = []
    for group in contents["cases"]:
        expected = group["test"].rpartition("_")[2]
        if group["params"] != "pattern" or expected not in {"match", "nomatch"} or "error" in group["test"]:
            continue
        observations = contents["observations"].get(group["module"])
        if observations is None:
            continue
        name = "_observations_combinatorial_explosion" if "explosion" in group["test"] else "_observations"
        objects = [each for item in observations[name] for each in item.get("objects", [item]) or [item]]
        if "v20" in group["module"] or name != "_observations":
            # One module has the type's name of a draft, which the OASIS matcher never reads.
            objects = [{**item, "type": "observed-data"} for item in observations[name]]
        cases.append(
            pytest.param(group["values"], expected, objects, id=f"{group['module']}-{group['test']}")
        )
    return cases


@pytest.mark.parametrize(("patterns", "expected", "objects"), oasis_cases())
def test_same_object_answers_every_oasis_case(
    patterns: list[str], expected: str, objects: list[Json]
) -> None:
    for text in patterns:
        try:
            pattern = parse_pattern(text)
        except QualifierError:
            continue  # two of one kind (§9.5.1), or STOP not after START
        result = Matcher(pattern, same_object=True).match(observed_from_objects(objects))
        if within_is_exact(text):
            assert not result.matched, text
        else:
            assert result.matched is (expected == "match"), text
        if result.matched:
            assert Matcher(pattern).match(observed_from_objects(objects)).matched, "the default holds no less"


# --- generated observations -----------------------------------------------------------------------

WORDS = (
    "cmd.exe",
    "powershell.exe",
    "Evil.EXE",
    "",
    "a%b_c",
    "ol\u00e9",
    "ole\u0301",
    "d\u0323\u0307",
    "x.y[z]",
    "'q\\",
    "C:\\Users\\al",
)
NUMBERS = (0, 1, -1, 22, 443, 443.0, 0.5, -2.5, 65535, 9007199254740993)
ADDRESSES = ("10.0.0.1", "10.0.0.2", "10.0.1.7", "192.168.1.0/24", "198.51.100.3", "198.51.100.0/27")
BLOCKS = ("10.0.0.0/24", "10.0.0.0/31", "198.51.100.0/24", "198.51.100.3/32", "192.168.0.0/16")
TIMES = (
    "2024-01-01T00:00:00Z",
    "2024-01-01T00:00:00.5Z",
    "2023-12-31T23:59:59.999999Z",
    "1999-01-01T12:00:00.25Z",
)
OCTETS = (b"", b"\x00", b"abc", b"abd", b"\x01\x7f", b"the quick")


def generated_objects(random_: random.Random) -> dict[str, Json]:
    """Objects of one observation by local name, references to one another (some dangling) included."""
    pick = random_.choice
    objects: dict[str, Json] = {}
    for number in range(random_.randint(1, 5)):
        kind = pick(("thing", "thing", "thing", "ipv4-addr", "network-traffic", "file"))
        some = objects and random_.random() < 0.8
        names = sorted(objects) if some else ["nobody"]
        item: Json = {"type": kind}
        if kind == "ipv4-addr":
            item["value"] = pick(ADDRESSES)
        elif kind == "network-traffic":
            sources = [name for name in names if objects.get(name, {}).get("type") == "ipv4-addr"] or [
                "nobody"
            ]
            item |= {"src_ref": pick(sources), "dst_port": pick(NUMBERS), "protocols": [pick(WORDS), "tcp"]}
        elif kind == "file":
            item |= {
                "name": pick(WORDS),
                "size": pick(NUMBERS),
                "extensions": {"a-b": {"list": [{"n": pick(NUMBERS)}]}},
            }
        else:
            item |= {
                "text": pick(WORDS),
                "number": pick(NUMBERS),
                "flag": pick((True, False)),
                "when": pick(TIMES),
                "list": random_.sample([*WORDS, *NUMBERS, True], random_.randint(1, 4)),
                "inner": {
                    "text": pick(WORDS),
                    "has-hyphen": pick(NUMBERS),
                    "list": [[pick(NUMBERS)], {"k": 1}],
                },
                "payload_hex": pick(OCTETS).hex(),
                "net": pick(BLOCKS),
                "friend_ref": pick(names),
                # A list of references without dangling ones: those shift the OASIS matcher's indexes.
                "friend_refs": random_.sample(sorted(objects), random_.randint(1, len(objects)))
                if objects
                else [],
            }
            for name in random_.sample(sorted(item), random_.randint(0, 5)):
                if name != "type":
                    del item[name]
        objects[str(number)] = item
    return objects


def observation(number: int, objects: dict[str, Json]) -> Json:
    return {
        "type": "observed-data",
        "id": f"observed-data--{number:08d}-0000-4000-8000-000000000000",
        "first_observed": TIMES[0],
        "last_observed": TIMES[0],
        "number_observed": 1,
        "objects": objects,
    }


def bundle_21(observations: list[Json]) -> list[Json]:
    """The same observations in STIX 2.1: objects by id beside them, and an object that nobody refers to."""
    bundle: list[Json] = []
    for place, item in enumerate(observations):
        ids = {
            name: f"{each['type']}--{place:08d}-{int(name):04d}-4000-8000-000000000000"
            for name, each in item["objects"].items()
        }
        references = {**ids, "nobody": "thing--ffffffff-0000-4000-8000-000000000000"}
        for name, each in item["objects"].items():
            renamed = dict(each) | {"id": ids[name]}
            for key, value in each.items():
                if key.endswith("_ref"):
                    renamed[key] = references[value]
                elif key.endswith("_refs"):
                    renamed[key] = [references[reference] for reference in value]
            bundle.append(renamed)
        kept = {key: value for key, value in item.items() if key != "objects"}
        bundle.append({**kept, "spec_version": "2.1", "object_refs": list(ids.values())})
    return [
        *bundle,
        {"type": "thing", "id": "thing--eeeeeeee-0000-4000-8000-000000000000", "text": "cmd.exe"},
    ]


# --- generated patterns ---------------------------------------------------------------------------


def quoted(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return repr(value)


PATHS: dict[str, dict[str, tuple[Any, ...]]] = {
    "thing": {
        "text": WORDS,
        "number": NUMBERS,
        "flag": (True, False),
        "when": TIMES,
        "list[*]": (*WORDS, *NUMBERS),
        "list[1]": (*WORDS, *NUMBERS),
        "inner.text": WORDS,
        "inner.'has-hyphen'": NUMBERS,
        "inner.list[0][*]": NUMBERS,
        "inner": WORDS,
        "payload_hex": OCTETS,
        "friend_ref.text": WORDS,
        "friend_ref.friend_ref.number": NUMBERS,
        "friend_refs[*].number": NUMBERS,
        "friend_refs[0].inner.text": WORDS,
        "friend_refs[*].friend_refs[*].text": WORDS,
        "friend_ref": WORDS,
        "net": BLOCKS,
        "friend_ref.net": BLOCKS,
        "friend_refs[*].net": BLOCKS,
        "missing": WORDS,
    },
    "ipv4-addr": {"value": ADDRESSES},
    "network-traffic": {"src_ref.value": ADDRESSES, "dst_port": NUMBERS, "protocols[*]": ("tcp", *WORDS)},
    "file": {"name": WORDS, "size": NUMBERS, "extensions.'a-b'.list[*].n": NUMBERS},
}
EXPRESSIONS = (r"\.exe$", "^[Ee]", "(?i)CMD", "a.c", r"\d+", "o.{1,2}$", "", r"[a-z]{3}\.", "\u00e9$", r"\\")


ORDERS = ("<", ">", "<=", ">=")
OPERATORS = ("=", "!=", *ORDERS, "IN", "LIKE", "MATCHES")


def comparison(random_: random.Random) -> str:
    kind = random_.choice(list(PATHS))
    path = random_.choice(list(PATHS[kind]))
    values = PATHS[kind][path]
    operator = random_.choice(OPERATORS)
    if values in (ADDRESSES, BLOCKS) and random_.random() < 0.5:
        operator = "ISSUPERSET" if values is BLOCKS and random_.random() < 0.75 else "ISSUBSET"
    elif operator in ORDERS and isinstance(values[0], bool):
        operator = "="
    negation = random_.choice(("", "", "NOT "))
    mixed = path.startswith("list") or path in {"inner", "friend_ref"}
    if operator in ORDERS and (mixed or random_.random() < 0.2):
        # NOT before an order that two types do not have is excepted.
        negation, values = "", (*WORDS, *NUMBERS) if values is not TIMES else values
    return f"{kind}:{path} {negation}{operator} {literal(random_, operator, values, mixed=mixed)}"


def literal(random_: random.Random, operator: str, values: tuple[Any, ...], *, mixed: bool) -> str:
    if operator in {"ISSUBSET", "ISSUPERSET"}:
        return quoted(random_.choice(BLOCKS))
    if operator == "LIKE":
        text = random_.choice(WORDS)
        cut = random_.randint(0, len(text))
        likes = ("%" + text[cut:], text[:cut] + "%", text, "%", text[:cut] + "_" + text[cut + 1 :])
        return quoted(random_.choice(likes))
    if operator == "MATCHES":
        return quoted(random_.choice(EXPRESSIONS))
    value = random_.choice(values)
    if operator != "IN":
        return instant(value) if values is TIMES else quoted(value)
    # A set holds one type. One and zero in it are booleans too, says the OASIS matcher: excepted.
    same = [each for each in values if type(each) is type(value) and not (mixed and each in {0, 1})] or [
        "none"
    ]
    chosen = random_.sample(same, random_.randint(1, min(3, len(same))))
    return f"({', '.join(instant(each) if values is TIMES else quoted(each) for each in chosen)})"


def instant(text: str) -> str:
    return f"t'{text}'"


def expression(random_: random.Random, depth: int) -> str:
    if depth == 0 or random_.random() < 0.35:
        return comparison(random_)
    parts = [expression(random_, depth - 1) for _ in range(random_.randint(2, 3))]
    return f"({random_.choice((' AND ', ' OR ', ' OR ')).join(parts)})"


def oracle_takers(text: str, observations: list[Json], version: str) -> set[int]:
    """The places of the observations that satisfy the pattern's one expression, says the OASIS matcher."""
    bundle = {"type": "bundle", "id": "bundle--0", "objects": bundle_21(observations)}
    listener = MatchListener([bundle] if version == "2.1" else observations, stix_version=version)
    OraclePattern(text, stix_version=version).walk(listener)
    return {place for binding in listener.matched() for place in binding}


def ours(observations: list[Json], version: str) -> list[Observed]:
    return list(observed_from_objects(bundle_21(observations) if version == "2.1" else observations))


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_same_object_equals_the_oasis_matcher_on_2500_generated_pairs(version: str) -> None:
    random_ = random.Random(f"pairs {version}")
    selective = held = pairs = 0
    used: Counter[tuple[str, bool]] = Counter()
    for _ in range(625):
        observations = [observation(number, generated_objects(random_)) for number in range(4)]
        observed = ours(observations, version)
        text = f"[{expression(random_, 3)}]"
        expected = oracle_takers(text, observations, version)
        pattern = parse_pattern(text)
        matcher, loose = Matcher(pattern, same_object=True), Matcher(pattern)
        got = {place for place, each in enumerate(observed) if matcher.candidates(each)}
        assert got == expected, (text, observations)
        assert got <= {place for place, each in enumerate(observed) if loose.candidates(each)}, text
        selective += 0 < len(got) < len(observed)
        held += len(got)
        pairs += len(observed)
        used.update((each.comparator.value, each.negated) for each in pattern.comparisons())
    assert pairs == 2500
    assert selective >= 250, "at least 40 % of the patterns select some and not all"
    assert min(used.values()) >= 10, used
    assert len(used) == 22, "every comparator but EXISTS, with and without NOT"
