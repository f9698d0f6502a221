"""What a native query does: `count N` has N rows, `break N` fails after N rows, `refuse` is refused, `slow`
never ends, `crash` is a bug, `leak` puts the token into its error. The option `journal` is a file for calls.
"""

from pathlib import Path
from typing import Any

from stix_shifter_utils.errors import QueryRejectedError, SourceUnavailableError
from stix_shifter_utils.transmission import Page, Progress, SearchHandle, Status


class APIClient:
    def __init__(self, connection: Any, configuration: Any) -> None:
        self.options = connection["options"]
        self.token = configuration["auth"]["token"]

    def _note(self, *words: object) -> None:
        if self.options.get("journal"):
            with Path(self.options["journal"]).open("a") as journal:
                journal.write(" ".join(map(str, words)) + "\n")

    async def ping_data_source(self) -> None:
        self._note("ping", self.token)

    async def create_search(self, query: str) -> SearchHandle:
        self._note("query", query)
        if query == "refuse":
            message = "no such query: refuse"
            raise QueryRejectedError(message)
        return SearchHandle(query)

    async def get_search_status(self, search_id: str, metadata: Any = None) -> Progress:
        self._note("status", search_id, metadata)
        slow = search_id == "slow"
        return Progress(Status.RUNNING if slow else Status.COMPLETED, 40 if slow else 100)

    async def get_search_results(
        self, search_id: str, offset: int, length: int, metadata: Any = None
    ) -> Page:
        self._note("results", search_id, offset, length, metadata)
        word, _, number = search_id.partition(" ")
        if word == "leak":
            message = f"the token {self.token} has expired"
            raise SourceUnavailableError(message)
        if word == "crash":
            message = "a bug"
            raise ZeroDivisionError(message)
        if word == "break" and offset >= int(number):
            message = "the source went away"
            raise SourceUnavailableError(message)
        return Page([row(at) for at in range(offset, min(offset + length, int(number)))])

    async def delete_search(self, search_id: str) -> None:
        self._note("delete", search_id)


def row(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "time": f"2024-05-14T08:{number // 60 % 60:02d}:{number % 60:02d}.000Z",
        "source": f"198.51.100.{number % 250}",
        "protocols": ["tcp"],
    }
