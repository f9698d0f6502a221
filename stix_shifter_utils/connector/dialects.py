"""The dialects of one entry point: which there are, their translators, which is the default of a language."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.config.files import Stamp, stamp
from stix_shifter_utils.connector.query_translator import BaseQueryTranslator
from stix_shifter_utils.connector.results_translator import BaseResultTranslator
from stix_shifter_utils.errors import ConfigurationError, NotImplementedModeError, UnsupportedDialectError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Dialect:
    """One dialect. Its results translator is made when it is first needed."""

    __slots__ = ("is_listed", "query", "results")

    def __init__(
        self,
        query: BaseQueryTranslator,
        results: BaseResultTranslator | Callable[[], BaseResultTranslator],
        is_listed: bool,
    ) -> None:
        self.query, self.results, self.is_listed = query, results, is_listed

    def results_translator(self) -> BaseResultTranslator:
        if not isinstance(self.results, BaseResultTranslator):
            self.results = _checked_results(self.results())
        return self.results


class Dialects:
    """Dialects by name, in the order in which they were added."""

    def __init__(self) -> None:
        self._by_name: dict[str, Dialect] = {}
        self._defaults: dict[str, str] = {}

    def add(self, name: str, dialect: Dialect, *, is_default: bool) -> None:
        """Add or replace a dialect. The last default of a language wins."""
        if not isinstance(dialect.query, BaseQueryTranslator):
            message = f"the query translator of dialect {name} must be a BaseQueryTranslator"
            raise NotImplementedModeError(message)
        if isinstance(dialect.results, BaseResultTranslator) or not callable(dialect.results):
            _checked_results(dialect.results)
        self._by_name[name] = dialect
        if is_default:
            self._defaults[dialect.query.get_language()] = name

    def get(self, name: str) -> Dialect:
        """Raises UnsupportedDialectError."""
        if name not in self._by_name:
            raise UnsupportedDialectError(name)
        return self._by_name[name]

    def default(self, language: str) -> Dialect:
        """The default dialect of a language. Raises ConfigurationError before there is any default."""
        if not self._defaults:
            message = "EntryPoint: default dialect is not configured"
            raise ConfigurationError(message)
        if language not in self._defaults:
            raise UnsupportedDialectError(language)
        return self.get(self._defaults[language])

    def names(self, *, include_hidden: bool = False) -> list[str]:
        return [name for name, one in self._by_name.items() if one.is_listed or include_hidden]

    def described(self) -> dict[str, dict[str, Any]]:
        """Name -> language, and whether it takes part unless others are asked for."""
        return {
            name: {"language": one.query.get_language(), "default": one.is_listed}
            for name, one in self._by_name.items()
        }

    def results_for(self, names: Sequence[str], language: str) -> BaseResultTranslator:
        """One translator for the rows of several dialects; of all of them when none is named."""
        chosen = list(names) or list(self._by_name)
        translators = {name: self.get(name).results_translator() for name in chosen}
        if len(translators) == 1:
            return next(iter(translators.values()))
        return self.default(language).results_translator().for_dialects(chosen, translators)


def known_dialects(folder: str) -> tuple[str, ...]:
    """The dialects that the mapping files of a folder name; `default` where there are none."""
    return _listed(stamp((folder,)))


@lru_cache(maxsize=256)
def _listed(state: Stamp) -> tuple[str, ...]:
    folder, changed, _ = state[0]
    if changed < 0:
        return ("default",)
    from stix_shifter_utils.mapping import list_dialects

    return tuple(list_dialects(Path(folder)))


def _checked_results(translator: Any) -> BaseResultTranslator:
    if not isinstance(translator, BaseResultTranslator):
        message = f"{type(translator).__name__} must be a BaseResultTranslator"
        raise NotImplementedModeError(message)
    return translator
