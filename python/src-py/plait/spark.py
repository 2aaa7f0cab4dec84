"""The same engine on Apache Spark, where one machine is not enough.

>>> linked = plait.spark.link(spark, {"pupils": pupils, "clinic": clinic}, model="model.toml")  # doctest: +SKIP
>>> linked.people.write.parquet("people.parquet")  # doctest: +SKIP

Needs PySpark 3.5 or later (classic or Connect) with pyarrow where this runs, and plait with pyarrow on the
executors. Records stay there: what comes to this process are counts, the columns' meanings, and, where a model is to be
trained, places of records with the levels of their pairs.
"""

from __future__ import annotations

import functools
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union

from plait import _given, _plait
from plait._errors import UsageError, asked, refuse, refused_as
from plait._model import Model
from plait._progress import refuse_other

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped,unused-ignore]
    from pyspark.sql import DataFrame, SparkSession  # type: ignore[import-not-found,unused-ignore]

__all__ = ["Linkage", "link"]

#: Rows of each source by which its columns are understood.
SAMPLE = 20_000
#: Rows that are standardised together.
ROWS = 1 << 18

#: The column with the places of rows within their source.
PLACE = "plait_place"

MESSAGES = "to int, kind tinyint, part int, bytes binary"
PEOPLE = "source string, record string, person_id string, confidence double"
LINKS = (
    "source_l string, record_l string, source_r string, record_r string, match_weight double, "
    "match_probability double, person_probability double, decision string, rule string, reason string"
)

# kinds of messages, as the engine has them
PIECE, ASKED, REPLY, COMMON, SAID, RECORDS, PAIRS, CONNECTED = range(8)
LABELS, MEMBERS, THEIR_PAIRS, PEOPLE_OF, LINKS_OF, ALONE, SEEN, VALUES = range(8, 16)

Source = Union["DataFrame", Mapping[str, "DataFrame"]]
ModelGiven = Union[str, "os.PathLike[str]", Model]
Progress = Callable[[str, float], object]


class Linkage:
    """What a run on Spark found. ``people`` and ``links`` are data frames like any other; what they are read from is
    kept by the cluster until :meth:`close`, or until the session ends.
    """

    def __init__(self, decided: DataFrame, facts: dict[str, Any], issues: list[str], model: Model) -> None:
        #: Numbers: candidate pairs per rule, persons, links, pairs for review, ties, and the seconds of each stage.
        self.facts = facts
        #: Findings in the rows by which the columns were understood, and what a careful person should know about the
        #: model if it was learned, one line each.
        self.issues = issues
        #: The model, learned if it had not been.
        self.model = model
        self._decided: DataFrame | None = decided

    @property
    def people(self) -> DataFrame:
        """Every record and its person."""
        return self._unpacked(PEOPLE_OF, PEOPLE)

    @property
    def links(self) -> DataFrame:
        """Every link and every pair for a person to look at."""
        return self._unpacked(LINKS_OF, LINKS)

    def _unpacked(self, kind: int, columns: str) -> DataFrame:
        if self._decided is None:
            refuse("the result has been closed", "read people and links before, or link again")
        rows = self._decided.where(f"kind = {kind}").select("bytes")
        return rows.mapInArrow(_Unpack(columns.split(", ")), columns)

    @property
    def review(self) -> DataFrame:
        """The pairs for a person to look at."""
        return self.links.where("decision = 'review'")

    def summary(self) -> str:
        """The result in a sentence."""
        facts = self.facts
        return (
            f"{facts['records']:,} records are of {facts['persons']:,} people: {facts['links']:,} links, "
            f"{facts['reviews']:,} pairs for a person to look at, of {sum(facts['candidate_pairs']):,} pairs compared."
        )

    def close(self) -> None:
        """Lets the cluster forget the result; ``people`` and ``links`` can then not be had any more, and what was had
        before must not be read again."""
        decided, self._decided = self._decided, None
        if decided is not None:
            _forget(decided)

    def __enter__(self) -> Linkage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return self.summary()


