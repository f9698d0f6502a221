# ruff: noqa: N802, N803  -- operations and their arguments are called as in the API
"""Amazon Athena on loopback, with the token service and the bucket of its results beside it.

Signatures are computed anew by botocore and compared; queries are read and run by `languages/trino.py`.
Shapes and errors are those of the API references of Athena (2017-05-18), STS and S3.
"""

from __future__ import annotations

import functools
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from stix_shifter_modules.aws_athena.tests import rows as own
from stix_shifter_utils.testing import Answer, Authority, FakeProduct, Received, Refusal, Sandbox, route
from stix_shifter_utils.testing.languages.trino import Table, Trino, TrinoError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

AUTHORITY = Authority()
REGION, ROLE, EXTERNAL_ID = "eu-central-1", "arn:aws:iam::123456789012:role/hunter", "hunt-42"
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
WINDOW = "START t'2024-01-01T00:00:00Z' STOP t'2024-01-02T00:00:00Z'"
STATES = ("QUEUED", "RUNNING", "SUCCEEDED")
SCOPE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
    r"SignedHeaders=([^,]+), Signature=(.+)"
)


@dataclass
class Execution:
    """A query that was started."""

    sql: str
    output: str
    columns: list[tuple[str, str]]
    rows: list[tuple[Any, ...]]
    failure: str = ""
    asked: int = 0
    stopped: bool = False

    @property
    def state(self) -> str:
        if self.stopped:
            return "CANCELLED"
        state = STATES[min(self.asked, 3) - 1] if self.asked else "QUEUED"
        return "FAILED" if self.failure and state == "SUCCEEDED" else state


@dataclass
class Keys:
    """Access keys and what they are: secret, session token, and whether they may ask Athena."""

    secrets: dict[str, tuple[str, str | None]] = field(default_factory=lambda: {KEY: (SECRET, None)})
    expired: set[str] = field(default_factory=set)
    roles: int = 0
    denied: set[str] = field(default_factory=set)


def refuse(name: str, message: str, status: int = 400, **more: Any) -> NoReturn:
    """A no in the words of the JSON protocol."""
    refusal = Refusal(status, message)
    body = {"__type": name, "message": message, **more}
    refusal.answer = Answer(body, status, {"x-amzn-ErrorType": f"{name}:http://internal.amazon.com/coral/"})
    raise refusal


def refuse_in_xml(code: str, message: str) -> NoReturn:
    """A no of STS and S3."""
    refusal = Refusal(403, message)
    inner = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    refusal.answer = Answer(f"<ErrorResponse>{inner}</ErrorResponse>", 403)
    raise refusal


def engine_of(tables: Mapping[str, Table]) -> Trino:
    """What evaluates queries over some tables."""
    return Trino({f"lake.{name}": table for name, table in tables.items()})


@functools.cache
def samples() -> Trino:
    """The engine over the sample rows; what it has read once, the next product need not read again."""
    return engine_of(own.TABLES)


