"""Rows in Apache Spark to STIX objects, by the same engine as on one machine and with the same ids.

Reading a lake, translating and merging are three functions on DataFrames; nothing runs before an action asks
for it, but for `merge_objects`, which looks for contradictions. Needs the extra `spark` on the driver and
this package on every worker. How to run it is in docs/spark.md.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone
from functools import lru_cache, partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson

from stix_shifter_utils.config.checking import validate
from stix_shifter_utils.connector.discovery import load_entry_point, merged_names, split_dialects
from stix_shifter_utils.connector.results_translator import JSONToStix
from stix_shifter_utils.errors import ConfigurationError, ResultsTranslationError
from stix_shifter_utils.results import ResultsMapping, ResultsOptions, compile_mapping
from stix_shifter_utils.results.rows import RowStream
from stix_shifter_utils.stix import Merger, row_key, whole_identity
from stix_shifter_utils.stix.contributing import COMPATIBLE, CONTRIBUTING
from stix_shifter_utils.stix.ids import is_shared
from stix_shifter_utils.stix.merge import unite

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyspark.sql import DataFrame, SparkSession

Object = dict[str, Any]
OBJECTS_SCHEMA: Final = (
    "row long, place int, id string, type string, version string, first_observed timestamp, "
    "shared boolean, object string"
)
"""The columns of objects.

