"""What Windows security events spell in their own way. The shared transformers do the rest."""

from __future__ import annotations

from typing import Any

from stix_shifter_utils.results import ValueTransformer


class HexToInteger(ValueTransformer):
    """A process id as the Security log writes it: "0x1a2c" -> 6700; None for what is no such number."""

    @staticmethod
    def transform(obj: Any) -> int | None:
        try:
            return int(str(obj), 16 if str(obj).lower().startswith("0x") else 10)
        except ValueError:
            return None
