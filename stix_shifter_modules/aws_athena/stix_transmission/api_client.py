"""Amazon Athena, API Reference 2017-05-18: queries run, write results to S3, and are read page by page.

Search ids are `<QueryExecutionId>:<dialect>`. Deleting a search stops it and removes what it wrote; its
record stays with Athena for 45 days.
"""

from __future__ import annotations

import contextlib
import json
import logging
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stix_shifter_utils import errors
from stix_shifter_utils.connector.maps import mappings_of
from stix_shifter_utils.query import DayPartition, FlatTable
from stix_shifter_utils.transmission import Page, Progress, SearchHandle, Status
from stix_shifter_utils.transmission.records import typed_records
from stix_shifter_utils.transmission.signed import SignedSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter_utils.mapping import NativeFields

TRANSLATION = Path(__file__).resolve().parents[1] / "stix_translation"
PAGE = 1000
DAYS = (  # Security Lake, source versions 1 and 2; VPC flow logs: by dates, hourly, by projection
    DayPartition({"eventday": "string"}, '"eventday"', "'%Y%m%d'"),
    DayPartition({"time_dt": "timestamp"}, '"time_dt"', "TIMESTAMP '%Y-%m-%d 00:00:00'", or_null=True),
    DayPartition({"date": "date"}, '"date"', "DATE '%Y-%m-%d'", margin=1),  # a file is written later
    DayPartition({"year": "string", "month": "string"}, "year || month || day", "'%Y%m%d'", margin=1),
    DayPartition({"day": "string"}, '"day"', "'%Y/%m/%d'", margin=1),
)
FAILURES: Mapping[str, type[errors.TransmissionError]] = {
    **dict.fromkeys(("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND"), errors.InvalidParameterError),
    **dict.fromkeys(("SYNTAX_ERROR", "COLUMN_NOT_FOUND", "TYPE_MISMATCH"), errors.QueryRejectedError),
    "PERMISSION_DENIED": errors.ForbiddenError,
}
log = logging.getLogger(__name__)


def table_of(dialect: str, described: Mapping[str, Any]) -> FlatTable:
    """A table from Athena's TableMetadata."""
    listed = [*(described.get("Columns") or ()), *(described.get("PartitionKeys") or ())]
    columns = {str(each["Name"]).lower(): str(each.get("Type")).lower() for each in listed}
    numbered = ("protocol", "connection_info.protocol_num")
    return FlatTable(columns, numbered, "-" if dialect == "vpcflow" else None, DAYS)


