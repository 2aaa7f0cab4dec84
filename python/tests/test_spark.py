"""The same people and links on Spark as on one machine: on an engine without a JVM, and on a cluster of workers."""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any

import plait
import pyarrow as pa
import pyarrow.parquet as pq

from plait import _plait

try:
    import pysail
except ImportError:
    pysail = None
try:
    import pyspark
except ImportError:
    pyspark = None

sys.path.insert(0, str(Path(__file__).parents[1] / "spark"))

FORENAMES = "amara linh noah olivia aisha jakub mehmet chidi ioana arjun sofia leo maya zofia emre ada ravi elena".split()
SURNAMES = "okafor nguyen smith patel kowalski yilmaz khan popescu jones brown wright mensah silva walsh reid".split()


def people(n: int, seed: int) -> list[dict[str, Any]]:
    """Records of people who live in families, some of them several times, with mistakes."""
    dice = random.Random(seed)
    records = []
    while len(records) < n:
        surname = dice.choice(SURNAMES) + dice.choice(["", "", "son", "-" + dice.choice(SURNAMES)])
        postcode = f"PX{dice.randrange(1, 30)} {dice.randrange(1, 9)}{dice.choice('ABD')}{dice.choice('EFG')}"
        for _ in range(dice.randrange(1, 4)):
            forename = dice.choice(FORENAMES)
            born = f"{dice.randrange(2005, 2020)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
            email = f"{forename}.{dice.randrange(10_000)}@example.org" if dice.random() < 0.6 else None
            for _ in range(dice.choice([1, 1, 2, 3])):
                typo = dice.random() < 0.1
                records.append(
                    {
                        "forename": forename[:-1] if typo else forename,
                        "surname": surname,
                        "dob": born if dice.random() < 0.95 else None,
                        "postcode": postcode if dice.random() < 0.9 else "PX1 1AA",
                        "email": email,
                        "sex": dice.choice(["f", "m"]),
                    }
                )
    dice.shuffle(records)
    return [{"ref": f"{seed}{at:06}", **record} for at, record in enumerate(records[:n])]


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows)


def sorted_rows(found: Any, by: list[str]) -> list[dict[str, Any]]:
    rows = found.to_pyarrow().to_pylist() if isinstance(found, plait.Table) else [row.asDict() for row in found.collect()]
    return sorted(rows, key=lambda row: tuple(row[name] for name in by))


def outcome(linkage: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    links = sorted_rows(linkage.links, ["source_l", "record_l", "source_r", "record_r"])
    return sorted_rows(linkage.people, ["source", "record"]), links


class Data:
    """Two sources, one source, the models that they teach, and what one machine finds with these."""

    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)  # type: ignore[attr-defined]
        cls.folder = Path(kept.name)
        rows = {"pupils": people(900, 1), "clinic": people(700, 1)[::-1][:500] + people(200, 2), "all": people(1500, 3)}
        # a value that stands for "not known"
        for row in rows["all"][::9]:
            row["email"] = "office@example.org"
        for source in rows.values():
            source.sort(key=lambda row: row["ref"])
        rows["clinic"] = [{**row, "ref": f"K{row['ref']}"} for row in rows["clinic"]]
        cls.tables = {name: table(source) for name, source in rows.items()}
        for name, source in cls.tables.items():
            pq.write_table(source, cls.folder / f"{name}.parquet", row_group_size=250)
        cls.model_of, cls.expected, cls.learned = {}, {}, {}
        for job, names in {"two": ["pupils", "clinic"], "one": ["all"]}.items():
            sources = {name: cls.tables[name] for name in names}
            model = plait.link(sources, progress=False).model
            text = model if isinstance(model, str) else model.to_toml()
            path = cls.folder / f"{job}.toml"
            path.write_text(text, encoding="utf-8")
            cls.model_of[job] = path
            cls.expected[job] = outcome(plait.link(sources, model=path, progress=False))
            # the same to learn anew
            untrained = cls.folder / f"{job}_untrained.toml"
            untrained.write_text(text.split("[[class]]")[0], encoding="utf-8")
            cls.model_of[f"{job} untrained"] = untrained
            learned = plait.link(sources, model=untrained, progress=False)
            cls.expected[f"{job} untrained"] = outcome(learned)
            cls.learned[job] = learned.model.to_toml()

    def frames(self, spark: Any, job: str) -> dict[str, Any]:
        names = {"two": ["pupils", "clinic"], "one": ["all"]}[job]
        return {name: spark.read.parquet(str(self.folder / f"{name}.parquet")) for name in names}

    def check(self, spark: Any, data: str, untrained: bool = False, **options: Any) -> Any:
        from plait import spark as on_spark

        job = f"{data} untrained" if untrained else data
        found = on_spark.link(spark, self.frames(spark, data), model=self.model_of[job], progress=False, **options)
        people, links = outcome(found)
        expected_people, expected_links = self.expected[job]
        self.assertGreater(len([row for row in links if row["decision"] == "link"]), 100)
        self.assertEqual(people, expected_people)
        self.assertEqual(links, expected_links)
        return found


