"""Native queries from patterns: compilers by family, the plans they make, and what sources can do.

Reading patterns is the pattern package's work, reading mapping files the mapping package's.
"""

from stix_shifter_utils.query.capabilities import Capabilities
from stix_shifter_utils.query.model import Case, ComparisonVerdict, NativeQuery, Policy, QueryPlan, Verdict
from stix_shifter_utils.query.options import CompilerOptions

__all__ = [
    "Capabilities",
    "Case",
    "ComparisonVerdict",
    "CompilerOptions",
    "NativeQuery",
    "Policy",
    "QueryPlan",
    "Verdict",
]
