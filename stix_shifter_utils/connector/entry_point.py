"""A connector's entry point: its dialects and translators, its transmission roles, its checked parameters.

A connector's `entry_point.py` is a few statements in a constructor: `set_async`, `setup_transmission_simple`,
`setup_translation_simple`. How dialects are kept is `dialects.py`, how roles are found `setup.py`.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter_utils.config.checking import validate_against
from stix_shifter_utils.config.files import Document, config_files, copied, inside, merged
from stix_shifter_utils.config.masking import secrets_in
from stix_shifter_utils.config.schema import schema_of
from stix_shifter_utils.connector import answers
from stix_shifter_utils.connector.calls import call, row_number, settle
from stix_shifter_utils.connector.current import running, start_as
from stix_shifter_utils.connector.dialects import Dialect, Dialects, known_dialects
from stix_shifter_utils.connector.discovery import place_of_class
from stix_shifter_utils.connector.edge import answer_of
from stix_shifter_utils.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from stix_shifter_utils.connector.answers import Answer
    from stix_shifter_utils.connector.query_translator import BaseQueryTranslator
    from stix_shifter_utils.connector.results_translator import BaseResultTranslator

Params = dict[str, Any]


class BaseEntryPoint:
    """What the rest of the world knows of a connector.

    With a connection, the parameters are checked and `connection`, `configuration` and `options` are
    completed copies; the caller's dictionaries stay as they are. Without one, for translation, `options` is
    what was given. Raises ConfigurationError.
    """

    def __init__(
        self,
        connection: Params | None = None,
        configuration: Params | None = None,
        options: Params | None = None,
    ) -> None:
        self._place = place_of_class(type(self))
        start_as(self._place)
        self._given = (connection, configuration)
        self._dialects = Dialects()
        self.__async = True
        self.__ping_connector: Any = None
        self.__query_connector: Any = None
        self.__status_connector: Any = None
        self.__results_connector: Any = None
        self.__delete_connector: Any = None
        self.connection: Params = {}
        self.configuration: Params = {}
        self.options: Params = options or {}  # an empty one may be somebody's shared default
        if connection:
            self._take(connection, configuration or {})

    def _take(self, connection: Params, configuration: Params) -> None:
        given = {"connection": connection, "configuration": configuration}
        checked = validate_against(schema_of(self._place.folder), given)
        self.connection, self.configuration = checked["connection"], checked["configuration"]
        self.options = self.connection.setdefault("options", {})

    @property
    def module(self) -> str:
        """The name of the connector."""
        return self._place.name

    def secrets(self) -> frozenset[str]:
        """The secret texts in this entry point's parameters, for masking."""
        return secrets_in(self._place.folder, self.connection, self.configuration)

    # --- dialects and translators

    def add_dialect(
        self,
        dialect: str,
        query_translator: BaseQueryTranslator | None = None,
        results_translator: BaseResultTranslator | None = None,
        default: bool = False,
        default_include: bool = True,
    ) -> BaseEntryPoint:
        """Register a dialect; translators that are not given are the connector's own.

        `default` makes it the default of its language; with `default_include=False` it takes part only when
        asked for by name.
        """
        query = (
            query_translator
            if query_translator is not None
            else self.create_default_query_translator(dialect)
        )
        results: Any = results_translator
        if results_translator is None:
            results = lambda: self.create_default_results_translator(dialect)  # noqa: E731 -- made when needed
        self._dialects.add(dialect, Dialect(query, results, default_include), is_default=default)
        return self

    def setup_translation_simple(
        self,
        dialect_default: str,
        query_translator: BaseQueryTranslator | None = None,
        results_translator: BaseResultTranslator | None = None,
        *,
        by_name_only: Sequence[str] = (),
    ) -> None:
        """Register the dialects of the option `dialects`, else all that the mapping files name.

        `by_name_only` are further dialects over the same files, which take part when they are asked for.
        Names that no file knows are left to `add_dialect`; asking for one that nobody added is an error then.
        """
        known = [*self._known_dialects(), *by_name_only]
        asked = [str(name) for name in self.options.get("dialects") or ()]
        chosen = [name for name in asked if name in known]
        for dialect in chosen or known:
            is_hidden = not chosen and dialect in by_name_only
            self.add_dialect(
                dialect,
                query_translator,
                results_translator,
                default=(bool(asked) and not is_hidden) or dialect == dialect_default,
                default_include=not is_hidden,
            )

    def _known_dialects(self) -> list[str]:
        return list(known_dialects(inside(self._translation_folder, "json")))

    @property
    def _translation_folder(self) -> str:
        return inside(str(self._place.folder), "stix_translation")

    def create_default_query_translator(self, dialect: str) -> BaseQueryTranslator:
        """The connector's `QueryTranslator`, or the base class where it has no such file."""
        from stix_shifter_utils.connector.setup import query_translator_class

        with running(self._place):
            return query_translator_class(self._place)(self.options, dialect, self._translation_folder)

    def create_default_results_translator(self, dialect: str) -> BaseResultTranslator:
        """The connector's `ResultsTranslator`, or the shared one where it has no such file."""
        from stix_shifter_utils.connector.setup import results_translator_class

        with running(self._place):
            return results_translator_class(self._place)(self.options, dialect, self._translation_folder)

    def get_mapping(self) -> Document:
        """File name without `.json` -> content, for every mapping file; `{}` for a connector without any.

        With overlays, each dialect has files of its own, as these leave them.
        """
        from stix_shifter_utils.connector.files import all_json

        found = all_json(Path(self._translation_folder, "json"))
        if self.options.get("overlays"):
            from stix_shifter_utils.connector.maps import overlaid_files

            dialects = self._known_dialects()
            found |= overlaid_files(self._translation_folder, dialects, self.options)
        return found

    def get_query_translator(self, dialect: str | None = None) -> BaseQueryTranslator:
        """By dialect, or the default of the option `language`. Raises UnsupportedDialectError."""
        found = self._dialects.get(dialect) if dialect else self._dialects.default(self._language)
        return found.query

    def get_results_translator(self, dialect: str | list[str] | None = None) -> BaseResultTranslator:
        """By dialect, or one for several dialects (all for none)."""
        if isinstance(dialect, str):
            return self._dialects.get(dialect).results_translator()
        return self._dialects.results_for(dialect or [], self._language)

    @property
    def _language(self) -> str:
        return self.options.get("language") or "stix"

    def get_dialects(self, include_hidden: bool = False) -> list[str]:
        """The dialects that take part unless others are asked for; with the hidden ones on demand."""
        return self._dialects.names(include_hidden=include_hidden)

    def get_dialects_full(self) -> dict[str, dict[str, Any]]:
        """`{dialect: {"language": str, "default": bool}}`."""
        return self._dialects.described()

    def get_configs_full(self) -> Document:
        """The merged configuration of this connector."""
        document: Document = copied(merged(config_files(self._place.folder)))
        return document

    # --- translation

    async def parse_query(self, data: str) -> Answer:
        """The comparisons and times of a pattern, by the default dialect."""
        with running(self._place):
            answer: Answer = await settle(self.get_query_translator().parse_query(data))
        return answer

    async def transform_query(self, dialect: str, data: str) -> Answer:
        """The native queries of a pattern in one dialect."""
        with running(self._place):
            answer: Answer = await settle(self.get_query_translator(dialect).transform_query(data))
        return answer

    async def translate_results(self, data_source: Mapping[str, Any] | str, data: Any) -> Answer:
        """The bundle of some rows; a failure is the classic error dictionary."""
        answer: Answer = await answer_of(self._translated(data_source, data), self.module, translating=True)
        return answer

    async def _translated(self, data_source: Mapping[str, Any] | str, data: Any) -> Answer:
        with running(self._place):
            translator = self.get_results_translator(list(self.options.get("dialects") or ()))
            answer: Answer = await settle(translator.translate_results(data_source, data))
        return answer

    # --- transmission

    def setup_transmission_simple(self, connection: Params, configuration: Params) -> None:
        """One API client, and a class per role around it; missing files mean the base classes."""
        from stix_shifter_utils.connector.setup import api_client, role_connector

        client = api_client(self._place, *self._completed(connection, configuration))
        self.set_ping_connector(role_connector(self._place, "ping", client))
        self.set_query_connector(role_connector(self._place, "query", client))
        self.set_status_connector(role_connector(self._place, "status", client))
        self.set_results_connector(role_connector(self._place, "results", client))
        self.set_delete_connector(role_connector(self._place, "delete", client))

    def setup_transmission_basic(self, connection: Params, configuration: Params) -> None:
        """One class `Connector` for all roles."""
        from stix_shifter_utils.connector.setup import single_connector

        connector = single_connector(self._place, *self._completed(connection, configuration))
        for take in (
            self.set_ping_connector,
            self.set_query_connector,
            self.set_status_connector,
            self.set_results_connector,
            self.set_delete_connector,
        ):
            take(connector)

    def _completed(self, connection: Params, configuration: Params) -> tuple[Params, Params]:
        """Our completed copies in place of the very dictionaries that the constructor was given."""
        given_connection, given_configuration = self._given
        if not self.connection or connection is not given_connection:
            return connection, configuration
        is_own = configuration is given_configuration or not configuration
        return self.connection, self.configuration if is_own else configuration

    def set_ping_connector(self, connector: Any) -> None:
        self.__ping_connector = _of_role(connector, "ping")

    def set_query_connector(self, connector: Any) -> None:
        self.__query_connector = _of_role(connector, "query")

    def set_status_connector(self, connector: Any) -> None:
        self.__status_connector = _of_role(connector, "status")

    def set_results_connector(self, connector: Any) -> None:
        self.__results_connector = _of_role(connector, "results")

    def set_delete_connector(self, connector: Any) -> None:
        self.__delete_connector = _of_role(connector, "delete")

    async def ping_connection(self) -> Answer:
        """Whether the source answers and accepts the credentials."""
        return answers.done(await settle(self._ready(self.__ping_connector).ping_connection()))

    async def create_query_connection(self, query: Any) -> Answer:
        """Start a search."""
        return answers.search(
            await settle(self._ready(self.__query_connector).create_query_connection(query))
        )

    async def create_status_connection(self, search_id: Any, metadata: Any = None) -> Answer:
        """How far a search is."""
        method = self._ready(self.__status_connector).create_status_connection
        return answers.progress(await call(method, search_id, metadata=metadata))

    async def create_results_connection(
        self, search_id: Any, offset: Any, length: Any, metadata: Any = None
    ) -> Answer:
        """Rows of a search, from `offset` (0-based), at most `length`. Raises InvalidParameterError."""
        method = self._ready(self.__results_connector).create_results_connection
        place = row_number(offset, "offset"), row_number(length, "length")
        return answers.page(await call(method, search_id, *place, metadata=metadata))

    async def create_results_stix_connection(
        self,
        search_id: Any,
        offset: Any,
        length: Any,
        data_source: Mapping[str, Any] | str,
        metadata: Any = None,
    ) -> Answer:
        """The same rows as a bundle."""
        method = self._ready(self.__results_connector).create_results_stix_connection
        place = row_number(offset, "offset"), row_number(length, "length")
        answer: Answer = await call(method, self, search_id, *place, data_source, metadata=metadata)
        return answer

    async def delete_query_connection(self, search_id: Any) -> Answer:
        """Delete a search on the source."""
        return answers.done(
            await settle(self._ready(self.__delete_connector).delete_query_connection(search_id))
        )

    def _ready(self, connector: Any) -> Any:
        if connector is None:
            message = "EntryPoint: one of transmission connectors is not configured"
            raise ConfigurationError(message)
        start_as(self._place)
        return connector

    async def close(self) -> None:
        """Let API clients that hold something open (`close`, plain or async) let go of it."""
        clients = {id(one): one for one in map(_closeable, self._roles()) if one is not None}
        for client in clients.values():
            await settle(client.close())

    @asynccontextmanager
    async def session(self) -> AsyncIterator[BaseEntryPoint]:
        """Share connections among the calls inside, where API clients can; all is closed in the end."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.close)
            clients = {id(client): client for role in self._roles() for client in (_client_of(role),)}
            for client in clients.values():
                if hasattr(client, "__aenter__"):
                    await stack.enter_async_context(client)
            yield self

    def _roles(self) -> tuple[Any, ...]:
        return (
            self.__ping_connector,
            self.__query_connector,
            self.__status_connector,
            self.__results_connector,
            self.__delete_connector,
        )

    def set_async(self, is_async: bool) -> None:
        """Say whether searches run on the source (True) or are answered at once."""
        self.__async = is_async

    def is_async(self) -> bool:
        """Whether searches run on the source and have to be polled."""
        return self.__async

    def transmission(self) -> Callable[[], BaseEntryPoint]:
        """A function that carries all attributes: clients reach the role objects through it."""

        def bound() -> BaseEntryPoint:
            return self

        bound.__dict__.update(self.__dict__)
        return bound

    translation = transmission


EntryPointBase = BaseEntryPoint


def _closeable(connector: Any) -> Any:
    """What of a role object has to be closed: its API client, or itself."""
    for one in (getattr(connector, "api_client", None), connector):
        if callable(getattr(one, "close", None)):
            return one
    return None


def _client_of(connector: Any) -> Any:
    return getattr(connector, "api_client", None)


def _of_role(connector: Any, role: str) -> Any:
    """The connector, checked for its role; a class in place of an object is made into one."""
    from stix_shifter_utils.connector.setup import role_classes

    kinds = role_classes(role)
    if isinstance(connector, type) and issubclass(connector, kinds):
        connector = connector()
    if not isinstance(connector, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        message = f"the {role} connector must be a {wanted}, not {type(connector).__name__}"
        raise ConfigurationError(message)
    return connector