@unittest.skipIf(pysail is None, "pysail is not installed")
class OnSail(Data, unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        from pysail.spark import SparkConnectServer
        from pyspark.sql import SparkSession

        server = SparkConnectServer("127.0.0.1", 0)
        server.start(background=True)
        cls.addClassCleanup(server.stop)
        _, port = server.listening_address
        cls.spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
        cls.addClassCleanup(cls.spark.stop)

    def test_two_sources_give_what_one_machine_gives(self) -> None:
        found = self.check(self.spark, "two", processes=3)
        self.assertEqual(found.facts["records"], 1600)
        self.assertEqual(found.facts["links"], found.links.where("decision = 'link'").count())
        self.assertIn("1,600 records", found.summary())

    def test_one_source_gives_what_one_machine_gives_whatever_the_number_of_processes(self) -> None:
        for processes in [1, 7]:
            self.check(self.spark, "one", processes=processes)

    def test_a_model_is_learned_as_one_machine_learns_it(self) -> None:
        for data in ["one", "two"]:
            found = self.check(self.spark, data, untrained=True, processes=3)
            self.assertEqual(found.model.to_toml(), self.learned[data])
            self.assertIn("learning", found.facts["seconds"])

    def refused(self, kind: type[plait.PlaitError], *sources: Any, **options: Any) -> plait.PlaitError:
        from plait import spark as on_spark

        with self.assertRaises(kind) as raised:
            on_spark.link(self.spark, *sources, progress=False, **{"model": self.model_of["two"], **options})
        error: plait.PlaitError = raised.exception
        self.assertTrue(error.help)
        self.assertNotIn("\n", str(error))
        return error

    def test_what_is_wrong_is_said_in_one_line_wherever_it_is_found(self) -> None:
        frames = self.frames(self.spark, "two")
        pupils = frames["pupils"]
        no_name = pupils.drop("surname").withColumnRenamed("dob", "born")
        error = self.refused(plait.UsageError, {**frames, "pupils": no_name, "clinic": no_name})
        self.assertIn("surname", str(error))
        error = self.refused(plait.PlaitError, {**frames, "pupils": pupils.drop("ref")})
        self.assertIn("pupils has no column that names its records", str(error))
        error = self.refused(plait.PlaitError, {**frames, "pupils": pupils.where("ref = ''")})
        self.assertIn("no rows", str(error))
        self.refused(plait.UsageError, frames, model=None)
        self.refused(plait.UsageError, model=self.model_of["two"])
        untrained = 'format = 1\n[[compare]]\nfield = "surname"\nlevels = ["exact"]\n'
        error = self.refused(plait.UsageError, frames, model=untrained)
        self.assertIn("by which rules", str(error))
        self.refused(plait.UsageError, frames, threshold=1.5)
        error = self.refused(plait.QualityError, frames, threshold=1.0)
        self.assertIn("no pair reached the threshold", str(error))
        self.refused(plait.UsageError, frames, roles={"surnam": "surname"})

    def test_a_record_without_a_name_is_refused_and_nothing_of_it_is_said(self) -> None:
        # beyond the rows by which columns are understood, which on an engine may be any
        rows = self.tables["all"]
        model = self.model_of["one"].read_text(encoding="utf-8")
        options = {"roles": [], "link_type": None, "threshold": None, "processes": 1}
        planned = _plait.plan_parts([("all", _plait.Table.of(rows))], {"n_records": [1500], "model": (model, "m"), **options})
        parts = _plait.Parts.of(planned)
        names = ["1000701", *rows["ref"].to_pylist()[1:]]
        last = pa.array([None if name == names[-1] else name for name in names], pa.string())
        nameless = rows.set_column(0, "ref", last).select(parts.columns(0))
        nameless = nameless.append_column("plait_place", pa.array(range(1500), pa.int64()))
        with self.assertRaises(_plait.Refused) as raised:
            parts.prepare(0, _plait.Table.of(nameless))
        said = str(raised.exception)
        self.assertIn('the column \\"ref\\" names the records', said)
        for value in ["1000701", *FORENAMES, *SURNAMES]:
            self.assertNotIn(value, said)

    def test_a_name_that_two_records_have_is_refused(self) -> None:
        frames = self.frames(self.spark, "two")
        from plait import spark as on_spark

        rows, on_spark.SAMPLE = on_spark.SAMPLE, 300
        self.addCleanup(setattr, on_spark, "SAMPLE", rows)
        again = frames["pupils"].where("ref > '1000890'")
        error = self.refused(plait.PlaitError, {**frames, "pupils": frames["pupils"].union(again)})
        self.assertEqual(error.code, "E012")

    def test_what_only_all_rows_could_tell_is_refused(self) -> None:
        frames = self.frames(self.spark, "two")
        days = "cast(datediff(cast(dob as date), date'1899-12-30') as string) as dob"
        others = [name for name in frames["pupils"].columns if name != "dob"]
        error = self.refused(plait.UsageError, {**frames, "pupils": frames["pupils"].selectExpr(*others, days)})
        self.assertIn("day numbers", str(error))
        text = self.model_of["two"].read_text(encoding="utf-8")
        unsaid = "\n".join(line for line in text.splitlines() if not line.startswith("link_type"))
        error = self.refused(plait.UsageError, frames, model=unsaid)
        self.assertIn("which pairs", str(error))

    def test_columns_may_have_any_names(self) -> None:
        from plait import spark as on_spark

        frames = self.frames(self.spark, "two")
        frames["pupils"] = frames["pupils"].selectExpr("*", "'x' as place", "1 as row", "'y' as file")
        with on_spark.link(self.spark, frames, self.model_of["two"], progress=False) as found:
            self.assertEqual(outcome(found), self.expected["two"])
        with self.assertRaises(plait.UsageError):
            found.people  # noqa: B018

    def test_another_version_of_plait_is_refused(self) -> None:
        rows = _plait.Table.of(self.tables["all"])
        model = self.model_of["one"].read_text(encoding="utf-8")
        options = {"roles": [], "link_type": None, "threshold": None, "processes": 1}
        document = _plait.plan_parts([("all", rows)], {"n_records": [1500], "model": (model, "m"), **options})
        self.assertEqual(_plait.Parts.of(document).columns(0)[0], "ref")
        other = json.dumps({**json.loads(document), "plait": "0.0.1"})
        with self.assertRaisesRegex(_plait.Refused, "E055.*0.0.1"):
            _plait.Parts.of(other)


@unittest.skipIf(pyspark is None or shutil.which("java") is None, "pyspark or java is not installed")
class OnCluster(Data, unittest.TestCase):
    def cluster(self, **shape: Any) -> Any:
        from cluster import Cluster

        entered = Cluster(**shape)
        self.addCleanup(entered.__exit__, None, None, None)
        return entered.__enter__()

    def test_any_number_of_executors_gives_what_one_machine_gives(self) -> None:
        from pyspark.sql.functions import to_timestamp

        cluster = self.cluster(workers=2, cores=3)
        for executors, job in [(1, "one"), (2, "two"), (5, "two")]:
            spark = cluster.open(executors, memory="512m")
            self.check(spark, job)
        self.check(spark, "one")
        self.assertEqual(self.check(spark, "two", untrained=True).model.to_toml(), self.learned["two"])
        # of several files, with columns that are called as the numbers of rows could be
        pupils = self.frames(spark, "two")["pupils"].selectExpr("*", "'x' as row", "1 as file", "1 as Place")
        pupils.orderBy("ref").repartitionByRange(4, "ref").sortWithinPartitions("ref").write.parquet(str(self.folder / "several"))
        # a point in time is what the clock of the session shows
        spark.conf.set("spark.sql.session.timeZone", "Europe/London")
        several = spark.read.parquet(str(self.folder / "several")).withColumn("dob", to_timestamp("dob"))
        self.assertGreater(len(several.inputFiles()), 1)
        from plait import spark as on_spark

        sources = {**self.frames(spark, "two"), "pupils": several}
        with on_spark.link(spark, sources, self.model_of["two"], progress=False) as found:
            self.assertEqual(outcome(found), self.expected["two"])
        # of a frame that is no file, records are numbered by their names
        frames = {
            name: frame.where("ref > '1000500'").union(frame.where("ref <= '1000500'"))
            for name, frame in self.frames(spark, "two").items()
        }
        with on_spark.link(spark, frames, self.model_of["two"], progress=False) as found:
            self.assertEqual(outcome(found), self.expected["two"])

    def test_a_worker_that_dies_in_the_middle_of_a_stage_changes_nothing(self) -> None:
        cluster = self.cluster(workers=2, cores=1)
        spark = cluster.open(2, memory="512m")
        tracker = spark.sparkContext.statusTracker()
        killed = threading.Event()

        def kill() -> None:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and not killed.is_set():
                running = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
                if any(stage is not None and stage.numActiveTasks > 0 for stage in running):
                    cluster.kill_worker(0)
                    killed.set()
                time.sleep(0.01)

        watchers: list[threading.Thread] = []

        def told(stage: str, _: float) -> None:
            if stage == "comparing":
                watchers.append(threading.Thread(target=kill))
                watchers[0].start()

        from plait import spark as on_spark

        found = on_spark.link(spark, self.frames(spark, "two"), model=self.model_of["two"], progress=told)
        watchers[0].join()
        self.assertTrue(killed.is_set())
        self.assertIsNotNone(cluster.workers[0].poll())
        self.assertEqual(outcome(found), self.expected["two"])

    def test_executors_without_plait_are_told_what_to_install(self) -> None:
        cluster = self.cluster(workers=1, cores=1)
        hiding = self.folder / "hiding"
        hiding.mkdir(exist_ok=True)
        (hiding / "sitecustomize.py").write_text(
            "import sys\n"
            "class Hidden:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            "        if name == 'plait':\n"
            "            raise ModuleNotFoundError(\"No module named 'plait'\", name=name)\n"
            "sys.meta_path.insert(0, Hidden())\n"
        )
        spark = cluster.open(1, memory="512m", **{"spark.executorEnv.PYTHONPATH": str(hiding)})
        from plait import spark as on_spark

        with self.assertRaises(plait.UsageError) as raised:
            on_spark.link(spark, self.frames(spark, "two"), model=self.model_of["two"], progress=False)
        self.assertIn("the executors do not have plait", str(raised.exception))
        self.assertIn("pip install plait==", raised.exception.help)
        self.assertIn("PYSPARK_PYTHON", raised.exception.help)


if __name__ == "__main__":
    unittest.main()