`row`: the number of the native row, in the order of the DataFrame, with gaps; -1 for the identity. `place`:
the object's place among those of its row, the observed-data first. `first_observed`: of an observed-data,
else null. `shared`: another row may have an object of this id. `object`: the whole object as JSON text.
"""
_ROWS_SCHEMA: Final = "row long, key string, value string"
_MERGED_SCHEMA: Final = f"{OBJECTS_SCHEMA}, contradicts boolean"
_BATCH: Final = 2_000
_MOST_ROUNDS: Final = 20


def read_rows(spark: SparkSession, path: str, kind: Literal["ndjson", "parquet"] | None = None) -> DataFrame:
    """Rows of a lake: one JSON object per line (also `.gz`), or Parquet; a file, a folder or a pattern.

    Without `kind`, a path that holds `.parquet` is Parquet. Lines stay text, so that no reader guesses types.
    """
    if kind == "parquet" or (kind is None and ".parquet" in path):
        return spark.read.parquet(path)
    return spark.read.text(path)


def translate_rows(
    rows: DataFrame,
    module: str,
    identity: Mapping[str, Any],
    options: Mapping[str, Any] | None = None,
    *,
    distinct: bool = False,
    now: datetime | None = None,
) -> DataFrame:
    """The STIX objects of native rows as `OBJECTS_SCHEMA`, the identity first, not merged.

    `rows`: one column `value` with JSON text, or native fields (structures for nested ones; times become ISO
    text). `module` is `name` or `name:dialect1:dialect2`, `options` are those of `translate … results`. `now`
    (aware) stands in where a row has no time: the clock's, once for all workers. `distinct` says that no row
    comes twice; without it rows are shuffled, so that identical ones meet and are numbered as on one machine.

    Raises StixShifterError at once for an unknown connector, wrong options or identity; a row that is no JSON
    object fails the job, with its text's beginning left out.
    """
    from pyspark.sql import functions

    setting = _Setting.of(module, identity, options, now)
    setting.stream(())  # wrong settings are found here, not on a worker
    texts = _as_text(rows).withColumn("row", functions.monotonically_increasing_id())
    if not distinct:
        keyed = texts.mapInArrow(_keyed, _ROWS_SCHEMA)
        texts = keyed.repartition("key").sortWithinPartitions("row")
    objects = texts.select("row", "value").mapInArrow(partial(_translated, setting.text), OBJECTS_SCHEMA)
    first = [_record(-1, 0, whole_identity(identity, setting.version), setting.version)]
    return rows.sparkSession.createDataFrame(first, OBJECTS_SCHEMA).unionByName(objects)


def merge_objects(objects: DataFrame, identity: Mapping[str, Any], *, id_compat: bool = False) -> DataFrame:
    """Objects with each id once, as one machine merges them; the columns stay.

    Objects of one id become one with the properties of all. Where two contradict each other, the later row's
    takes an id of its own and the references of its row follow; such rows are taken in their order by one
    task. `row` and `place` are those of the first. `id_compat` is that of the translation. Caches `objects`
    while it looks for contradictions.
    """
    from pyspark.sql import functions

    for _ in range(_MOST_ROUNDS):
        objects = objects.cache()
        merged = _distinct(objects.where("shared")).mapInArrow(_merged, _MERGED_SCHEMA).cache()
        troubled = merged.where("contradicts").select("id")
        if troubled.isEmpty():
            whole = merged.drop("contradicts")
            return objects.where("not shared").unionByName(whole)
        rows = objects.join(functions.broadcast(troubled), "id", "left_semi").select("row").distinct()
        settled = (
            objects.join(rows, "row", "left_semi")
            .repartition(1)
            .sortWithinPartitions("row", "place")
            .mapInArrow(partial(_settled, str(identity["id"]), id_compat), OBJECTS_SCHEMA)
        )
        objects = objects.join(rows, "row", "left_anti").select(*objects.columns).unionByName(settled)
    message = "contradictions between objects do not end; merge on one machine"
    raise ResultsTranslationError(message)


def _distinct(shared: DataFrame) -> DataFrame:
    """Objects in the order of ids and rows; of equal ones the first, so that frequent ids are no burden."""
    from pyspark.sql import functions

    first = functions.min(functions.struct("row", "place")).alias("first")
    content = ("id", "type", "version", "first_observed", "shared", "object")
    found = shared.groupBy(*content).agg(first).select("first.row", "first.place", *content)
    return found.repartition("id").sortWithinPartitions("id", "row", "place")


def _as_text(rows: DataFrame) -> DataFrame:
    """Rows as JSON text in one column `value`."""
    from pyspark.sql import functions

    if rows.columns == ["value"] and dict(rows.dtypes)["value"] == "string":
        return rows.where("trim(value) <> ''")
    iso = {"timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"}
    return rows.select(functions.to_json(functions.struct("*"), iso).alias("value"))


class _Setting:
    """What a translation needs on a worker, as one text, so that each worker makes it once."""

    def __init__(self, text: str) -> None:
        self.text = text
        given = json.loads(text)
        self.identity = given["identity"]
        self._mapping, options = _compiled(given["module"], json.dumps(given["options"]))
        now = datetime.fromisoformat(given["now"])
        self.options = replace(options, merge=False, now=now)
        self.version = options.version

    @classmethod
    def of(
        cls, module: str, identity: Mapping[str, Any], options: Mapping[str, Any] | None, now: datetime | None
    ) -> _Setting:
        moment = (now or datetime.now(timezone.utc)).isoformat()
        given = {"module": module, "identity": dict(identity), "options": dict(options or {}), "now": moment}
        return cls(json.dumps(given))

    def stream(self, rows: Iterable[Any]) -> RowStream:
        return RowStream(rows, self.identity, self._mapping, self.options)


@lru_cache(maxsize=16)
def _compiled(module: str, options_text: str) -> tuple[ResultsMapping, ResultsOptions]:
    """The connector's compiled map and options. Raises ConfigurationError for one that has no map."""
    name, suffix = split_dialects(module)
    given = json.loads(options_text)
    dialects = merged_names(suffix, given.get("dialects") or ())
    options = {**validate(name, given, "connection.options"), "dialects": dialects}
    translator = load_entry_point(name)(options=options).get_results_translator(dialects)
    if type(translator).translate_results is not JSONToStix.translate_results:
        message = f"{name} makes bundles in its own way, a whole result at once; it cannot be spread"
        raise ConfigurationError(message)
    mapping = compile_mapping(
        translator.mapping(),
        transformers=translator.transformers,
        options=translator.options,
        callback=translator.callback,
    )
    return mapping, ResultsOptions.of(translator.options)


# On a worker. Batches are those of pyarrow, which only Spark needs.


def _rows_of(batches: Iterable[Any], *names: str) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        columns = [batch.column(batch.schema.get_field_index(name)).to_pylist() for name in names]
        yield from zip(*columns, strict=True)


def _batches(records: Iterable[tuple[Any, ...]], schema: Any) -> Iterator[Any]:
    """Records as batches of some thousand."""
    import pyarrow

    waiting: list[tuple[Any, ...]] = []
    for record in records:
        waiting.append(record)
        if len(waiting) >= _BATCH:
            yield _batch(pyarrow, waiting, schema)
            waiting = []
    if waiting:
        yield _batch(pyarrow, waiting, schema)


