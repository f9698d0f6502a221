"""What the benchmarks feed in: patterns of a given shape, rows of three kinds, observations. Plain Python.

Everything follows from a seed, so two interpreters measure the same work.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

Row = dict[str, Any]
SEED = 20_26
PIECE = 10_000


def address(rng: random.Random) -> str:
    """An IPv4 address of a private network."""
    return f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def clock(second: int) -> str:
    """The time of day, HH:MM:SS, of a second that may lie days on."""
    return f"{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"


def one_observation(comparisons: int, seed: int = SEED) -> str:
    """Comparisons of four kinds joined by OR inside one observation."""
    rng = random.Random(seed)
    kinds = (
        lambda: f"ipv4-addr:value = '{address(rng)}'",
        lambda: f"url:value = 'http://host{rng.randrange(10**6)}.example/{rng.randrange(10**6)}'",
        lambda: f"file:name = 'sample{rng.randrange(10**6)}.exe'",
        lambda: f"network-traffic:src_port = {rng.randrange(65_536)}",
    )
    return "[" + " OR ".join(kinds[number % 4]() for number in range(comparisons)) + "]"


def mixed(comparisons: int, seed: int = SEED) -> str:
    """Comparisons of eight comparators in pairs joined by AND, the pairs by OR: nothing folds into lists."""
    rng = random.Random(seed)
    kinds = (
        lambda: f"url:value LIKE '%host{rng.randrange(10**6)}%'",
        lambda: f"network-traffic:src_port > {rng.randrange(65_536)}",
        lambda: f"file:name MATCHES 'sample{rng.randrange(10**6)}[a-f]+'",
        lambda: f"ipv4-addr:value != '{address(rng)}'",
        lambda: f"ipv4-addr:value ISSUBSET '10.{rng.randrange(256)}.0.0/16'",
        lambda: f"network-traffic:dst_port <= {rng.randrange(65_536)}",
        lambda: f"user-account:user_id NOT = 'user{rng.randrange(10**6)}'",
        lambda: f"url:value IN ('http://a{rng.randrange(10**6)}.example/', 'http://b.example/')",
    )
    texts = [kinds[number % 8]() for number in range(comparisons)]
    pairs = [" AND ".join(texts[at : at + 2]) for at in range(0, len(texts), 2)]
    return "[" + " OR ".join(f"({pair})" for pair in pairs) + "]"


def many_observations(comparisons: int, seed: int = SEED) -> str:
    """One comparison in each observation, joined by OR."""
    inner = one_observation(comparisons, seed)[1:-1]
    return " OR ".join(f"[{comparison}]" for comparison in inner.split(" OR "))


def with_qualifier(comparisons: int, seed: int = SEED) -> str:
    """Observations, each with a START-STOP window of its own."""
    window = " START t'2024-01-01T00:00:00.000Z' STOP t'2024-01-02T00:00:00.000Z'"
    return " OR ".join(part + window for part in many_observations(comparisons, seed).split(" OR "))


def in_set(values: int, seed: int = SEED) -> str:
    """One comparison with a set."""
    rng = random.Random(seed)
    return "[ipv4-addr:value IN (" + ", ".join(f"'{address(rng)}'" for _ in range(values)) + ")]"


def nested(depth: int, seed: int = SEED) -> str:
    """AND and OR in turn, each level one bracket deeper."""
    text = f"ipv4-addr:value = '{address(random.Random(seed))}'"
    for level in range(depth):
        text = f"({text}) {'AND' if level % 2 else 'OR'} file:name = 'n{level}'"
    return f"[{text}]"


def elastic_rows(count: int, first: int = 0) -> list[Row]:
    """Nested documents in the shape of the Elastic Common Schema."""
    rng = random.Random(SEED + first)
    return [
        {
            "@timestamp": f"2024-01-01T{clock(number)}.{number % 1000:03}Z",
            "source": {"ip": address(rng), "port": rng.randrange(65_536), "bytes": rng.randrange(10**6)},
            "destination": {"ip": address(rng), "port": 443, "bytes": rng.randrange(10**6)},
            "network": {"transport": "TCP", "protocol": "tls", "type": "ipv4"},
            "event": {"action": "connection", "category": ["network"], "module": "agent"},
            "process": {
                "name": f"p{rng.randrange(200)}.exe",
                "executable": f"C:\\Windows\\p{rng.randrange(200)}.exe",
                "pid": rng.randrange(65_536),
                "command_line": f"p.exe -n {number}",
                "hash": {"sha256": f"{rng.getrandbits(256):064x}", "md5": f"{rng.getrandbits(128):032x}"},
                "parent": {"name": "explorer.exe", "pid": rng.randrange(65_536)},
            },
            "user": {"name": f"user{rng.randrange(50)}", "id": str(rng.randrange(10_000))},
            "url": {"original": f"https://host{rng.randrange(500)}.example/{number}"},
            "host": {"hostname": f"pc{rng.randrange(50)}", "name": f"pc{rng.randrange(50)}"},
        }
        for number in range(first, first + count)
    ]


def qradar_rows(count: int, first: int = 0) -> list[Row]:
    """Flat rows with the column names of an Ariel search over events."""
    rng = random.Random(SEED + first)
    return [
        {
            "categoryid": 4012,
            "categoryname": "Firewall Permit",
            "high_level_category_id": 4000,
            "high_level_category_name": "Access",
            "username": f"user{rng.randrange(50)}",
            "qidname": "Session opened",
            "devicetime": 1_704_067_200_000 + number,
            "starttime": 1_704_067_200_000 + number,
            "endtime": 1_704_067_201_000 + number,
            "eventcount": 1,
            "sourceip": address(rng),
            "destinationip": address(rng),
            "identityip": address(rng),
            "sourceport": rng.randrange(65_536),
            "destinationport": 443,
            "protocol": "TCP",
            "magnitude": rng.randrange(10),
            "logsourcename": "firewall",
            "url": f"https://host{rng.randrange(500)}.example/{number}",
            "filename": f"f{rng.randrange(500)}.exe",
            "sha256hash": f"{rng.getrandbits(256):064x}",
            "md5hash": f"{rng.getrandbits(128):032x}",
        }
        for number in range(first, first + count)
    ]


def flat_rows(count: int, first: int = 0) -> list[Row]:
    """Rows of one flat SQL table."""
    rng = random.Random(SEED + first)
    return [
        {
            "source_ipaddr": address(rng),
            "dest_ipaddr": address(rng),
            "entry_time": 1_704_067_200_000 + number,
            "url": f"https://host{rng.randrange(500)}.example/{number}",
            "source_port": rng.randrange(65_536),
            "dest_port": 443,
            "username": f"user{rng.randrange(50)}",
            "filename": f"f{rng.randrange(500)}.exe",
            "sha256hash": f"{rng.getrandbits(256):064x}",
            "md5hash": f"{rng.getrandbits(128):032x}",
            "protocol": "TCP",
        }
        for number in range(first, first + count)
    ]


ROWS = {"elastic_ecs": elastic_rows, "qradar": qradar_rows, "mysql": flat_rows}


def write_rows(path: Path, kind: str, count: int) -> Path:
    """A file of rows of a kind, one JSON object per line; made in pieces, and kept when it is there."""
    if not path.exists():
        draft = path.with_suffix(".part")
        with draft.open("w", encoding="utf-8") as sink:
            for first in range(0, count, PIECE):
                rows = ROWS[kind](min(PIECE, count - first), first)
                sink.write("".join(json.dumps(row) + "\n" for row in rows))
        draft.rename(path)
    return path


def observations(count: int) -> list[Row]:
    """Observed-data of STIX 2.0 with an address, a flow and a process each."""
    rng = random.Random(SEED)
    return [
        {
            "type": "observed-data",
            "id": f"observed-data--00000000-0000-4000-8000-{number:012x}",
            "created_by_ref": "identity--00000000-0000-4000-8000-000000000000",
            "created": "2024-01-01T00:00:00.000Z",
            "modified": "2024-01-01T00:00:00.000Z",
            "first_observed": f"2024-01-01T{clock(number)}.000Z",
            "last_observed": f"2024-01-01T{clock(number)}.000Z",
            "number_observed": 1,
            "objects": {
                "0": {"type": "ipv4-addr", "value": address(rng)},
                "1": {"type": "ipv4-addr", "value": address(rng)},
                "2": {
                    "type": "network-traffic",
                    "src_ref": "0",
                    "dst_ref": "1",
                    "src_port": rng.randrange(65_536),
                    "dst_port": rng.choice((22, 80, 443, 8080)),
                    "protocols": ["ipv4", "tcp"],
                },
                "3": {"type": "process", "name": f"p{rng.randrange(200)}.exe", "pid": rng.randrange(65_536)},
            },
        }
        for number in range(count)
    ]


MATCHED = (
    "[network-traffic:dst_port = 443 AND process:name = 'p7.exe']",
    "[network-traffic:src_ref.value LIKE '10.1%' AND network-traffic:src_port > 40000]",
    "[process:name MATCHES '^p1[0-9]\\\\.exe$' OR ipv4-addr:value ISSUBSET '10.7.0.0/16']",
)
"""Patterns that some of the observations match and most do not."""

SORTS = {
    "=": "[process:name = 'p7.exe']",
    "IN": "[network-traffic:src_port IN (22, 443, 3389, 8080, 50000)]",
    "LIKE": "[process:name LIKE 'p17%.exe']",
    "MATCHES": "[process:name MATCHES '^p1[0-9]\\\\.exe$']",
    "ISSUBSET": "[ipv4-addr:value ISSUBSET '10.7.0.0/16']",
    "two of one object by AND": "[network-traffic:dst_port = 443 AND network-traffic:src_port < 5000]",
    "two observations by AND": "[process:name = 'p7.exe'] AND [network-traffic:src_port < 1000]",
    "FOLLOWEDBY, WITHIN": (
        "[process:name = 'p7.exe'] FOLLOWEDBY [network-traffic:src_port < 1000] WITHIN 600 SECONDS"
    ),
    "REPEATS": "[process:name = 'p7.exe'] REPEATS 5 TIMES WITHIN 900 SECONDS",
}
"""One pattern of each sort."""
