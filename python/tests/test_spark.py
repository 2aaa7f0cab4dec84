"""The same people and links on Spark as on one machine: on an engine without a JVM, and on a cluster of workers."""

from __future__ import annotations

import json
import os
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

SYLLABLES = "an be cor da el fin gra ho is jo".split()


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


def misspelt(n: int, seed: int) -> list[dict[str, Any]]:
    """Records of people without relatives, several of each, with so many mistakes in forenames that some pairs look like relatives."""
    dice = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    records = []
    while len(records) < n:
        forename, surname = ["".join(dice.choice(SYLLABLES) for _ in range(3)) for _ in range(2)]
        born = f"{dice.randrange(2005, 2020)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"
        postcode = f"PX{dice.randrange(1, 30)} {dice.randrange(1, 9)}{dice.choice('ABD')}{dice.choice('EFG')}"
        for _ in range(dice.choice([3, 4, 5])):
            written = "".join(dice.choice(letters) if dice.random() < 0.2 else letter for letter in forename)
            records.append({"forename": written, "surname": surname, "dob": born, "postcode": postcode})
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
    """Sources, the models that they teach, and what one machine finds with these."""

    JOBS = {"two": ["pupils", "clinic"], "one": ["all"], "errors": ["misspelt"]}
    folder: Path

    @classmethod
    def setUpClass(cls) -> None:
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)  # type: ignore[attr-defined]
        cls.folder = Path(kept.name)
        rows = {"pupils": people(900, 1), "clinic": people(700, 1)[::-1][:500] + people(200, 2), "all": people(1500, 3)}
        rows["misspelt"] = misspelt(1200, 4)
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
        for job, names in cls.JOBS.items():
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
        return {name: spark.read.parquet(str(self.folder / f"{name}.parquet")) for name in self.JOBS[job]}

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


class Frame:
    """Stands in for a data frame of which no more may be asked than its columns."""

    def __init__(self, *columns: str) -> None:
        self.columns = list(columns)

    def mapInArrow(self, *_: object) -> None:
        raise AssertionError("work on the cluster")


MODEL = """format = 1
link_type = "link_only"
[[compare]]
field = "surname"
levels = ["exact"]
[[candidates]]
same = ["surname"]
"""