def link(
    spark: SparkSession,
    *sources: Source | ModelGiven,
    model: ModelGiven | None = None,
    roles: Mapping[str, str] | None = None,
    link_type: str | None = None,
    threshold: float | None = None,
    processes: int | None = None,
    progress: Progress | bool | None = None,
) -> Linkage:
    """Links data frames of Spark into people and links, the same as :func:`plait.link` finds with this model; one that
    has not been trained is trained on the cluster, as it would be there.

    Name the sources with a dict, ``link(spark, {"pupils": pupils, "clinic": clinic}, model="model.toml")``, or give
    them one by one: they are then called ``table_1``, ``table_2`` and so on. ``model`` is a :class:`plait.Model`, or the
    path or the text of a model file, that says what is compared and by which rules, and may also come last without its
    name. The other options are those of ``plait link``. ``processes`` is about how many tasks run at once; the result does not depend on it.

    Every source needs a column that names its records. Records are numbered as they lie in a Parquet file, or by
    these names where a frame is no such file; where two links have equal right to one place, the first wins.

    What is wrong is a :class:`plait.PlaitError` with ``help``, as in :func:`plait.link`.
    """
    frames, model = _named(sources, model)
    processes = _given.optional(_given.whole, "processes", processes, 1, 65_535)
    options = {
        "model": _model_text(model),
        "roles": _given.roles(roles),
        "link_type": _given.optional(_given.text, "link_type", link_type),
        "threshold": _given.optional(_given.number, "threshold", threshold),
    }
    # what is wrong whatever the rows are is said before there is any work on the cluster
    asked(_plait.check_parts, [(name, frame.columns) for name, frame in frames], options)
    return _Run(spark, frames, processes, _Told(progress)).link(options)


def _named(
    sources: Sequence[Source | ModelGiven], model: ModelGiven | None
) -> tuple[list[tuple[str, DataFrame]], ModelGiven]:
    frames: list[tuple[str, DataFrame]] = []
    for source in sources:
        if isinstance(source, (str, os.PathLike, Model)):
            if model is not None:
                refuse("two models were given", "give one; a source is a data frame: spark.read.parquet(path)")
            model = source
        elif isinstance(source, Mapping):
            frames.extend((_given.text("the name of a source", name), frame) for name, frame in source.items())
        else:
            frames.append((f"table_{len(frames) + 1}", source))
    for name, frame in frames:
        if not hasattr(frame, "mapInArrow"):
            what = f"{name} is {_given.kind(frame)}, which is neither a data frame of Spark nor a model"
            refuse(what, "give a data frame, of spark.createDataFrame or spark.read, or the path or the text of a model file")
    if not frames:
        refuse("no data frame was given", "give one or more: plait.spark.link(spark, left, right, model=...)")
    if model is None:
        refuse("no model was given", 'give one, as plait.link(some, ...).model or a file: model="model.toml"')
    return frames, model


def _model_text(model: ModelGiven) -> tuple[str, str]:
    given = _given.model(model)
    assert given is not None
    if "path" in given:
        return Model.from_toml(given["path"]).to_toml(), given["path"]
    return given["text"], "the model"


# what executors run: called by name, so that all they need is plait itself


@functools.lru_cache(maxsize=2)
def _parts(document: str) -> _plait.Parts:
    return _plait.Parts.of(document)


def _told_driver(work: Callable[[], Any]) -> Any:
    """What is refused on an executor, in words that :func:`_in_own_words` finds again."""
    try:
        return work()
    except _plait.Refused as refused:
        raise RuntimeError(f"plait-refused {refused} refused-plait") from None


class _Sending:
    """Takes rows and sends messages; ``keys`` says which key brings a message of a kind and part to its place."""

    def __init__(self, document: str, keys: dict[int, list[int]]) -> None:
        self.document = document
        self.keys = keys

    def _sent(self, messages: _plait.Table) -> Iterator[pa.RecordBatch]:
        import pyarrow

        names = ["to", "kind", "part", "bytes"]
        for batch in pyarrow.table(messages).to_batches():
            kinds, parts = batch.column("kind").to_pylist(), batch.column("part").to_pylist()
            to = [self.keys[kind][part] if kind in self.keys else 0 for kind, part in zip(kinds, parts)]
            columns = [pyarrow.array(to, pyarrow.int32()), *batch.columns]
            yield pyarrow.RecordBatch.from_arrays(columns, names)


