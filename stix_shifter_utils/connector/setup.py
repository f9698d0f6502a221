"""Finding the parts of a connector by the names of their files. A missing file means the default."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.connector.discovery import import_part
from stix_shifter_utils.connector.query_translator import BaseQueryTranslator
from stix_shifter_utils.connector.results_translator import BaseResultTranslator, JSONToStix
from stix_shifter_utils.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter_utils.config.locate import ModulePlace

Params = dict[str, Any]


def query_translator_class(place: ModulePlace) -> type[BaseQueryTranslator]:
    """`query_translator.QueryTranslator`; without that file the base class, with the connector's compiler."""
    kind = getattr(import_part(place, "stix_translation.query_translator"), "QueryTranslator", None)
    return kind or _plain_translator(place)


@lru_cache(maxsize=256)
def _plain_translator(place: ModulePlace) -> type[BaseQueryTranslator]:
    module = import_part(place, "stix_translation.query_constructor")
    compiler = getattr(module, "QueryConstructor", None)
    where = f"{place.package}.stix_translation.query_translator"
    return type("QueryTranslator", (BaseQueryTranslator,), {"compiler": compiler, "__module__": where})


def results_translator_class(place: ModulePlace) -> type[BaseResultTranslator]:
    """`results_translator.ResultsTranslator`; without that file the shared one."""
    kind = getattr(import_part(place, "stix_translation.results_translator"), "ResultsTranslator", None)
    return kind or JSONToStix


def api_client(place: ModulePlace, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> Any:
    """`api_client.APIClient`, or the client that `api.json` declares."""
    module = import_part(place, "stix_transmission.api_client")
    kind = getattr(module, "APIClient", None)
    if kind is not None:
        return kind(connection, configuration)
    folder = place.folder / "stix_transmission"
    if (folder / "api.json").is_file():
        from stix_shifter_utils.transmission import load_api

        return load_api(folder)(connection, configuration)
    message = f"{place.name} has neither stix_transmission/api_client.py nor api.json: nothing can be sent"
    if module is not None:
        message = (
            f"{place.name} has no class APIClient in stix_transmission/api_client.py: nothing can be sent"
        )
    raise ConfigurationError(message)


def role_connector(place: ModulePlace, role: str, client: Any) -> Any:
    """`<role>_connector.<Role>Connector` around the client; without that file the base class."""
    name = f"{role.capitalize()}Connector"
    kind = getattr(import_part(place, f"stix_transmission.{role}_connector"), name, None)
    return (kind or role_classes(role)[0])(client)


def single_connector(
    place: ModulePlace, connection: Mapping[str, Any], configuration: Mapping[str, Any]
) -> Any:
    """`connector.Connector`."""
    kind = getattr(import_part(place, "stix_transmission.connector"), "Connector", None)
    if kind is None:
        message = f"{place.name} has no class Connector in stix_transmission/connector.py"
        raise ConfigurationError(message)
    return kind(connection, configuration)


def role_classes(role: str) -> tuple[type, ...]:
    """What a connector object of a role may be an instance of; the first is its default."""
    from stix_shifter_utils.connector import roles

    own = {
        "ping": roles.BasePingConnector,
        "query": roles.BaseQueryConnector,
        "status": roles.BaseStatusConnector,
        "results": roles.BaseResultsConnector,
        "delete": roles.BaseDeleteConnector,
    }
    return own[role], roles.BaseConnector