def _batch(pyarrow: Any, records: list[tuple[Any, ...]], schema: Any) -> Any:
    columns = zip(*records, strict=True)
    arrays = [pyarrow.array(list(each), field.type) for each, field in zip(columns, schema, strict=True)]
    return pyarrow.RecordBatch.from_arrays(arrays, schema=schema)


def _objects_schema(*more: tuple[str, Any]) -> Any:
    import pyarrow

    text = pyarrow.string()
    known = [
        ("row", pyarrow.int64()),
        ("place", pyarrow.int32()),
        *((name, text) for name in ("id", "type", "version")),
        ("first_observed", pyarrow.timestamp("us", tz="UTC")),
        ("shared", pyarrow.bool_()),
        ("object", text),
    ]
    return pyarrow.schema([*known, *more])


def _row(text: str, number: int) -> Any:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"row {number} is not JSON: {error}"
        raise ResultsTranslationError(message) from None
    if not isinstance(row, dict):
        message = f"row {number} is no JSON object but a {type(row).__name__}"
        raise ResultsTranslationError(message)
    return row


def _keyed(batches: Iterable[Any]) -> Iterator[Any]:
    """Rows with the key that identical ones share."""
    import pyarrow

    schema = pyarrow.schema(
        [("row", pyarrow.int64()), ("key", pyarrow.string()), ("value", pyarrow.string())]
    )
    found = (
        (number, row_key(_row(text, number)).hex(), text)
        for number, text in _rows_of(batches, "row", "value")
    )
    yield from _batches(found, schema)


def _translated(setting_text: str, batches: Iterable[Any]) -> Iterator[Any]:
    """The objects of a partition's rows."""
    setting = _Setting(setting_text)
    number = -1

    def rows() -> Iterator[Any]:
        nonlocal number
        for number, text in _rows_of(batches, "row", "value"):  # the stream is never a row ahead
            yield _row(text, number)

    records = (
        _record(number, place, item, setting.version)
        for group in setting.stream(rows()).groups()
        for place, item in enumerate(group)
    )
    yield from _batches(records, _objects_schema())


def _record(row: int, place: int, item: Mapping[str, Any], version: str) -> tuple[Any, ...]:
    seen = item.get("first_observed") if item["type"] == "observed-data" else None
    moment = datetime.fromisoformat(str(seen).replace("Z", "+00:00")) if seen else None
    shared = version == "2.1" and row >= 0 and is_shared(item["id"])
    text = orjson.dumps(item).decode()
    return row, place, item["id"], item["type"], version, moment, shared, text


_COLUMNS: Final = ("row", "place", "id", "type", "version", "first_observed", "shared", "object")


def _merged(batches: Iterable[Any]) -> Iterator[Any]:
    """Objects in the order of their ids, each id once; whether its objects contradict each other."""
    import pyarrow

    def records() -> Iterator[tuple[Any, ...]]:
        for _, same in groupby(_rows_of(batches, *_COLUMNS), key=lambda record: record[2]):
            first, *others = same
            united: Object | None = orjson.loads(first[-1]) if others else {}
            for other in others:
                united = unite(united, orjson.loads(other[-1])) if united is not None else None
            text = orjson.dumps(united).decode() if others and united is not None else first[-1]
            yield (*first[:-1], text, united is None)

    yield from _batches(records(), _objects_schema(("contradicts", pyarrow.bool_())))


def _settled(source: str, id_compat: bool, batches: Iterable[Any]) -> Iterator[Any]:
    """The objects of some rows, in their order, with the ids that merging them one by one gives."""
    merger = Merger(source, contributing=COMPATIBLE if id_compat else CONTRIBUTING)

    def records() -> Iterator[tuple[Any, ...]]:
        for row, records in groupby(_rows_of(batches, *_COLUMNS), key=lambda record: record[0]):
            listed = list(records)
            group = [orjson.loads(record[-1]) for record in listed]
            merger.add(group)
            for record, item in zip(listed, group, strict=True):
                # what took an id of its own may come again, so it still is to be merged
                shared = record[6] or is_shared(item["id"])
                yield row, record[1], item["id"], *record[3:6], shared, orjson.dumps(item).decode()

    try:
        yield from _batches(records(), _objects_schema())
    finally:
        merger.close()