class _Prepare(_Sending):
    """Rows of a source become messages."""

    def __init__(self, document: str, keys: dict[int, list[int]], source: int) -> None:
        super().__init__(document, keys)
        self.source = source

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        held: list[pa.RecordBatch] = []
        n_rows = 0
        for batch in batches:
            held.append(batch)
            n_rows += batch.num_rows
            if n_rows >= ROWS:
                yield from self._prepared(pyarrow.Table.from_batches(held))
                held, n_rows = [], 0
        if held:
            yield from self._prepared(pyarrow.Table.from_batches(held))

    def _prepared(self, rows: pa.Table) -> Iterator[pa.RecordBatch]:
        parts = _told_driver(lambda: _parts(self.document))
        yield from self._sent(_told_driver(lambda: parts.prepare(self.source, _plait.Table.of(rows))))


class _Step(_Sending):
    """Messages become messages."""

    def __init__(self, name: str, document: str, keys: dict[int, list[int]]) -> None:
        super().__init__(document, keys)
        self.name = name

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        held = [batch.drop_columns(["to"]) for batch in batches if batch.num_rows]
        if held:
            messages = _plait.Table.of(pyarrow.Table.from_batches(held))
            del held
            parts = _told_driver(lambda: _parts(self.document))
            yield from self._sent(_told_driver(lambda: parts.step(self.name, messages)))


class _Packed:
    """Some rows of a source as bytes."""

    def __init__(self, source: int) -> None:
        self.source = source

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        for batch in batches:
            sink = pyarrow.BufferOutputStream()
            with pyarrow.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
            bytes = pyarrow.array([sink.getvalue().to_pybytes()], pyarrow.binary())
            yield pyarrow.RecordBatch.from_arrays([pyarrow.array([self.source], pyarrow.int32()), bytes], ["source", "bytes"])


class _Plan:
    """The document of a job, from some rows of all sources."""

    def __init__(self, names: list[str], n_records: list[int], processes: int, options: dict[str, Any]) -> None:
        self.names = names
        self.asked = (n_records, processes, options)

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        of_source: dict[int, list[pa.RecordBatch]] = {}
        for batch in batches:
            for source, bytes in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist()):
                of_source.setdefault(source, []).extend(pyarrow.ipc.open_stream(bytes))
        if of_source:
            tables = [
                (self.names[source], _plait.Table.of(pyarrow.Table.from_batches(rows)))
                for source, rows in sorted(of_source.items())
            ]
            document = _told_driver(lambda: _plait.plan_parts(tables, *self.asked))
            yield pyarrow.RecordBatch.from_arrays([pyarrow.array([document])], ["document"])


class _Unpack:
    """Tables that came as bytes."""

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow

        types = {"string": pyarrow.string(), "double": pyarrow.float64()}
        fields = [tuple(column.split(" ")) for column in self.columns]
        schema = pyarrow.schema([(name, types[kind]) for name, kind in fields])
        for batch in batches:
            for bytes in batch.column("bytes"):
                for rows in pyarrow.ipc.open_stream(bytes.as_buffer()):
                    yield from pyarrow.Table.from_batches([rows]).cast(schema).to_batches()


class _Told:
    """Says how far a run is."""

    #: With about which part of the time has passed when each begins.
    STAGES = {
        "looking at the sources": 0.0,
        "standardising and counting": 0.15,
        "learning": 0.45,
        "comparing": 0.5,
        # where the first comparing has changed the model that was learned
        "comparing again": 0.65,
        "deciding": 0.75,
    }

    def __init__(self, progress: Progress | bool | None) -> None:
        refuse_other(progress)
        self._call = progress if callable(progress) else None
        self._prints = progress is True or (progress is None and sys.stderr.isatty())
        self.seconds: dict[str, float] = {}
        self._since = time.monotonic()

    def begin(self, stage: str) -> None:
        self.end()
        self._stage = stage
        if self._call:
            self._call(stage, self.STAGES[stage])
        elif self._prints:
            sys.stderr.write(f"{self._stage}\n")

    def end(self) -> None:
        now = time.monotonic()
        if hasattr(self, "_stage"):
            self.seconds[self._stage] = now - self._since
        self._since = now


