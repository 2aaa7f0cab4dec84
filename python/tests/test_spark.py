"""The same people and links on Spark as on one machine: on an engine without a JVM, and on a cluster of workers."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any

import plait
import pyarrow as pa
import pyarrow.parquet as pq

try:
    import pyspark
except ImportError:
    pyspark = None
try:
    import pysail
except ImportError:
    pysail = None

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
        cls.model_of, cls.expected = {}, {}
        for job, names in {"two": ["pupils", "clinic"], "one": ["all"]}.items():
            sources = {name: cls.tables[name] for name in names}
            model = plait.link(sources, progress=False).model
            text = model if isinstance(model, str) else model.to_toml()
            path = cls.folder / f"{job}.toml"
            path.write_text(text, encoding="utf-8")
            cls.model_of[job] = path
            cls.expected[job] = outcome(plait.link(sources, model=path, progress=False))

    def frames(self, spark: Any, job: str) -> dict[str, Any]:
        names = {"two": ["pupils", "clinic"], "one": ["all"]}[job]
        return {name: spark.read.parquet(str(self.folder / f"{name}.parquet")) for name in names}

    def check(self, spark: Any, job: str, **options: Any) -> Any:
        from plait import spark as on_spark

        found = on_spark.link(spark, self.frames(spark, job), model=self.model_of[job], progress=False, **options)
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


if __name__ == "__main__":
    unittest.main()
