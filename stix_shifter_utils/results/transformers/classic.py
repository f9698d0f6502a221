"""All shared transformers in one module, where connectors of earlier releases look for them."""

from stix_shifter_utils.results.transformers.base import ValueTransformer
from stix_shifter_utils.results.transformers.registry import SHARED

__all__ = ["ValueTransformer"]

globals().update(SHARED)
