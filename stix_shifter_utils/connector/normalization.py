"""STIX 2.1 objects for connectors of threat feeds, under the names that earlier releases had for them.

Used by connectors whose results are indicators, malware and infrastructure rather than observed data.
"""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

from stix_shifter_utils.connector.files import read_json
from stix_shifter_utils.utils.logger import set_logger

Object = dict[str, Any]

_MALWARE_TYPES = (
    "adware", "backdoor", "bootkit", "bot", "ddos", "downloader", "dropper", "exploit-kit", "keylogger",
    "ransomware", "remote-access-trojan", "resource-exploitation", "rogue-security-software", "rootkit",
    "screen-capture", "spyware", "trojan", "virus", "webshell", "wiper", "worm",
)  # fmt: skip
_INFRASTRUCTURE_TYPES = (
    "amplification", "anonymization", "botnet", "command-and-control", "exfiltration", "hosting-malware",
    "hosting-target-lists", "phishing", "reconnaissance", "staging",
)  # fmt: skip
_IDENTITY_PROPERTIES = ("description", "roles", "identity_class", "sectors", "contact_information")
_INDICATOR_PROPERTIES = (
    "name", "description", "indicator_types", "pattern_version", "valid_until", "kill_chain_phases", "labels",
    "confidence", "lang", "external_references", "object_marking_refs", "granular_markings", "revoked",
)  # fmt: skip
_UNKNOWN = ["unknown"]


class BaseNormalization:
    """Builds the objects of one answer; a connector extends it with what its product knows."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        del options  # accepted; nothing here depends on them
        self.logger = set_logger(type(self).__module__)

    def read_json(self, filepath: str, options: Mapping[str, Any]) -> Any:
        """A JSON file of the connector."""
        return read_json(filepath, options)

    def create_stix_bundle(self, version: str = "2.1") -> Object:
        """An empty bundle."""
        return {"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "spec_version": version, "objects": []}

    def create_identity_sdo(self, data_source: Mapping[str, Any], namespace: str) -> list[Object]:
        """The identity of a source, its id from namespace and name. Raises KeyError without a name."""
        name = data_source["name"]
        identity = {
            "type": "identity",
            "name": name,
            "spec_version": "2.1",
            "id": f"identity--{_named(namespace, name)}",
            **_now(),
        }
        return [identity | {key: data_source[key] for key in _IDENTITY_PROPERTIES if data_source.get(key)}]

    def create_extension_sdo(
        self,
        identity_object: Mapping[str, Any],
        namespace: str,
        nested_properties: Sequence[Any] = (),
        toplevel_properties: Sequence[Any] = (),
        schema: str = "https://www.ibm.com/cp4s",
    ) -> list[Object]:
        """The definition of an extension with properties inside it, beside the others, or both."""
        name = f"{identity_object['name']} extension"
        kinds = ["toplevel-property-extension"] * bool(toplevel_properties)
        kinds += ["property-extension"] * bool(nested_properties)
        extension: Object = {
            "id": f"extension-definition--{_named(namespace, 'extension-definition')}",
            "type": "extension-definition",
            "spec_version": "2.1",
            "name": name,
            **_now(),
            "created_by_ref": identity_object["id"],
            "schema": schema,
            "version": "1.2.1",
        }
        if kinds:
            extension["extension_types"] = kinds
        if toplevel_properties:
            extension["extension_properties"] = list(toplevel_properties)
        return [extension]

    def create_indicator_sdo(
        self,
        indicator_object: Mapping[str, Any],
        identity_id: str,
        extension_id: str | None = None,
        nested_properties: Iterable[Mapping[str, Any]] | None = None,
        top_properties: Iterable[Mapping[str, Any]] | None = None,
    ) -> list[Object]:
        """An indicator. Raises ValueError without a pattern."""
        if not indicator_object.get("pattern"):
            message = "Missing required indicator property: pattern"
            raise ValueError(message)
        now = _now()
        indicator: Object = {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--{uuid.uuid4()}",
            "pattern": indicator_object["pattern"],
            "pattern_type": "stix",
            "created_by_ref": identity_id,
            **now,
            "valid_from": now["created"],
        }
        indicator |= {
            key: indicator_object[key] for key in _INDICATOR_PROPERTIES if indicator_object.get(key)
        }
        return [self.add_extension(indicator, extension_id, nested_properties, top_properties)]

    def add_extension(
        self,
        stix_object: Object,
        extension_id: str | None = None,
        nested_properties: Iterable[Mapping[str, Any]] | None = None,
        top_properties: Iterable[Mapping[str, Any]] | None = None,
    ) -> Object:
        """Write extension properties into an object, beside its own and inside `extensions`."""
        for each in top_properties or ():
            stix_object.update(each)
        nested: Object = {}
        for each in nested_properties or ():
            nested.update(each)
        if nested and extension_id:
            inside = {"extension_type": "property-extension", **nested}
            stix_object["extensions"] = {extension_id: inside}
        return stix_object

    def create_malware_sdo(
        self, malware_object: Any, indicator_id: str, enriched_ioc: Any
    ) -> list[Object] | None:
        """Malware for each entry of a list, with its relationship; None for anything but a filled list."""
        if not isinstance(malware_object, list) or not malware_object:
            return None
        found = [self._malware(entry, enriched_ioc) for entry in malware_object]
        return found + self.createRelationship(found, indicator_id)

    def _malware(self, entry: Mapping[str, Any], enriched_ioc: Any) -> Object:
        words = entry.get("malware_types") or []
        malware: Object = {
            "type": "malware",
            "name": entry.get("name") or f"Malware related to {enriched_ioc}",
            "spec_version": "2.1",
            "id": f"malware--{uuid.uuid4()}",
            **_now(),
            "malware_types": self.normalized_malware_type(words),
            "is_family": bool(entry.get("is_family")),
        }
        if words and not entry.get("description"):
            malware["description"] = _listed(words)
        return malware | {
            key: value
            for key, value in entry.items()
            if key not in {"name", "malware_types", "is_family"} and value
        }

    def create_infrastructure_object_sdo(
        self, infrastructure_object: Mapping[str, Any], enriched_ioc: str, indicator_id: str
    ) -> list[Object]:
        """Infrastructure with its relationship. Raises KeyError without `infrastructure_types`."""
        words = infrastructure_object["infrastructure_types"]
        found: list[Object] = [
            {
                "type": "infrastructure",
                "spec_version": "2.1",
                "id": f"infrastructure--{uuid.uuid4()}",
                **_now(),
                "name": f"Infrastructure related to {enriched_ioc}",
                "infrastructure_types": self.normalized_infra_type(words),
                "description": _listed(words),
            }
        ]
        return found + self.createRelationship(found, indicator_id)

    def create_sighting_sdo(self, sighting_object: Mapping[str, Any], indicator_id: str) -> list[Object]:
        """A sighting of an indicator. Raises KeyError without `count`."""
        sighting = {
            "type": "sighting",
            "spec_version": "2.1",
            "id": f"sighting--{uuid.uuid4()}",
            "sighting_of_ref": indicator_id,
            "count": sighting_object["count"],
            **_now(),
        }
        return [sighting]

    def createRelationship(  # noqa: N802 -- the published name
        self,
        objArray: Iterable[Mapping[str, Any]],  # noqa: N803 -- the published name
        indicatorId: str,  # noqa: N803 -- the published name
    ) -> list[Object]:
        """One relationship `indicates` from the indicator to each object."""
        return [
            {
                "type": "relationship",
                "spec_version": "2.1",
                "id": f"relationship--{uuid.uuid4()}",
                **_now(),
                "relationship_type": "indicates",
                "source_ref": indicatorId,
                "target_ref": one["id"],
            }
            for one in objArray
        ]

    def normalized_malware_type(self, sourceListOrStr: str | Iterable[str]) -> list[str]:  # noqa: N803 -- published
        """The malware types of the specification that a product's words hold; else `unknown`."""
        words = [sourceListOrStr] if isinstance(sourceListOrStr, str) else sourceListOrStr
        return self._normalized(words, _MALWARE_TYPES)

    def normalized_infra_type(self, sourceList: Iterable[str]) -> list[str]:  # noqa: N803 -- published
        """The same for types of infrastructure."""
        return self._normalized(sourceList, _INFRASTRUCTURE_TYPES)

    def _normalized(self, words: Iterable[str], known: Sequence[str]) -> list[str]:
        found = [self.matchKeyWord(word, known) for word in words]
        return list(dict.fromkeys(word for word in found if word)) or list(_UNKNOWN)

    def matchKeyWord(self, keyword: str, dataArray: Iterable[str]) -> str | None:  # noqa: N802, N803 -- published
        """The first of some words that a text holds, whatever its case."""
        text = str(keyword).lower()
        return next((word for word in dataArray if word in text), None)


