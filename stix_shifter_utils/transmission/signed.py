"""JSON services that are called by signed requests, one operation after the other, on one path.

The protocol is AWS JSON 1.1 (Smithy 2.0). Keys are those of the user, of a role, or of where we run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from stix_shifter_utils.errors import ConfigurationError, InvalidParameterError, TransmissionError
from stix_shifter_utils.http.failures import REMEDIES
from stix_shifter_utils.http.message import EncodedPath
from stix_shifter_utils.http.sigv4 import AssumedRole, FixedKeys, FoundKeys, Keys, SigV4, status_of
from stix_shifter_utils.transmission.source import HttpSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stix_shifter_utils.http import Reply
    from stix_shifter_utils.http.sigv4 import KeySource


class SignedSource(HttpSource):
    """Subclass with `service` (as in scope and host names) and `target` (before the operation's name).

    | parameter                                    | meaning                                              |
    |----------------------------------------------|------------------------------------------------------|
    | `region`                                     | where the service is                                 |
    | `host`, `sts_host`, `<service>_host`         | private endpoints, in place of the region's          |
    | `aws_access_key_id`, `aws_secret_access_key` | an access key; without one, the environment's        |
    | `aws_session_token`                          | what comes with a temporary key                      |
    | `aws_iam_role`                               | a role to assume with these keys                     |
    | `aws_assume_role_external_id`                | what its trust policy asks for                       |
    """

    service: str = ""
    target: str = ""

    def __init__(self, connection: Mapping[str, Any], configuration: Mapping[str, Any]) -> None:
        self.region = str(connection["region"])
        super().__init__(connection, configuration)
        self.connection = {**connection, "host": connection.get("host") or self.host_of(self.service)}

    def host_of(self, service: str) -> str:
        """Where a service is: as the connection says (`sts_host`), or the public one of the region."""
        own = getattr(self, "connection", {}).get(f"{service}_host")
        return str(own or f"{service}.{self.region}.amazonaws.com{'.cn' * self.region.startswith('cn-')}")

    def auth(self) -> SigV4:
        auth: Mapping[str, Any] = self.configuration.get("auth") or {}
        key, secret = str(auth.get("aws_access_key_id") or ""), str(auth.get("aws_secret_access_key") or "")
        if bool(key) is not bool(secret):
            message = "configuration.auth needs both aws_access_key_id and aws_secret_access_key, or neither"
            raise ConfigurationError(message)
        keys: KeySource = FixedKeys(Keys(key, secret, auth.get("aws_session_token"))) if key else FoundKeys()
        if role := auth.get("aws_iam_role"):
            url, external_id = f"https://{self.host_of('sts')}/", auth.get("aws_assume_role_external_id")
            keys = AssumedRole(url, self.region, role, keys, external_id, tls=self.login_tls())
        return SigV4(self.service, self.region, keys)

    def status_of(self, reply: Reply) -> int:
        return status_of(reply)

    async def remove(self, *places: str) -> None:
        """Delete objects (`s3://bucket/key`), with the same keys. Raises ForbiddenError."""
        client = self.http.beside(f"https://{self.host_of('s3')}", self.login_tls())
        client.sign(self.auth().for_service("s3"), status_of)
        for place in places:
            await client.delete(
                EncodedPath(f"/{quote(place.removeprefix('s3://'))}"), headers={"Accept": "*/*"}
            )

    async def call(
        self, operation: str, /, refused: type[TransmissionError] = InvalidParameterError, **arguments: Any
    ) -> Any:
        """One operation, repeated where it was throttled or its answer lost: only for what may be repeated.

        Arguments that are None are left out. `refused` is what a refused argument means there.
        """
        headers = {"X-Amz-Target": f"{self.target}.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        sent = {name: value for name, value in arguments.items() if value is not None}
        try:
            reply = await self.http.post("/", json=sent, headers=headers, repeatable=True)
        except InvalidParameterError as error:
            what, _, said = str(error).partition("; ")
            advice = REMEDIES.get(refused)
            message = f"{what}; {advice}; {said}" if advice else str(error)
            raise refused(message) from error
        return reply.json()
