"""What was found, as a person reads it: one line per kind of event, in the order of time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Object = Mapping[str, Any]

MEGABYTE = 1_000_000
LONGEST = 96


@dataclass(slots=True)
class Line:
    """Events of one source that read the same."""

    source: str
    text: str
    times: list[str] = field(default_factory=list)

    @property
    def when(self) -> str:
        """The time of day of the first, and of the last where they differ."""
        first, last = min(self.times)[11:19], max(self.times)[11:19]
        return first if first == last else f"{first} - {last}"

    @property
    def count(self) -> str:
        return f"{len(self.times)}x" if len(self.times) > 1 else ""


def timeline(objects: Iterable[Object], sources: Mapping[str, str]) -> list[Line]:
    """The lines of a STIX 2.1 bundle's objects; `sources` names each identity."""
    by_id = {item["id"]: item for item in objects}
    lines: dict[tuple[str, str], Line] = {}
    for item in by_id.values():
        if item["type"] == "observed-data":
            source = sources[item["created_by_ref"]]
            text = shortened(headline([by_id[ref] for ref in item["object_refs"]], by_id))
            lines.setdefault((source, text), Line(source, text)).times.append(item["first_observed"])
    return sorted(lines.values(), key=lambda line: min(line.times))


def headline(objects: Iterable[Object], by_id: Mapping[str, Object]) -> str:
    """An observation in a few words: who did what."""
    seen = Seen(list(objects), by_id)
    if seen.resource or seen.is_cloud:
        return seen.cloud_call()
    if seen.process.get("command_line"):
        return f"starts {seen.process['command_line']}"
    if seen.event.get("x_action") in {"dns", "DNS query"}:
        return f"{seen.who} looks up {seen.domain}"
    if seen.event.get("x_action") == "ssl":
        return f"{seen.who} speaks TLS with {seen.domain}"
    if seen.event.get("file_ref"):
        return f"file {seen.file.get('name')}" + seen.hash
    return seen.flow()


class Seen:
    """The objects of one observation, by what they are to it."""

    def __init__(self, objects: list[Object], by_id: Mapping[str, Object]) -> None:
        self._objects, self._by_id = objects, by_id
        self.event = self._first("x-oca-event")
        self.process = self._at("process_ref")
        self.file = self._at("file_ref")
        self.network = self._at("network_ref") or self._first("network-traffic")
        self.resource = self._first("x-cloud-resource")

    @property
    def is_cloud(self) -> bool:
        return str(self.event.get("provider", "")).endswith(".amazonaws.com")

    @property
    def domain(self) -> str:
        """The name that was asked for, or that leads to the other end."""
        other_end = self.network.get("dst_ref")
        for item in self._objects:
            if item["type"] == "domain-name" and other_end in item.get("resolves_to_refs", ()):
                return str(item["value"])
        return str(self._at("domain_ref").get("value", ""))

    @property
    def who(self) -> str:
        """The program, else the address, that acted."""
        source = self._by_id.get(self.network.get("src_ref", ""), {})
        return str(self.process.get("name") or source.get("value") or "somebody")

    @property
    def hash(self) -> str:
        digest = self.file.get("hashes", {}).get("SHA-256", "")
        return f", SHA-256 {digest[:12]}…" if digest else ""

    def cloud_call(self) -> str:
        user = self._at("user_ref").get("account_login", "somebody")
        target = f" on {self.resource['name']}" if self.resource.get("name") else ""
        denied = ", denied" if self.event.get("outcome") == "failure" else ""
        return f"{user} calls {self.event.get('x_action')}{target}{denied}"

    def flow(self) -> str:
        target = self._by_id.get(self.network.get("dst_ref", ""), {}).get("value", "?")
        text = f"{self.who} connects to {target}:{self.network.get('dst_port', '?')}"
        sent = self.network.get("src_byte_count", 0)
        if sent > MEGABYTE:
            text += f", sends {sent / MEGABYTE:.0f} MB"
        return text + (f" ({self.domain})" if self.domain else "")

    def _first(self, object_type: str) -> Object:
        return next((item for item in self._objects if item["type"] == object_type), {})

    def _at(self, name: str) -> Object:
        """What the event refers to under a name."""
        return self._by_id.get(self.event.get(name, ""), {})


def shortened(text: str) -> str:
    """A text that fits into a table."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
