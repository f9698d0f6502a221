"""Keeping secrets out of what people read: texts, structures and log records.

What is secret is said by the configuration file: the values of parameters of type `password`. Unknown
parameters may be mistyped secrets, so their values count too.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from stix_shifter_utils.config.locate import module_folder
from stix_shifter_utils.config.schema import Leaf, Section, schema_of

if TYPE_CHECKING:
    from pathlib import Path

MASK = "***"
SHORTEST_SECRET = 4
"""A shorter text is no secret, and masking it would eat ordinary words."""


def secrets_of(
    module: str, connection: Mapping[str, Any], configuration: Mapping[str, Any]
) -> frozenset[str]:
    """The secret texts in the parameters of a connector, valid or not."""
    return secrets_in(module_folder(module), connection, configuration)


def secrets_in(folder: Path, connection: Any, configuration: Any) -> frozenset[str]:
    """The same by the connector's folder."""
    given = {"connection": connection, "configuration": configuration}
    return frozenset(
        text for text in _secret_texts(schema_of(folder).root, given) if len(text) >= SHORTEST_SECRET
    )


def _secret_texts(section: Section, given: Any) -> Iterator[str]:
    for key, value in given.items() if isinstance(given, Mapping) else ():
        member = section.members.get(key)
        if isinstance(member, Section):
            yield from _secret_texts(member, value)
        elif member is None or member.is_secret:
            yield from texts_in(value)


def texts_in(value: Any) -> Iterator[str]:
    """Every text inside a JSON-like value; of an object the values, not the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts_in(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts_in(item)


def masked(section: Section, given: Any) -> Any:
    """A copy of parameters that may be shown: secrets and the values of unknown parameters masked."""
    if not isinstance(given, Mapping):
        return MASK
    return {key: _masked_member(section.members.get(key), value) for key, value in given.items()}


def _masked_member(member: Leaf | Section | None, value: Any) -> Any:
    if isinstance(member, Section):
        return masked(member, value)
    return mask_values(value) if member is None or member.is_secret else value


def mask_values(value: Any) -> Any:
    """The shape of a value without its contents: keys stay, everything else is masked."""
    return {key: mask_values(item) for key, item in value.items()} if isinstance(value, Mapping) else MASK


def redact(value: Any, secrets: Collection[str]) -> Any:
    """A text with every secret masked; of lists and dictionaries a copy, masked throughout."""
    if not secrets:
        return value
    if isinstance(value, str):
        return _redact_text(value, secrets)
    if isinstance(value, Mapping):
        return {redact(key, secrets): redact(item, secrets) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(item, secrets) for item in value]
    return value


def _redact_text(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            for form in _forms(secret):
                text = text.replace(form, MASK)
    return text


def _forms(secret: str) -> set[str]:
    """How a secret may stand in a message: as it is, in a URL, in JSON, in `repr`."""
    encodable = secret.encode("utf-8", "replace").decode("utf-8")
    forms = {
        secret,
        quote(encodable, safe=""),
        quote_plus(encodable),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    }
    return forms | {json.dumps(secret, ensure_ascii=False)[1:-1]}


class RedactingFilter(logging.Filter):
    """Masks secrets in log records, message and traceback. Attach it to a handler, to see all records there.

    `add` takes the secrets of one more source.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = set(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        self._secrets.update(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        if self._secrets:
            record.msg, record.args = _redact_text(record.getMessage(), self._secrets), None
            if record.exc_info and not record.exc_text:
                record.exc_text = logging.Formatter().formatException(record.exc_info)
            if record.exc_text:
                record.exc_text = _redact_text(record.exc_text, self._secrets)
        return True