class Product(FakeProduct):
    """Tables by dialect. A query is QUEUED, then RUNNING, then done, one state for each look."""

    def __init__(self, tables: Mapping[str, Table] | None = None) -> None:
        super().__init__(AUTHORITY.certificate("127.0.0.1").server_context())
        self.tables = dict(own.TABLES if tables is None else tables)
        self.trino = samples() if tables is None else engine_of(tables)
        self.keys = Keys()
        self.executions: dict[str, Execution] = {}
        self.tokens: dict[str, str] = {}
        self.bucket: dict[str, str] = {}
        self.workgroups = {"primary": "ENABLED"}
        self.failures: list[str] = []
        self.throttled = 0

    # -- signatures

    def who(self, request: Received, service: str) -> str:
        """The access key of a request whose signature is right."""
        no: Callable[[str, str], NoReturn] = refuse_in_xml
        if service == "athena":
            no = refuse
        found = SCOPE.fullmatch(request.headers.get("authorization", ""))
        if found is None:
            no("MissingAuthenticationTokenException", "Request is missing Authentication Token")
        key, day, region, named, signed, signature = found.groups()
        unknown = "UnrecognizedClientException" if service == "athena" else "InvalidClientTokenId"
        if key not in self.keys.secrets or (region, named) != (REGION, service):
            no(unknown, "The security token included in the request is invalid.")
        secret, token = self.keys.secrets[key]
        if request.headers.get("x-amz-security-token") != token:
            no(unknown, "The security token included in the request is invalid")
        if signature != self.signature(
            request, Credentials(key, secret, token), (service, region), signed.split(";")
        ):
            wrong = "InvalidSignatureException" if service == "athena" else "SignatureDoesNotMatch"
            no(wrong, "The request signature we calculated does not match the signature you provided.")
        assert day == request.headers["x-amz-date"][:8]
        if key in self.keys.expired:
            expired = "ExpiredTokenException" if service == "athena" else "ExpiredToken"
            no(expired, "The security token included in the request is expired")
        return key

    def signature(
        self, request: Received, credentials: Credentials, scope: tuple[str, str], signed: Sequence[str]
    ) -> str:
        """What the signature has to be, by the headers that were signed."""
        url = f"{self.url}{request.path}"
        again = AWSRequest(request.method, url, {n: request.headers[n] for n in signed}, request.body)
        again.context["timestamp"] = request.headers["x-amz-date"]
        signer = (S3SigV4Auth if scope[0] == "s3" else SigV4Auth)(credentials, *scope)
        text = signer.string_to_sign(again, signer.canonical_request(again))
        return str(signer.signature(text, again))

    # -- Athena

    @route("POST", "/")
    def athena(self, request: Received) -> Answer:
        if "x-amz-target" not in request.headers:
            return self.assume_role(request)
        who = self.who(request, "athena")
        operation = request.headers["x-amz-target"].removeprefix("AmazonAthena.")
        if operation in self.keys.denied:
            message = (
                f"User: arn:aws:iam::123456789012:user/{who} is not authorized to perform: athena:{operation}"
            )
            refuse("AccessDeniedException", message)
        assert request.headers["content-type"] == "application/x-amz-json-1.1"
        if self.throttled:
            self.throttled -= 1
            refuse("ThrottlingException", "Rate exceeded")
        return Answer(getattr(self, operation)(**json.loads(request.body)))

    def GetWorkGroup(self, WorkGroup: str) -> Any:
        if WorkGroup not in self.workgroups:
            refuse(
                "InvalidRequestException",
                f"WorkGroup {WorkGroup} is not found.",
                AthenaErrorCode="INVALID_INPUT",
            )
        return {"WorkGroup": {"Name": WorkGroup, "State": self.workgroups[WorkGroup]}}

    def GetTableMetadata(self, CatalogName: str, DatabaseName: str, TableName: str, WorkGroup: str) -> Any:
        if (CatalogName, DatabaseName) != ("AwsDataCatalog", "lake") or TableName not in self.tables:
            refuse("MetadataException", f"Entity Not Found: {TableName} (Service: AWSGlue; Status Code: 400)")
        partitions = own.PARTITIONS.get(TableName, ())
        columns = [{"Name": name, "Type": kind} for name, kind in self.tables[TableName].columns.items()]
        return {
            "TableMetadata": {
                "Name": TableName,
                "TableType": "EXTERNAL_TABLE",
                "Columns": [each for each in columns if each["Name"] not in partitions],
                "PartitionKeys": [each for each in columns if each["Name"] in partitions],
            }
        }

    def StartQueryExecution(
        self,
        QueryString: str,
        ClientRequestToken: str,
        QueryExecutionContext: Any,
        WorkGroup: str,
        ResultConfiguration: Any = None,
        ResultReuseConfiguration: Any = None,
    ) -> Any:
        assert len(ClientRequestToken) >= 32
        if ClientRequestToken in self.tokens:
            return {"QueryExecutionId": self.tokens[ClientRequestToken]}
        if not ResultConfiguration:
            refuse("InvalidRequestException", "No output location provided.", AthenaErrorCode="INVALID_INPUT")
        self.GetWorkGroup(WorkGroup)
        execution, failure, found = str(uuid.uuid4()), "", None
        try:
            found = self.trino.run(QueryString)
        except TrinoError as refused:
            if refused.name == "SYNTAX_ERROR":
                refuse("InvalidRequestException", str(refused), AthenaErrorCode="MALFORMED_QUERY")
            failure = str(refused)
        failure = self.failures.pop() if self.failures else failure
        output = f"{ResultConfiguration['OutputLocation'].rstrip('/')}/{execution}.csv"
        self.executions[execution] = Execution(
            QueryString, output, found.columns if found else [], found.rows if found else [], failure
        )
        self.tokens[ClientRequestToken] = execution
        self.bucket |= {output: "rows", f"{output}.metadata": "columns"}
        return {"QueryExecutionId": execution}

    def GetQueryExecution(self, QueryExecutionId: str) -> Any:
        execution = self._execution(QueryExecutionId)
        execution.asked += 1
        return {
            "QueryExecution": {
                "QueryExecutionId": QueryExecutionId,
                "Query": execution.sql,
                "Status": {"State": execution.state, "StateChangeReason": execution.failure},
                "ResultConfiguration": {"OutputLocation": execution.output},
                "Statistics": {"TotalExecutionTimeInMillis": 1500 * execution.asked},
            }
        }

    def StopQueryExecution(self, QueryExecutionId: str) -> Any:
        self._execution(QueryExecutionId).stopped = True
        return {}

    def GetQueryResults(
        self,
        QueryExecutionId: str,
        MaxResults: int = 1000,
        NextToken: str | None = None,
    ) -> Any:
        execution = self._execution(QueryExecutionId)
        if execution.state != "SUCCEEDED" or execution.output not in self.bucket:
            refuse("InvalidRequestException", f"Could not find results, state: {execution.state}")
        if not 1 <= MaxResults <= 1000:
            refuse("InvalidRequestException", "MaxResults must be from 1 to 1000")
        first = int(NextToken.partition("+")[2]) if NextToken else 0
        names = [tuple(name for name, _ in execution.columns)]
        every = [*names, *execution.rows]
        page, more = every[first : first + MaxResults], len(every) > first + MaxResults
        info = [{"Name": name, "Type": kind, "CatalogName": "hive"} for name, kind in execution.columns]
        rows = [
            {"Data": [{} if each is None else {"VarCharValue": shown(each)} for each in row]} for row in page
        ]
        answer = {"ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": info}}, "UpdateCount": 0}
        return {**answer, "NextToken": f"tok+{first + MaxResults}"} if more else answer

    def _execution(self, name: str) -> Execution:
        if name not in self.executions:
            refuse("InvalidRequestException", f"QueryExecution {name} was not found")
        return self.executions[name]

    # -- beside it

    def assume_role(self, request: Received) -> Answer:
        """STS: temporary keys for the role, for who knows the external id."""
        self.who(request, "sts")
        form = request.form()
        if (form["Action"], form["Version"]) != ("AssumeRole", "2011-06-15"):
            refuse_in_xml("InvalidAction", "Could not find operation")
        if (form["RoleArn"], form.get("ExternalId")) != (ROLE, EXTERNAL_ID):
            refuse_in_xml(
                "AccessDenied",
                f"not authorized to perform: sts:AssumeRole on resource: {form['RoleArn']}",
            )
        self.keys.roles += 1
        key, secret, token = (
            f"ASIAROLE{self.keys.roles}",
            f"role-secret/{self.keys.roles}+",
            f"role-token=={self.keys.roles}",
        )
        self.keys.secrets[key] = (secret, token)
        return Answer(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
            f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>"
            f"<SessionToken>{token}</SessionToken><Expiration>2024-01-01T13:00:00Z</Expiration>"
            "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
        )

    @route("DELETE", "/{bucket}/{folder}/{name}")
    def delete_object(self, request: Received, bucket: str, folder: str, name: str) -> Answer:
        """S3, with the bucket in the path."""
        self.who(request, "s3")
        if "DeleteObject" in self.keys.denied:
            refuse_in_xml("AccessDenied", "Access Denied")
        self.bucket.pop(f"s3://{bucket}/{folder}/{name}", None)
        return Answer(b"", 204)


def shown(value: Any) -> str:
    """A value as Athena writes it into its files."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def connection(product: Any) -> dict[str, Any]:
    """How to reach the running product."""
    place = f"{product.host}:{product.port}"
    names = {f"{name}_database_name": "lake" for name in product.tables}
    names |= {f"{name}_table_name": name for name in product.tables}
    return {
        "region": REGION,
        "s3_bucket_location": "s3://results/hunts/",
        "host": product.host,
        "port": product.port,
        "sts_host": place,
        "s3_host": place,
        "selfSignedCert": AUTHORITY.pem,
        **names,
    }


CONFIGURATION = {"auth": {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}}


def sandbox() -> Sandbox:
    """For `stix-shifter sandbox aws_athena`."""
    return Sandbox(
        product=Product(),
        connection=connection,
        configuration=CONFIGURATION,
        pattern=f"[ipv4-addr:value LIKE '198.51.100.%'] {WINDOW}",
        dialect="ocsf",
    )
