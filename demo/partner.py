"""What a partner has shared: a STIX 2.1 bundle of indicators, and of what it saw itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from demo import story
from demo.chance import SITES, Event, Maker
from demo.story import at

if TYPE_CHECKING:
    from collections.abc import Iterator


def partner_bundle(maker: Maker) -> Event:
    """What a partner has shared: indicators, and what it saw of the same people; STIX 2.1."""
    import stix2

    partner = stix2.Identity(
        id=f"identity--{maker.uuid()}",
        name="Freight Sector Exchange",
        identity_class="organization",
        created=at("06:00:00"),
        modified=at("06:00:00"),
    )
    objects: list[Any] = [partner]
    for name, pattern in (
        ("Parcel note campaign: where the implant calls home", f"[ipv4-addr:value = '{story.HOME_ADDRESS}']"),
        ("Parcel note campaign: the lure", f"[file:hashes.'SHA-256' = '{story.LURE.sha256}']"),
    ):
        objects.append(
            stix2.Indicator(
                id=f"indicator--{maker.uuid()}",
                created_by_ref=partner.id,
                created=at("06:05:00"),
                modified=at("06:05:00"),
                name=name,
                indicator_types=["malicious-activity"],
                pattern=pattern,
                pattern_type="stix",
                valid_from=story.DAY,
            )
        )
    objects += _seen(maker, partner, "05:41:09", "203.0.113.140", story.HOME_ADDRESS, story.HOME_DOMAIN)
    objects += _seen(maker, partner, "05:56:13", "203.0.113.140", story.HOME_ADDRESS, story.HOME_DOMAIN)
    for number, (name, address) in enumerate(SITES):
        objects += _seen(maker, partner, f"06:{10 + number}:00", "203.0.113.151", address, name)
    unique = {item.id: item for item in objects}
    return {
        "type": "bundle",
        "id": f"bundle--{maker.uuid()}",
        "objects": [json.loads(item.serialize()) for item in unique.values()],
    }


def _seen(maker: Maker, partner: Any, clock: str, source: str, target: str, name: str) -> Iterator[Any]:
    """An observed flow of the partner's, with its addresses and the name that was looked up."""
    import stix2

    ends = [stix2.IPv4Address(value=source), stix2.IPv4Address(value=target)]
    traffic = stix2.NetworkTraffic(
        src_ref=ends[0].id, dst_ref=ends[1].id, src_port=maker.port(), dst_port=443, protocols=["tcp", "tls"]
    )
    scos = [*ends, traffic, stix2.DomainName(value=name, resolves_to_refs=[ends[1].id])]
    yield from scos
    yield stix2.ObservedData(
        id=f"observed-data--{maker.uuid()}",
        created_by_ref=partner.id,
        created=at("06:30:00"),
        modified=at("06:30:00"),
        first_observed=at(clock),
        last_observed=at(clock),
        number_observed=1,
        object_refs=[item.id for item in scos],
    )
