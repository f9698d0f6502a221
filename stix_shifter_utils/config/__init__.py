"""The parameters of a connector: found, read, merged, checked, brought up to date, and shown without secrets.

Nothing is imported until it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stix_shifter_utils.config.checking import ParameterError as ParameterError
    from stix_shifter_utils.config.checking import validate as validate
    from stix_shifter_utils.config.files import module_config as module_config
    from stix_shifter_utils.config.files import module_labels as module_labels
    from stix_shifter_utils.config.legacy_names import modernize as modernize
    from stix_shifter_utils.config.locate import find_module as find_module
    from stix_shifter_utils.config.locate import installed_modules as installed_modules
    from stix_shifter_utils.config.locate import module_folder as module_folder
    from stix_shifter_utils.config.masking import RedactingFilter as RedactingFilter
    from stix_shifter_utils.config.masking import redact as redact
    from stix_shifter_utils.config.masking import secrets_of as secrets_of
    from stix_shifter_utils.config.references import resolve_references as resolve_references

_HOME = {
    "module_config": "files",
    "module_labels": "files",
    "find_module": "locate",
    "installed_modules": "locate",
    "module_folder": "locate",
    "RedactingFilter": "masking",
    "redact": "masking",
    "secrets_of": "masking",
    "resolve_references": "references",
    "ParameterError": "checking",
    "modernize": "legacy_names",
    "validate": "checking",
}
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
