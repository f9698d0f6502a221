r"""Transformers of file paths, Windows and POSIX alike: the last `/` or `\\` divides."""

from __future__ import annotations

from typing import Any, ClassVar

from stix_shifter_utils.mapping import Relation
from stix_shifter_utils.results.transformers.base import ValueTransformer, refuse


def _divide(name: str, value: Any) -> tuple[str, str]:
    """A path up to and with its last separator, and the part behind it."""
    if not isinstance(value, str):
        raise refuse(name, value, "a path as text")
    cut = max(value.rfind("/"), value.rfind("\\")) + 1
    return value[:cut], value[cut:]


class ToFileName(ValueTransformer):
    r"""The last part of a path: "C:\\a\\b.exe" -> "b.exe", "/a/b/" -> ""."""

    relation: ClassVar = Relation.FILE_NAME

    @staticmethod
    def transform(obj: Any) -> str:
        return _divide("ToFileName", obj)[1]


class ToFilePath(ValueTransformer):
    r"""A path without its last part, the separator kept: "C:\\a\\b.exe" -> "C:\\a\\"."""

    relation: ClassVar = Relation.FILE_PATH

    @staticmethod
    def transform(obj: Any) -> str:
        return _divide("ToFilePath", obj)[0]


class ToDirectoryPath(ValueTransformer):
    r"""The directory of a path: "C:\\a\\b.exe" -> "C:\\a", "/a/b" -> "/a"; a root keeps its separator."""

    relation: ClassVar = Relation.DIRECTORY_PATH

    @staticmethod
    def transform(obj: Any) -> str:
        folder = _divide("ToDirectoryPath", obj)[0]
        bare = folder[:-1]
        return folder if not bare or bare.endswith(":") else bare
