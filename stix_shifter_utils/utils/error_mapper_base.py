"""The base of a connector's `error_mapper.ErrorMapper`: from a product's own error codes to ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stix_shifter_utils.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import MutableMapping


class ErrorMapperBase:
    """What an error mapper writes, in one place."""

    DEFAULT_ERROR: ErrorCode = ErrorCode.TRANSMISSION_MODULE_DEFAULT_ERROR

    @staticmethod
    def set_error_code(
        return_obj: MutableMapping[str, Any],
        code: ErrorCode | str,
        message: str | None = None,
        connector: str | None = None,
    ) -> None:
        """Write a code, and with a message the error text, into an error dictionary."""
        return_obj["code"] = code.value if isinstance(code, ErrorCode) else code
        if message:
            return_obj["error"] = f"{connector} connector error => {message}" if connector else message
