"""Native results to STIX: the compiled map, the stream of rows, the classic call, the transformers."""

from stix_shifter_utils.results.classic import convert_to_stix, read_identity
from stix_shifter_utils.results.compile import ResultsMapping, compile_mapping
from stix_shifter_utils.results.options import ResultsOptions
from stix_shifter_utils.results.report import ResultsReport
from stix_shifter_utils.results.rows import RowStream, read_rows, translate_rows
from stix_shifter_utils.results.transformers import ValueTransformer, get_module_transformers

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
