"""The standard suite over a folder of invented logs, and every bundle held to the validator."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from stix_shifter_modules.local_files.tests.samples import Files, conns
from stix_shifter_utils.testing.levels import silver
from stix_shifter_utils.testing.suite import ConnectorSuite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CALLS = [
    {
        "eventVersion": "1.08", "eventTime": f"2024-01-02T03:{n:02}:{n:02}Z", "eventID": f"e-{n}",
        "eventSource": ("s3", "ec2", "iam")[n % 3] + ".amazonaws.com",
        "eventName": ("GetObject", "StartInstances", "CreateUser")[n % 3], "awsRegion": f"eu-west-{n % 4}",
        "sourceIPAddress": f"192.0.2.{n}", "userAgent": f"aws-cli/2.{n % 5}",
        "recipientAccountId": f"12345678901{n % 3}",
        "userIdentity": {
            "type": ("IAMUser", "Root")[n % 2], "userName": f"user{n % 6}", "principalId": f"AIDA{n % 7}",
        },
        **({"resources": [{"ARN": f"arn:aws:s3:::b{n % 5}"}]} if n % 3 == 0 else {}),
        **({"errorCode": "AccessDenied", "errorMessage": f"user{n % 6} may not"} if n % 4 == 0 else {}),
    }
    for n in range(30)
]  # fmt: skip
CONNECTIONS: list[dict[str, Any]] = [
    {
        **one, "_path": ("conn", "dns", "http")[n % 3],
        "id.orig_h": f"192.0.2.{n % 11}", "id.resp_h": f"198.51.100.{n % 7}",
        "id.resp_p": (443, 53, 80, 8080)[n % 4], "proto": ("tcp", "udp")[n % 2],
        **(
            {"orig_bytes": n * 100, "resp_bytes": n, "duration": n / 4, "conn_state": ("SF", "S0")[n % 2]},
            {"query": f"host{n % 5}.example.com", "answers": [f"203.0.113.{n}"], "rcode": n % 4},
            {"host": f"www{n % 5}.example.com", "uri": f"/{n}", "method": ("GET", "POST")[n % 2],
             "status_code": 200 + n, "username": f"user{n % 4}"},
        )[n % 3],
    }
    for n, one in enumerate(conns(36))
]  # fmt: skip


class TestLocalFiles(ConnectorSuite):
    """The standard suite; the product is a folder."""

    module = "local_files"
    pattern = "[x-oca-event:provider = 's3.amazonaws.com']"  # in the first dialect, CloudTrail
    loop_patterns: ClassVar = 12

    @contextlib.contextmanager
    def product(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as name:
            files = Files(Path(name))
            files.write("trail.json.gz", CALLS)
            files.write("zeek.log", CONNECTIONS)
            yield files.folder

    def connection(self, product: Path) -> dict[str, Any]:
        return {"path": str(product)}

    def configuration(self, product: Path) -> dict[str, Any]:
        return {"auth": {}}

    def broken_query(self, product: Path) -> str:
        return "SELECT * FROM cloudtrail WHERE ((("

    def every_row(self, product: Path) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        files = Files(product)
        try:
            return {name: files.page(f"SELECT * FROM {name}").records for name in ("cloudtrail", "zeek")}
        finally:
            files.close()

    @silver
    def test_ping_answers(self) -> None:
        with self.running() as product:
            entry = self.connected(product)
            answer = self.asked(entry, entry.ping_connection())
            assert (answer["success"], answer["files"]) == (True, 2)
            assert answer["dialects"] == {"cloudtrail": 1, "zeek": 1}

    @silver
    def test_wrong_credentials_are_refused(self) -> None:
        pytest.skip("files on disk: this product asks for no credentials")
