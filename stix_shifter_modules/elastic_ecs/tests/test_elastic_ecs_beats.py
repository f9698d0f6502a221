"""The dialect `beats`: what Winlogbeat writes where no ingest pipeline has turned it into ECS."""

from __future__ import annotations

from typing import Any, ClassVar

from stix_shifter_modules.elastic_ecs.tests import product as own
from stix_shifter_modules.elastic_ecs.tests import test_elastic_ecs as base
from stix_shifter_utils.connector import load_entry_point


def raw_event(n: int) -> dict[str, Any]:
    """A record of Sysmon or of the security log, as Winlogbeat ships it."""
    sysmon = n % 2 == 0
    data = {
        "Image": rf"C:\Windows\{('cmd', 'svchost', 'größe')[n % 3]}.exe",
        "CommandLine": f"cmd /c dir {n} 100%",
        "Hashes": f"MD5={n % 5:032X},SHA256={n % 5:064X}",
        "ParentImage": r"C:\Windows\explorer.exe",
        "TargetObject": rf"HKLM\Software\Run\v{n}" if n % 4 == 0 else None,
        "SourceIp": f"192.0.2.{n}" if n % 6 else f"2001:db8::{n:x}",
        "DestinationIp": f"198.51.100.{n % 4}",
        "QueryName": f"host{n % 5}.example.com",
    }
    logon = {
        "SubjectUserName": ("SYSTEM", "o'brien")[n % 3 == 0],
        "SubjectUserSid": f"S-1-5-21-{n % 3}",
        "TargetUserName": f"user{n % 4}",
        "TargetDomainName": "EXAMPLE",
        "NewProcessName": rf"C:\Windows\System32\tool{n % 3}.exe",
        "IpAddress": f"203.0.113.{n}",
    }
    return {
        "@timestamp": f"2024-01-01T12:{n:02}:00.5Z",
        "event": {"kind": "event", "code": "1" if sysmon else "4624"},
        "host": {"name": f"WIN{n % 3}"},
        "winlog": {
            "channel": "Microsoft-Windows-Sysmon/Operational" if sysmon else "Security",
            "provider_name": "Microsoft-Windows-Sysmon" if sysmon else "Microsoft-Windows-Security-Auditing",
            "computer_name": f"WIN{n % 3}.example.com",
            "record_id": str(1000 + n),
            "user": {"name": "SYSTEM", "identifier": "S-1-5-18", "domain": "NT AUTHORITY"},
            "event_data": {name: text for name, text in (data if sysmon else logon).items() if text},
        },
    }


class Beats(base.TestElasticEcs):
    """The standard loop over raw records."""

    __test__ = False
    loop_patterns: ClassVar = 60

    def product(self) -> own.Product:
        return own.Product([raw_event(n) for n in range(1, 41)])

    def connected(self, product: Any, configuration: Any = None, **options: Any) -> Any:
        return super().connected(product, configuration, **{**options, "dialects": ["beats"]})

    def every_row(self, product: Any) -> dict[str, Any]:
        return {"beats": product.rows}


def test_the_loop_closes_over_records_that_no_pipeline_has_read() -> None:
    Beats().test_the_loop_closes()


def test_raw_records_are_asked_of_beats_alone_and_ecs_of_both() -> None:
    default, beats = (
        load_entry_point("elastic_ecs")(options={"dialects": [name]}).get_query_translator(name).mapping()
        for name in ("default", "beats")
    )
    raw = {name for name in beats.fields.kinds if name not in default.fields.kinds}
    assert "winlog.event_data.Image" in raw
    assert all(name.startswith("winlog.") for name in raw)
    assert set(default.fields.kinds) < set(beats.fields.kinds)
    assert not raw & {
        binding.field for path in default.index.paths() for binding in default.index.lookup(path)
    }