class _Run:
    def __init__(
        self, spark: SparkSession, frames: list[tuple[str, DataFrame]], processes: int | None, told: _Told
    ) -> None:
        self.spark = spark
        self.names = [name for name, _ in frames]
        self.frames = [frame for _, frame in frames]
        self.processes = processes or _parallelism(spark)
        self.told = told
        self.kept: list[DataFrame] = []
        self.keys_of: dict[int, list[int]] = {}

    def link(self, options: dict[str, Any]) -> Linkage:
        try:
            return self._link(options)
        except Exception as error:
            raise _in_own_words(error) from None
        finally:
            for frame in self.kept:
                _forget(frame)

    def _link(self, options: dict[str, Any]) -> Linkage:
        self.told.begin("looking at the sources")
        self.frames = [_in_local_time(frame) for frame in self.frames]
        of_files = [_files(frame) for frame in self.frames]
        n_records = [
            frame.count() if files is None else sum(n for _, n in files) for files, frame in zip(of_files, self.frames)
        ]
        for name, n in zip(self.names, n_records):
            if n == 0:
                refuse(f"{name} has no rows", "give frames with rows, and leave out those without")
        parts = self._planned(n_records, options)
        self.told.begin("standardising and counting")
        n_homes, n_counting, _, _ = parts.n_parts
        keys = {PIECE: self._keys(n_homes), ASKED: self._keys(n_counting), REPLY: self._keys(n_homes)}
        placed = []
        for source, (files, frame) in enumerate(zip(of_files, self.frames)):
            columns = parts.columns(source)
            placed.append(self._by_name(frame, columns) if files is None else self._by_file(frame, columns, files))
        prepared = self._keep(self._prepared(parts, placed, keys))
        asked_of = self._brought(prepared, [ASKED], n_counting)
        counted = self._keep(asked_of.mapInArrow(_Step("count", parts.document, keys), MESSAGES))
        parts = asked(parts.counted, self._said(counted))
        spikes: list[bytes] = []
        if parts.has_spikes:
            common = counted.where(f"kind = {COMMON}")
            spikes = self._said(common.mapInArrow(_Step("spikes", parts.document, keys), MESSAGES))
        parts = asked(parts.spiked, spikes)
        _, _, n_comparing, n_deciding = parts.n_parts
        keys = {
            RECORDS: self._keys(n_comparing),
            VALUES: self._keys(n_counting),
            PAIRS: self._keys(n_homes),
            LABELS: self._keys(n_homes),
            MEMBERS: self._keys(n_deciding),
            THEIR_PAIRS: self._keys(n_deciding),
            ALONE: self._keys(n_deciding),
        }

        def step(name: str, frame: DataFrame) -> DataFrame:
            return frame.mapInArrow(_Step(name, parts.document, keys), MESSAGES)

        learns = parts.learns
        self.told.begin("learning" if learns else "comparing")
        at_home = prepared.where(f"kind = {PIECE}").union(counted.where(f"kind = {REPLY}"))
        pieces = self._brought(at_home, [PIECE, REPLY], n_homes)
        to_compare = self._brought(step("explode", pieces), [RECORDS], n_comparing)
        if learns:
            to_compare = self._keep(to_compare)
            parts = asked(parts.learned, self._said(step("learn", to_compare), SEEN))
            if parts.looks_again:
                parts = asked(parts.learned, self._said(step("learn", to_compare), SEEN))
            said = []
            if parts.asks_for_values:
                values = self._brought(step("pair_values", pieces), [VALUES], n_counting)
                said = self._said(step("count_pairs", values))
            parts = asked(parts.taught, said)
            self.told.begin("comparing")
        compared = self._keep(step("compare", to_compare))
        said, seen = self._said_and_seen(compared)
        if learns:
            settled = asked(parts.settled, seen)
            if settled is not None:
                parts = settled
                self.told.begin("comparing again")
                _forget(compared)
                compared = self._keep(step("compare", to_compare))
                said, _ = self._said_and_seen(compared)
        self.told.begin("deciding")
        labels = step("connect", compared.where(f"kind = {CONNECTED}").repartition(1))
        back_home = at_home.union(compared.where(f"kind = {PAIRS}")).union(labels)
        gathered = step("gather", self._brought(back_home, [PIECE, REPLY, PAIRS, LABELS], n_homes))
        decided = self._keep(step("decide", self._brought(gathered, [MEMBERS, THEIR_PAIRS, ALONE], n_deciding)))
        said += self._said(decided)
        facts = json.loads(asked(parts.done, said))
        self.told.end()
        facts = {"records": sum(n_records), **facts, "seconds": self.told.seconds}
        # the result outlives the run
        self.kept.remove(decided)
        return Linkage(decided, facts, parts.issues, Model.from_toml(parts.model))

    def _keep(self, frame: DataFrame) -> DataFrame:
        """Keeps what is used twice; the cluster makes it again if it loses it."""
        kept = frame.persist()
        self.kept.append(kept)
        return kept

    def _planned(self, n_records: list[int], options: dict[str, Any]) -> _plait.Parts:
        rows = None
        for source, frame in enumerate(self.frames):
            some = frame.limit(SAMPLE).mapInArrow(_Packed(source), "source int, bytes binary")
            rows = some if rows is None else rows.union(some)
        assert rows is not None
        plan = _Plan(self.names, n_records, self.processes, options)
        planned = rows.repartition(1).mapInArrow(plan, "document string").collect()
        return asked(_plait.Parts.of, planned[0].document)

    def _prepared(
        self, parts: _plait.Parts, placed: list[DataFrame], keys: dict[int, list[int]]
    ) -> DataFrame:
        all_rows = None
        for source, frame in enumerate(placed):
            rows = frame.mapInArrow(_Prepare(parts.document, keys, source), MESSAGES)
            all_rows = rows if all_rows is None else all_rows.union(rows)
        assert all_rows is not None
        return all_rows

    def _brought(self, frame: DataFrame, kinds: list[int], n_parts: int) -> DataFrame:
        """Messages of these kinds, those of one part in one place."""
        wanted = ", ".join(str(kind) for kind in kinds)
        return frame.where(f"kind in ({wanted})").repartition(n_parts, "to")

    def _said(self, frame: DataFrame, kind: int = SAID) -> list[bytes]:
        return [bytes(row.bytes) for row in frame.where(f"kind = {kind}").select("bytes").collect()]

    def _said_and_seen(self, frame: DataFrame) -> tuple[list[bytes], list[bytes]]:
        rows = frame.where(f"kind in ({SAID}, {SEEN})").select("kind", "bytes").collect()
        of_kind = {kind: [bytes(row.bytes) for row in rows if row.kind == kind] for kind in (SAID, SEEN)}
        return of_kind[SAID], of_kind[SEEN]

    def _keys(self, n_parts: int) -> list[int]:
        """For each part a key that brings it to a partition of its own, of as many."""
        if n_parts not in self.keys_of:
            keys: dict[int, int] = {}
            key = 0
            while len(keys) < n_parts:
                keys.setdefault(_partition(key, n_parts), key)
                key += 1
            self.keys_of[n_parts] = [keys[part] for part in range(n_parts)]
        return self.keys_of[n_parts]

    def _by_file(self, frame: DataFrame, columns: list[str], files: list[tuple[str, int]]) -> DataFrame:
        """These columns, and one that numbers the rows by file and row."""
        from pyspark.sql import functions as F

        row = F.col("_metadata.row_index").alias(PLACE)
        if len(files) == 1:
            return frame.select(*map(_quoted, columns), row)
        firsts, n = [], 0
        for file, rows in files:
            firsts.append((file, n))
            n += rows
        of_file = self.spark.createDataFrame(firsts, "plait_file string, plait_first long")
        numbered = frame.select(*map(_quoted, columns), row, F.col("_metadata.file_path").alias("plait_file"))
        numbered = numbered.join(F.broadcast(of_file), "plait_file")
        return numbered.select(*map(_quoted, columns), (F.col(PLACE) + F.col("plait_first")).alias(PLACE))

    def _by_name(self, frame: DataFrame, columns: list[str]) -> DataFrame:
        """These columns, and one that numbers the rows in the order of the first of them."""
        from pyspark.sql import functions as F

        # kept, so that every row has one number however often it is asked for
        rows = frame.select(*map(_quoted, columns)).orderBy(_quoted(columns[0]))
        rows = self._keep(rows.withColumn(PLACE, F.monotonically_increasing_id()))
        chunk = F.shiftright(PLACE, 33)
        sizes = {row.chunk: row.n for row in rows.groupBy(chunk.alias("chunk")).agg(F.count("*").alias("n")).collect()}
        firsts, n = [], 0
        for at in range(max(sizes, default=-1) + 1):
            firsts.append(n)
            n += sizes.get(at, 0)
        of_chunk = F.element_at(F.array(*map(F.lit, firsts)), (chunk + 1).cast("int"))
        place = F.col(PLACE).bitwiseAND(F.lit((1 << 33) - 1)) + of_chunk
        return rows.select(*map(_quoted, columns), place.cast("long").alias(PLACE))


