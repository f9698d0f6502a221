"""Engines that the SQL compilers are tried on: one of each for the whole run."""

from collections.abc import Iterator

import pytest

from stix_shifter_utils.testing.servers import (
    DatabaseServer,
    mariadb,
    missing_mariadb,
    missing_postgresql,
    postgresql,
)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[DatabaseServer]:
    if reason := missing_mariadb():
        pytest.skip(reason)
    with mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[DatabaseServer]:
    if reason := missing_postgresql():
        pytest.skip(reason)
    with postgresql() as server:
        yield server
