"""Real Elastic documents through Spark on two workers give exactly what one machine gives."""

import gzip
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from stix_shifter.results_stream import stream_results
from stix_shifter_utils.errors import ConfigurationError, UnsupportedDataSourceError

pytestmark = [
    pytest.mark.engine,
    pytest.mark.filterwarnings("default"),  # what Spark's own code warns of is not ours to mend
]

DATA = Path(os.environ.get("STIX_SHIFTER_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
DOCUMENTS = DATA / "ecs" / "ecs-events.ndjson.gz"
NOW = datetime(2024, 1, 1, tzinfo=timezone.utc)
IDENTITY = {
    "type": "identity",
    "id": "identity--3532c56d-ea72-48be-a2ad-1a53f4c9c6d3",
    "name": "lake",
    "identity_class": "events",
}
Objects = dict[str, Any]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not installed")
    if importlib.util.find_spec("pyspark") is None or importlib.util.find_spec("pandas") is None:
        pytest.skip("pyspark is not installed: pip install 'stix-shifter[spark]'")
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)  # workers, else any python3 on the path
        yield from session(SparkSession.builder)


def session(builder: Any) -> Iterator[Any]:
    made = (
        builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    yield made
    made.stop()


def by_id(objects: Any) -> dict[str, Objects]:
    listed = [json.loads(json.dumps(each)) for each in objects]
    found = {each["id"]: each for each in listed}
    assert len(found) == len(listed), "an id came twice"
    return found


def on_one_machine(rows: list[Objects], options: Objects) -> dict[str, Objects]:
    return by_id(stream_results("elastic_ecs", IDENTITY, iter(rows), options).objects)


def collected(objects: Any) -> dict[str, Objects]:
    return by_id(json.loads(row.object) for row in objects.select("object").collect())


@pytest.fixture(scope="module")
def documents() -> list[Objects]:
    if not DOCUMENTS.exists():
        pytest.skip(f"no test data at {DATA} (set STIX_SHIFTER_TEST_DATA)")
    with gzip.open(DOCUMENTS, "rt", encoding="utf-8") as source:
        return [json.loads(line) for line in source]


def test_a_lake_of_documents_becomes_the_objects_of_one_machine(spark: Any, documents: list[Objects]) -> None:
    from stix_shifter_utils.spark import merge_objects, read_rows, translate_rows

    options = {"stix_2.1": True}
    expected = on_one_machine(documents, options)
    objects = translate_rows(read_rows(spark, str(DOCUMENTS)), "elastic_ecs", IDENTITY, options)
    assert len(documents) == 14_824
    assert collected(merge_objects(objects, IDENTITY)) == expected
    assert len(expected) > 4 * len(documents)


def test_documents_become_the_observations_of_one_machine_in_stix_2_0(
    spark: Any, documents: list[Objects]
) -> None:
    from stix_shifter_utils.spark import read_rows, translate_rows

    objects = translate_rows(read_rows(spark, str(DOCUMENTS)), "elastic_ecs", IDENTITY)
    assert collected(objects) == on_one_machine(documents, {})
    seen = objects.where("first_observed is not null").select("row", "type").distinct()
    assert seen.count() == len(documents)


def flows(count: int) -> list[Objects]:
    """Rows of which some are the same, and some contradict each other about the user of one id."""
    return [
        {
            "@timestamp": f"2024-01-01T00:00:{number % 3:02}.000Z",
            "source": {"ip": f"10.0.0.{number % 5}", "port": 1000 + number % 7},
            "destination": {"ip": "10.0.0.200", "port": 443},
            "network": {"transport": "tcp"},
            "user": {"name": "u", "id": "7", "full_name": f"name {number % 4}"},
            "process": {"pid": number % 2, "name": "p.exe", "executable": "C:\\p.exe"},
        }
        for number in range(count)
    ]


def test_identical_rows_and_contradicting_objects_are_settled_as_on_one_machine(
    spark: Any, tmp_path: Path
) -> None:
    from stix_shifter_utils.spark import merge_objects, read_rows, translate_rows

    rows = flows(150) + flows(150)
    for part in range(3):
        lines = "".join(json.dumps(row) + "\n" for row in rows[100 * part : 100 * part + 100])
        (tmp_path / f"part-{part}.ndjson").write_text(lines + "\n", encoding="utf-8")
    options = {"stix_2.1": True}
    texts = read_rows(spark, str(tmp_path / "*.ndjson")).coalesce(1)
    in_their_order = [json.loads(row.value) for row in texts.collect() if row.value.strip()]
    assert sorted(map(json.dumps, in_their_order)) == sorted(map(json.dumps, rows))
    objects = translate_rows(texts.repartition(1), "elastic_ecs", IDENTITY, options)
    merged = merge_objects(objects, IDENTITY)
    assert collected(merged) == on_one_machine(in_their_order, options)
    assert merged.where("type = 'observed-data'").count() == len(rows)


def test_columns_are_rows_too_and_rows_without_time_get_one_time_for_all(spark: Any, tmp_path: Path) -> None:
    from stix_shifter_utils.spark import read_rows, translate_rows

    rows = [{key: value for key, value in row.items() if key != "@timestamp"} for row in flows(40)]
    lake = str(tmp_path / "rows.parquet")
    (tmp_path / "rows.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    spark.read.json(str(tmp_path / "rows.ndjson")).write.parquet(lake)
    objects = translate_rows(
        read_rows(spark, lake), "elastic_ecs", IDENTITY, {"stix_2.1": True}, now=NOW
    ).cache()
    assert objects.where("type = 'observed-data'").count() == len(rows)
    times = objects.where("type = 'observed-data'").select("first_observed").distinct().collect()
    assert [row.first_observed.astimezone(timezone.utc) for row in times] == [NOW]
    ids = {row.id for row in objects.where("type = 'user-account'").select("id").collect()}
    assert ids <= set(on_one_machine(rows, {"stix_2.1": True}))


def test_wrong_settings_are_told_before_any_job_runs(spark: Any) -> None:
    from stix_shifter_utils.spark import translate_rows

    rows = spark.createDataFrame([("{}",)], "value string")
    with pytest.raises(UnsupportedDataSourceError):
        translate_rows(rows, "no_such_connector", IDENTITY)
    with pytest.raises(ConfigurationError):
        translate_rows(rows, "elastic_ecs", IDENTITY, {"stix_2.1": "perhaps"})


def test_a_broken_row_fails_the_job_with_its_number(spark: Any) -> None:
    from stix_shifter_utils.spark import translate_rows

    rows = spark.createDataFrame([("{}",), ("{broken",)], "value string").coalesce(1)
    with pytest.raises(Exception, match=r"row [0-9]+ is not JSON"):  # Spark wraps what a worker raises
        translate_rows(rows, "elastic_ecs", IDENTITY).count()