class APIClient(SignedSource):
    """Queries in a workgroup. A table is looked up when it is first asked."""

    STATES = {"SUCCEEDED": Status.COMPLETED, "FAILED": Status.ERROR, "CANCELLED": Status.CANCELED}
    service, target = "athena", "AmazonAthena"

    def __init__(self, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
        super().__init__(connection, configuration)
        self.group, self.catalog = self.connection["workgroup"], self.connection["catalog"]
        self.reuse_minutes = int(self.options.get("reuse_minutes") or 0)
        self.tables: dict[str, FlatTable] = {}

    async def ping_data_source(self) -> None:
        await self.call("GetWorkGroup", WorkGroup=self.group)

    async def create_search(self, query: Any) -> SearchHandle:
        asked = self.asked(query)
        dialect = next(iter(asked))
        bucket = self.connection.get("s3_bucket_location")
        reuse = {"Enabled": True, "MaxAgeInMinutes": self.reuse_minutes}
        started = await self.call(
            "StartQueryExecution",
            errors.QueryRejectedError,
            QueryString=await self.sql(dialect, asked),
            ClientRequestToken=str(uuid.uuid4()),  # who sends it again starts no second query
            QueryExecutionContext={"Catalog": self.catalog, "Database": self.named(dialect, "database")},
            WorkGroup=self.group,
            ResultConfiguration={"OutputLocation": bucket} if bucket else None,
            ResultReuseConfiguration={"ResultReuseByAgeConfiguration": reuse} if self.reuse_minutes else None,
        )
        return SearchHandle(f"{started['QueryExecutionId']}:{dialect}")

    @staticmethod
    def asked(query: Any) -> Mapping[str, Any]:
        """A native query, which may be JSON text. Raises QueryRejectedError for anything else."""
        with contextlib.suppress(ValueError):
            found = json.loads(query) if isinstance(query, str) else query
            if isinstance(found, dict) and isinstance(next(iter(found.values()), None), str):
                return found
        message = 'a query for Athena is {"ocsf": "<WHERE>"}, or the same with another dialect'
        raise errors.QueryRejectedError(message)

    async def sql(self, dialect: str, asked: Mapping[str, Any]) -> str:
        """The whole query, over what the table really has."""
        database, name = self.named(dialect, "database"), self.named(dialect, "table")
        if dialect not in self.tables:
            place = {"CatalogName": self.catalog, "DatabaseName": database, "TableName": name}
            found = await self.call("GetTableMetadata", **place, WorkGroup=self.group)
            self.tables[dialect] = table_of(dialect, found["TableMetadata"])
        whole = ".".join('"' + part.replace('"', '""') + '"' for part in (database, name))
        days = asked.get("days") or (None, None)
        select = self.tables[dialect].select(whole, self.fields(dialect), asked[dialect], days)
        if select is None:
            message = f"{whole} has no column that the dialect {dialect} knows: is it the right table?"
            raise errors.InvalidParameterError(message)
        return f"{select} LIMIT {int(self.options.get('result_limit') or 10_000)}"

    def named(self, dialect: str, what: str) -> str:
        """The database or table of a dialect. Raises ConfigurationError where the connection names none."""
        key = f"{dialect}_{what}_name"
        if not self.connection.get(key):
            message = f"connection.{key} is needed to search the dialect {dialect}"
            raise errors.ConfigurationError(message)
        return str(self.connection[key])

    def fields(self, dialect: str) -> NativeFields:
        """The fields of a dialect, with those of custom mappings."""
        return mappings_of(TRANSLATION, dialect, self.options, "aws_athena").fields

    async def get_search_status(self, search_id: str) -> Progress:
        execution = await self.execution(search_id)
        status = execution["Status"]
        reason = str(status.get("StateChangeReason") or "")
        if status["State"] == "FAILED":
            if kind := FAILURES.get(reason.partition(":")[0]):
                message = f"Athena could not run the query: {reason}"
                raise kind(message)
            log.warning("search %s: %s", search_id, reason)
        return Progress(self.STATES.get(status["State"], Status.RUNNING))  # Athena tells no percentage

    async def execution(self, search_id: str) -> dict[str, Any]:
        """What Athena knows of a query."""
        arguments = {"QueryExecutionId": search_id.partition(":")[0]}
        reply = await self.call("GetQueryExecution", errors.SearchNotFoundError, **arguments)
        found: dict[str, Any] = reply["QueryExecution"]
        return found

    async def get_search_results(
        self, search_id: str, offset: int, length: int, metadata: str | None = None
    ) -> Page:
        """`metadata` is Athena's NextToken; without it, rows are read from the first one on."""
        execution, _, dialect = search_id.partition(":")
        token, skip = metadata, 0 if metadata else 1 + offset  # the first row holds the names
        rows: list[dict[str, Any]] = []
        while len(rows) < length:
            wanted = {"MaxResults": min(PAGE, skip + length - len(rows)), "NextToken": token}
            name = {"QueryExecutionId": execution}
            reply = await self.call("GetQueryResults", errors.SearchNotFoundError, **name, **wanted)
            found, token = reply["ResultSet"], reply.get("NextToken")
            rows += self.records(dialect, found["ResultSetMetadata"]["ColumnInfo"], found["Rows"][skip:])
            skip = max(0, skip - len(found["Rows"]))
            if not token:
                break
        return Page(rows, token, done=not token)

    def records(self, dialect: str, columns: Any, rows: Any) -> list[dict[str, Any]]:
        """Rows of texts as nested values of their types, under the name of the dialect."""
        fields = self.fields(dialect)
        known = {name.lower(): fields.spelled(name) for name in fields.kinds}  # Athena may change the case
        names = [f"{dialect}.{each['Name']}" for each in columns]
        names = [known.get(name.lower(), name) for name in names]
        texts = ([cell.get("VarCharValue") for cell in row["Data"]] for row in rows)
        return typed_records(names, [each["Type"] for each in columns], texts)

    async def delete_search(self, search_id: str) -> None:
        found, execution = await self.execution(search_id), search_id.partition(":")[0]
        if found["Status"]["State"] in {"QUEUED", "RUNNING"}:
            await self.call("StopQueryExecution", errors.SearchNotFoundError, QueryExecutionId=execution)
        output = str((found.get("ResultConfiguration") or {}).get("OutputLocation") or "")
        if not output.endswith(f"/{execution}.csv") or self.reuse_minutes:
            return  # the workgroup's own place, another search's results, or some that others reuse
        try:
            await self.remove(output, f"{output}.metadata")
        except errors.ForbiddenError as error:
            log.warning("results of search %s stay in S3: %s", search_id, error)