def _forget(frame: DataFrame) -> None:
    """Keeps a frame no longer."""
    try:
        frame.unpersist()
    except Exception:
        # the session is gone, and what it kept with it
        pass


def _partition(key: int, n_parts: int) -> int:
    """The partition, of so many, to which Spark brings a row with this key: by its MurmurHash3 (Appleby, x86_32) with the
    seed 42. An engine that hashes in another way brings some parts together, which only takes longer.
    """
    word = key * 0xCC9E2D51 & 0xFFFFFFFF
    word = (word << 15 | word >> 17) & 0xFFFFFFFF
    hash = 42 ^ word * 0x1B873593 & 0xFFFFFFFF
    hash = (hash << 13 | hash >> 19) & 0xFFFFFFFF
    hash = (hash * 5 + 0xE6546B64 & 0xFFFFFFFF) ^ 4
    hash = (hash ^ hash >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    hash = (hash ^ hash >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    hash ^= hash >> 16
    return (hash - (hash >> 31 << 32)) % n_parts


def _files(frame: DataFrame) -> list[tuple[str, int]] | None:
    """The files that the frame is all of, in order, and how many rows each has; nothing where it is not all of some Parquet
    files."""
    # not above: it would be a fifth of the time that importing plait takes
    import logging

    from pyspark.sql import functions as F

    # a frame without these columns is none of files, which PySpark would log as an error
    logger = logging.getLogger("DataFrameQueryContextLogger")
    was_disabled, logger.disabled = logger.disabled, True
    try:
        rows = frame.select(F.col("_metadata.file_path").alias("file"), F.col("_metadata.row_index").alias("row"))
        rows.schema
    except Exception:
        return None
    finally:
        logger.disabled = was_disabled
    sums = [F.count("*"), F.max("row"), F.sum("row"), F.sum(F.col("row").cast("double") * F.col("row"))]
    files = sorted(tuple(row) for row in rows.groupBy("file").agg(*sums).collect())
    for _, n, last, total, squares in files:
        exact = float((n - 1) * n * (2 * n - 1) // 6)
        if last != n - 1 or total != n * (n - 1) // 2 or abs(squares - exact) > 1e-9 * exact:
            return None
    return [(file, n) for file, n, *_ in files]


def _in_local_time(frame: DataFrame) -> DataFrame:
    """Points in time as the clock of the session shows them, which is how people wrote them; Arrow would have those of UTC."""
    from pyspark.sql import functions as F

    points = [field.name for field in frame.schema.fields if field.dataType.typeName() == "timestamp"]
    for name in points:
        frame = frame.withColumn(name, F.col(_quoted(name)).cast("timestamp_ntz"))
    return frame


def _parallelism(spark: SparkSession) -> int:
    try:
        return int(spark.sparkContext.defaultParallelism)
    except Exception:
        # a session by Connect does not say
        return 8


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


_REFUSED = re.compile(r"plait-refused (\[.*?\]) refused-plait", re.DOTALL)


def _in_own_words(error: Exception) -> Exception:
    """What plait refused on an executor, or that it is not there, as its own error; any other error as it is."""
    text = str(error)
    found = _REFUSED.search(text)
    if found is not None:
        return refused_as(found.group(1))
    if isinstance(error, ImportError) and "pandas" in text.lower():
        return UsageError("E016", "PySpark needs pandas here", None, None, "install it where this runs: pip install pandas")
    for package in ["plait", "pyarrow"]:
        if re.search(rf"No module named '{package}(\.\w+)?'", text):
            own = f"plait=={_plait.__version__} pyarrow"
            return UsageError(
                "E016",
                f"the executors do not have {package}",
                None,
                "what is done with records is done there",
                f"install it on every worker, or in the environment of the cluster: pip install {own}; or, where it is installed, "
                "let workers run the Python that has it: set PYSPARK_PYTHON to its path before the session starts",
            )
    return error
