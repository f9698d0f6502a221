"""What a connector is built from: entry point, translators, and one base class per transmission role.

Nothing is imported until it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stix_shifter_utils.connector.discovery import ConnectorImportError as ConnectorImportError
    from stix_shifter_utils.connector.discovery import load_entry_point as load_entry_point
    from stix_shifter_utils.connector.discovery import module_folder as module_folder
    from stix_shifter_utils.connector.discovery import modules_list as modules_list
    from stix_shifter_utils.connector.edge import error_answer as error_answer
    from stix_shifter_utils.connector.entry_point import BaseEntryPoint as BaseEntryPoint
    from stix_shifter_utils.connector.entry_point import EntryPointBase as EntryPointBase
    from stix_shifter_utils.connector.query_translator import BaseQueryTranslator as BaseQueryTranslator
    from stix_shifter_utils.connector.query_translator import EmptyQueryTranslator as EmptyQueryTranslator
    from stix_shifter_utils.connector.query_translator import NativeQueryTranslator as NativeQueryTranslator
    from stix_shifter_utils.connector.results_translator import BaseResultTranslator as BaseResultTranslator
    from stix_shifter_utils.connector.results_translator import JSONToStix as JSONToStix
    from stix_shifter_utils.connector.roles import BaseConnector as BaseConnector
    from stix_shifter_utils.connector.roles import BaseDeleteConnector as BaseDeleteConnector
    from stix_shifter_utils.connector.roles import BaseJsonConnector as BaseJsonConnector
    from stix_shifter_utils.connector.roles import BaseJsonResultsConnector as BaseJsonResultsConnector
    from stix_shifter_utils.connector.roles import BaseJsonSyncConnector as BaseJsonSyncConnector
    from stix_shifter_utils.connector.roles import BasePingConnector as BasePingConnector
    from stix_shifter_utils.connector.roles import BaseQueryConnector as BaseQueryConnector
    from stix_shifter_utils.connector.roles import BaseResultsConnector as BaseResultsConnector
    from stix_shifter_utils.connector.roles import BaseStatusConnector as BaseStatusConnector
    from stix_shifter_utils.connector.roles import BaseSyncConnector as BaseSyncConnector

_HOME = {
    "ConnectorImportError": "discovery",
    "load_entry_point": "discovery",
    "module_folder": "discovery",
    "modules_list": "discovery",
    "error_answer": "edge",
    "BaseEntryPoint": "entry_point",
    "EntryPointBase": "entry_point",
    "BaseQueryTranslator": "query_translator",
    "EmptyQueryTranslator": "query_translator",
    "NativeQueryTranslator": "query_translator",
    "BaseResultTranslator": "results_translator",
    "JSONToStix": "results_translator",
    "BaseConnector": "roles",
    "BaseDeleteConnector": "roles",
    "BaseJsonConnector": "roles",
    "BaseJsonResultsConnector": "roles",
    "BaseJsonSyncConnector": "roles",
    "BasePingConnector": "roles",
    "BaseQueryConnector": "roles",
    "BaseResultsConnector": "roles",
    "BaseStatusConnector": "roles",
    "BaseSyncConnector": "roles",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