def create_attributes(attribute_fields: Mapping[str, Any], data: Any) -> list[Object]:
    """`attribute_name`, `attribute_value` and `attribute_type` for each known field of a product's answer."""
    return [
        {
            "attribute_name": name,
            "attribute_value": data[field],
            "attribute_type": evaluate_attribute_type(data[field]),
        }
        for field, name in attribute_fields.items()
        if isinstance(data, Mapping) and field in data
    ]


def evaluate_attribute_type(attribute: Any) -> str | None:
    """`number`, `ip` (addresses and blocks), `uri` or `string`; None for anything else."""
    if isinstance(attribute, bool) or attribute is None:
        return None
    if isinstance(attribute, (int, float)):
        return "number"
    if not isinstance(attribute, str):
        return None
    try:
        ipaddress.ip_network(attribute, strict=False)
    except ValueError:
        return "uri" if uri_validator(attribute) else "string"
    return "ip"


def uri_validator(x: Any) -> bool:
    """Whether a text is a URL with a scheme and a host."""
    if not isinstance(x, str):
        return False
    try:
        parts = urlsplit(x)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


def _named(namespace: str, name: str) -> uuid.UUID:
    return uuid.uuid5(uuid.UUID(str(namespace)), name)


def _now() -> Object:
    moment = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return {"created": moment, "modified": moment}


def _listed(words: str | Iterable[str]) -> str:
    return words if isinstance(words, str) else ",".join(map(str, words))
