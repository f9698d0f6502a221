"""Errors under the names that connectors of earlier releases import.

They are the same classes, so that either name catches what the other raises.
"""

from stix_shifter_utils.errors import (
    MappingFileError,
    PatternSyntaxError,
    PatternValidationError,
    ResultsTranslationError,
    TranslationError,
    UnmappedError,
    UnsupportedDataSourceError,
    UnsupportedDialectError,
    UnsupportedFeatureError,
    UnsupportedLanguageError,
)

DataMappingException = UnmappedError
MapperNotFoundException = MappingFileError
ParserError = PatternSyntaxError
SearchFeatureNotSupportedError = UnsupportedFeatureError
StixValidationException = PatternValidationError
TranslationResultException = ResultsTranslationError
UnsupportedDataSourceException = UnsupportedDataSourceError
UnsupportedDialectException = UnsupportedDialectError
UnsupportedLanguageException = UnsupportedLanguageError


class LoadJsonResultsException(TranslationError):  # noqa: N818 -- the published name
    """Native results that are not JSON."""
