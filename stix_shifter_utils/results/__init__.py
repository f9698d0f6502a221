"""Native results to STIX: the compiled map, the stream of rows, the classic call, the transformers.

Nothing is imported until it is asked for: translating a pattern needs the transformers, not the engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stix_shifter_utils.results.classic import convert_to_stix, read_identity
    from stix_shifter_utils.results.compile import ResultsMapping, compile_mapping
    from stix_shifter_utils.results.options import ResultsOptions
    from stix_shifter_utils.results.report import ResultsReport
    from stix_shifter_utils.results.rows import RowStream, read_rows, translate_rows
    from stix_shifter_utils.results.transformers import ValueTransformer, get_module_transformers

_HOME = {
    "ResultsMapping": "compile",
    "ResultsOptions": "options",
    "ResultsReport": "report",
    "RowStream": "rows",
    "ValueTransformer": "transformers",
    "compile_mapping": "compile",
    "convert_to_stix": "classic",
    "get_module_transformers": "transformers",
    "read_identity": "classic",
    "read_rows": "rows",
    "translate_rows": "rows",
}
__all__ = [
    "ResultsMapping",
    "ResultsOptions",
    "ResultsReport",
    "RowStream",
    "ValueTransformer",
    "compile_mapping",
    "convert_to_stix",
    "get_module_transformers",
    "read_identity",
    "read_rows",
    "translate_rows",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