class BeforeSpark(unittest.TestCase):
    def refused(self, *given: Any, **options: Any) -> plait.PlaitError:
        from plait import spark as on_spark

        sources = given or ({"pupils": Frame("ref", "surname"), "clinic": Frame("ref", "surname ")},)
        with self.assertRaises(plait.PlaitError) as raised:
            on_spark.link(None, *sources, progress=False, **{"model": MODEL, **options})
        self.assertTrue(raised.exception.help)
        return raised.exception

    def test_a_mistake_in_the_call_is_told_before_any_work_on_the_cluster(self) -> None:
        for options, code, said in [
            ({"roles": {"surnam": "surname"}}, "E003", 'no source has a column "surnam"'),
            ({"roles": {"surname": "surnam"}}, "E016", '"surnam" is no role'),
            ({"link_type": "both"}, "E016", '"both" is no link type'),
            ({"link_type": "dedupe_only"}, "E016", "dedupe_only is for one source"),
            ({"threshold": 95}, "E014", "the threshold is 95"),
            ({"threshold": float("nan")}, "E014", "the threshold is NaN"),
            ({"processes": 0}, "E016", "processes is out of range"),
            ({"model": MODEL.replace('link_type = "link_only"\n', "")}, "E016", "which pairs to look at"),
            ({"model": MODEL.split("[[candidates]]")[0]}, "E015", "by which rules"),
            ({"model": MODEL.replace("exact", "exactly")}, "E015", "exactly"),
            ({"model": MODEL + '[columns]\n"Sur name" = "surname"\n'}, "E003", "of the model names"),
        ]:
            error = self.refused(**options)
            self.assertEqual(error.code, code, error)
            self.assertIn(said, str(error))
        twice = self.refused({"pupils": Frame("ref", "surname", "ref "), "clinic": Frame("ref", "surname")})
        self.assertIn('column "ref" is in pupils twice', str(twice))
        named_alike = self.refused({"table_2": Frame("surname")}, Frame("surname"))
        self.assertIn('two sources are called "table_2"', str(named_alike))

    def test_what_is_told_early_is_what_the_rows_would_have_told(self) -> None:
        rows = {"ref": [f"{at:03}" for at in range(40)], "surname": SURNAMES[:10] * 4, "dob": ["2010-01-02"] * 40}
        sources = [(name, table([dict(zip(rows, row)) for row in zip(*rows.values())])) for name in ["pupils", "clinic"]]
        tables = [(name, _plait.Table.of(source)) for name, source in sources]
        right = {"model": (MODEL, "m"), "roles": [], "link_type": None, "threshold": None}
        wrong = [
            {"roles": [("surnam", "surname")]},
            {"roles": [("dob", "surnam")]},
            {"link_type": "dedupe_only"},
            {"threshold": 1.5},
            {"model": ("format = 2", "m")},
            {"model": (MODEL.split("[[candidates]]")[0], "m")},
        ]
        for options in wrong:
            with self.assertRaises(_plait.Refused) as early:
                _plait.check_parts([(name, source.column_names) for name, source in sources], {**right, **options})
            with self.assertRaises(_plait.Refused) as late:
                _plait.plan_parts(tables, [40, 40], 1, {**right, **options})
            self.assertEqual(str(early.exception), str(late.exception))
        _plait.check_parts([(name, source.column_names) for name, source in sources], right)

    def test_what_is_no_model_is_called_so(self) -> None:
        frames = {"pupils": Frame("surname"), "clinic": Frame("surname")}
        self.assertIn("no model was given", str(self.refused(frames, model=None)))
        for given, kind in [(3, "int"), (b"model.toml", "bytes"), ({"format": 1}, "dict"), (Frame(), "Frame")]:
            error = self.refused(frames, model=given)
            self.assertEqual(error.code, "E016")
            self.assertRegex(str(error), f"model is an? (\\w+ )?{kind}$")
        self.assertIn("neither a data frame of Spark nor a model", str(self.refused(frames, 3, model=None)))
        self.assertIn("neither a data frame of Spark nor a model", str(self.refused(frames, 3)))

    def test_a_model_file_that_is_not_there_has_the_code_that_it_has_elsewhere(self) -> None:
        with self.assertRaises(plait.PlaitError) as elsewhere:
            plait.link({"pupils": table(people(20, 1))}, model="nowhere.toml", progress=False)
        for given in ["nowhere.toml", Path("nowhere.toml")]:
            error = self.refused(model=given)
            self.assertEqual(error.code, "E001")
            self.assertEqual(str(error), str(elsewhere.exception))


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
        # by which PySpark knows from then on that there is no JVM
        cls.addClassCleanup(os.environ.pop, "SPARK_CONNECT_MODE_ENABLED", None)
        cls.spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
        cls.addClassCleanup(cls.spark.stop)

    def test_a_field_that_one_source_has_empty_is_the_field_of_the_others(self) -> None:
        from plait import spark as on_spark

        number = {row["ref"]: f"{at * 7919 % 1_000_003:06}" for at, row in enumerate(people(900, 1))}
        of = lambda rows, name: [{**row, "ref": f"{name}{row['ref']}", "child_id": number.get(row["ref"])} for row in rows]
        some = people(900, 1)
        early = table(of(some[:60], "E"))
        at = early.column_names.index("child_id")
        tables = {
            "early": early.set_column(at, "child_id", pa.nulls(60, pa.string())),
            "pupils": table(of(some[:500], "P")),
            "clinic": table(of(some[200:], "K")),
        }
        compared = "".join(
            f'[[compare]]\nfield = "{name}"\nlevels = ["exact"]\n' for name in ["forename", "surname", "dob", "child_id"]
        )
        model = f'format = 1\n{compared}[[candidates]]\nsame = ["child_id"]\n[[candidates]]\nsame = ["surname", "dob"]\n'
        expected = plait.link(tables, model=model, link_type="link_only", progress=False)
        for name, rows in tables.items():
            pq.write_table(rows, self.folder / f"{name}_id.parquet")
        frames = {name: self.spark.read.parquet(str(self.folder / f"{name}_id.parquet")) for name in tables}
        found = on_spark.link(self.spark, frames, model=model, link_type="link_only", progress=False)
        self.assertGreater(len(expected.links), 200)
        self.assertEqual(outcome(found), outcome(expected))
        lacking = [issue for issue in expected.issues if "N024" in issue]
        self.assertEqual(len(lacking), 1)
        self.assertEqual([issue for issue in found.issues if "N024" in issue], lacking)

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

    def test_pairs_are_compared_again_where_they_show_that_a_class_of_relatives_holds_none(self) -> None:
        found = self.check(self.spark, "errors", untrained=True, processes=3)
        self.assertIn("comparing again", found.facts["seconds"])
        self.assertTrue([issue for issue in found.issues if "share a match, as relatives do not" in issue])
        self.assertEqual(found.model.to_toml(), self.learned["errors"])
        known = self.check(self.spark, "one", untrained=True)
        self.assertNotIn("comparing again", known.facts["seconds"])

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
        options = {"model": (model, "m"), "roles": [], "link_type": None, "threshold": None}
        planned = _plait.plan_parts([("all", _plait.Table.of(rows))], [1500], 1, options)
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

    def test_a_frame_that_is_read_in_another_order_each_time_is_refused(self) -> None:
        def shuffled(batches: Any) -> Any:
            import random

            for batch in batches:
                yield batch.take(pa.array(random.sample(range(batch.num_rows), batch.num_rows)))

        frames = self.frames(self.spark, "two")
        frames["pupils"] = frames["pupils"].mapInArrow(shuffled, frames["pupils"].schema)
        error = self.refused(plait.PlaitError, frames)
        self.assertEqual(error.code, "E056")
        self.assertIn("in another order", str(error))

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
        options = {"model": (model, "m"), "roles": [], "link_type": None, "threshold": None}
        document = _plait.plan_parts([("all", rows)], [1500], 1, options)
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
        # not a setting of the session: the first one's are kept by the JVM for all later ones
        cluster = self.cluster(workers=1, cores=1, environment={"PYTHONPATH": str(hiding)})
        spark = cluster.open(1, memory="512m")
        from plait import spark as on_spark

        with self.assertRaises(plait.UsageError) as raised:
            on_spark.link(spark, self.frames(spark, "two"), model=self.model_of["two"], progress=False)
        self.assertIn("the executors do not have plait", str(raised.exception))
        self.assertIn("pip install plait==", raised.exception.help)
        self.assertIn("PYSPARK_PYTHON", raised.exception.help)


if __name__ == "__main__":
    unittest.main()
