"""Files in an object store, through fsspec: S3 as moto serves it on this machine."""

from __future__ import annotations

import gzip
import json
import logging
from typing import TYPE_CHECKING, Any

import fsspec
import pytest

from stix_shifter_modules.local_files.tests.samples import Files, conns, ndjson
from stix_shifter_utils.errors import ConfigurationError, ConnectionFailedError, StixShifterError

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.engine
pytest.importorskip("s3fs", reason="s3fs is not installed: pip install s3fs")
moto_server = pytest.importorskip("moto.server", reason="moto is not installed: pip install 'moto[server]'")

AUTH = {"key": "testing", "secret": "testing"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A store with the bucket `logs`: what stands in `OBJECTS`."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    store = fsspec.filesystem("s3", endpoint_url=url, skip_instance_cache=True, **AUTH)
    store.mkdir("logs")
    for name, data in OBJECTS.items():
        store.pipe(f"logs/{name}", data)
    yield url
    fsspec.filesystem("s3").clear_instance_cache()
    server.stop()


OBJECTS = {
    "zeek/2024/conn.1.log": ndjson(conns(3)),
    "zeek/2024/conn.2.log.gz": gzip.compress(ndjson(conns(4))),
    "zeek/2024/odd [x]*.log": ndjson(conns(1)),
    "trail/one.json": json.dumps(
        {
            "Records": [
                {
                    "eventVersion": "1.08",
                    "eventTime": "2024-01-01T00:00:00Z",
                    "eventSource": "sts.amazonaws.com",
                    "eventName": "GetCallerIdentity",
                    "sourceIPAddress": "192.0.2.1",
                }
            ]
        }
    ).encode(),
    "private/secret.log": ndjson(conns(9)),
}


def on(endpoint: str, path: Any) -> dict[str, Any]:
    return {"path": path, "auth": AUTH, "storage_options": {"endpoint_url": endpoint}}


def test_objects_are_found_by_glob_prefix_and_name(files: Files, endpoint: str) -> None:
    counts = {
        "s3://logs/zeek/**/*.log": 4,
        "s3://logs/zeek": 8,
        "s3://logs/zeek/2024/conn.2.log.gz": 4,
    }
    for path, count in counts.items():
        assert len(files.rows("SELECT * FROM zeek", **on(endpoint, path))) == count, path
    places = ["s3://logs/zeek/2024/conn.1.log", "s3://logs/trail/"]
    assert files.ping(**on(endpoint, places))["dialects"] == {"cloudtrail": 1, "zeek": 1}


def test_objects_and_files_on_disk_are_searched_together(files: Files, endpoint: str) -> None:
    local = files.write("conn.log", conns(2))
    places = [str(local), "s3://logs/zeek/2024/conn.1.log"]
    assert len(files.rows("SELECT * FROM zeek", **on(endpoint, places))) == 5


def test_other_objects_are_out_of_reach(files: Files, endpoint: str) -> None:
    here = on(endpoint, "s3://logs/zeek/2024/conn.1.log")
    for query in (
        "SELECT * FROM read_json_objects('s3://logs/private/secret.log')",
        "COPY (SELECT 1) TO 's3://logs/zeek/2024/conn.1.log'",
    ):
        with pytest.raises(StixShifterError):
            files.page(query, **here)
    library = files.client(**here)._library  # noqa: SLF001  the guard is passed by on purpose
    session = library.session()
    for statement in (
        "SELECT * FROM read_json_objects('s3://logs/private/secret.log')",
        "COPY (SELECT 1) TO 's3://logs/zeek/2024/conn.1.log' (USE_TMP_FILE false)",
    ):
        with pytest.raises(Exception, match=r"secret|Cannot access|conn\.1\.log"):
            session.execute(statement).fetchall()
    assert len(files.rows("SELECT * FROM zeek", **here)) == 3


def test_a_cut_object_is_read_up_to_the_cut(files: Files, endpoint: str) -> None:
    store = fsspec.filesystem("s3", endpoint_url=endpoint, skip_instance_cache=True, **AUTH)
    whole = gzip.compress(ndjson(conns(3000)))
    store.pipe("logs/cut/conn.log.gz", whole[: len(whole) // 2])
    rows = files.rows("SELECT * FROM zeek", **on(endpoint, "s3://logs/cut/*"))
    assert 100 < len(rows) < 3000


def test_nothing_found_and_nobody_there_are_told(files: Files, endpoint: str) -> None:
    with pytest.raises(ConfigurationError, match="no file found"):
        files.ping(**on(endpoint, "s3://logs/nothing/*"))
    gone = on("http://127.0.0.1:9", "s3://logs/*")
    gone["storage_options"]["config_kwargs"] = {"retries": {"max_attempts": 1}}
    with pytest.raises(ConnectionFailedError, match="cannot be reached"):
        files.ping(**gone)


def test_a_scheme_without_its_library_says_what_is_missing(files: Files) -> None:
    with pytest.raises(ConfigurationError, match="nosuch"):
        files.ping(path="nosuch://bucket/*")


def test_any_file_system_of_fsspec_will_do(files: Files) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/logs/conn.log", ndjson(conns(2)))
    assert len(files.rows("SELECT * FROM zeek", path="memory://logs/*.log")) == 2
    memory.rm("/logs", recursive=True)
