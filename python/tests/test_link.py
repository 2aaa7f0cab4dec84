"""Tables in and out, the same answer as the command line, and what happens when something is wrong."""

import doctest
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import duckdb
import numpy
import pandas
import plait
import polars
import pyarrow
import pyarrow.parquet
from plait import _plait

PROGRAM = Path(os.environ["PLAIT_PROGRAM"])


def people(n, seed=1):
    """Two tables about the same made-up people, the second with errors, and the truth."""
    random = numpy.random.default_rng(seed)
    word = lambda length: "".join(random.choice(list("abdeiklmnorstu"), length))
    forenames, surnames = [word(5) for _ in range(200)], [word(7) for _ in range(400)]
    person = {
        "forename": random.choice(forenames, n),
        "surname": random.choice(surnames, n),
        "dob": (numpy.datetime64("2008-01-01") + random.integers(0, 4000, n)).astype(str),
        "postcode": [f"PX{a} {b}AB" for a, b in zip(random.integers(1, 60, n), random.integers(1, 9, n))],
    }
    pupils = {"ref": [f"P{at}" for at in range(n)], **person}
    clinic = {"ref": [f"K{at}" for at in range(n)], **{name: list(of) for name, of in person.items()}}
    for at in range(0, n, 9):
        clinic["surname"][at] = clinic["surname"][at][:-1] + "x"
    truth = {
        "source": ["pupils"] * n + ["clinic"] * n,
        "record": pupils["ref"] + clinic["ref"],
        "entity": [str(at) for at in range(n)] * 2,
    }
    return pyarrow.table(pupils), pyarrow.table(clinic), pyarrow.table(truth)


PUPILS, CLINIC, TRUTH = people(300)


class InAndOut(unittest.TestCase):
    def test_every_kind_of_table_gives_the_same_people(self):
        kinds = {
            "pyarrow": lambda table: table,
            "polars": polars.DataFrame,
            "pandas": lambda table: table.to_pandas(),
            "duckdb": lambda table: duckdb.from_arrow(table),
            "batches": lambda table: pyarrow.RecordBatchReader.from_batches(
                table.schema, table.to_batches(max_chunksize=77)
            ),
            "dictionaries": lambda table: pyarrow.table(
                {name: table[name].dictionary_encode() for name in table.column_names}
            ),
            "views": lambda table: table.cast(
                pyarrow.schema([(name, pyarrow.string_view()) for name in table.column_names])
            ),
        }
        found = {}
        for kind, make in kinds.items():
            linkage = plait.link({"pupils": make(PUPILS), "clinic": make(CLINIC)}, progress=False)
            found[kind] = linkage.people.to_pyarrow().to_pydict()
        for kind, of_kind in found.items():
            self.assertEqual(of_kind, found["pyarrow"], kind)
        self.assertEqual(len(found["pyarrow"]["record"]), 600)

    def test_columns_are_not_copied(self):
        for name, table in (("pyarrow", PUPILS), ("polars", polars.DataFrame(PUPILS))):
            given = pyarrow.table(table)
            addresses = [column.chunk(0).buffers()[-1].address for column in given.columns]
            taken = _plait.Table.of(given)
            self.assertEqual(taken.addresses(), addresses, name)
            back = pyarrow.table(taken)
            self.assertEqual([column.chunk(0).buffers()[-1].address for column in back.columns], addresses, name)

    def test_results_go_to_every_library_and_print_well(self):
        linkage = plait.link({"pupils": PUPILS, "clinic": CLINIC}, progress=False)
        people = linkage.people
        self.assertEqual(people.columns, ["source", "record", "person_id", "confidence"])
        for frame in (people.to_polars(), people.to_pandas(), people.to_pyarrow()):
            self.assertEqual(len(frame), 600)
        self.assertEqual(duckdb.from_arrow(people.to_pyarrow()).count("*").fetchall(), [(600,)])
        shown = repr(people)
        self.assertRegex(shown.splitlines()[0], r"^source +record +person_id +confidence$")
        self.assertEqual(shown.splitlines()[-1], "... 590 more rows")
        self.assertIn("<caption>600 rows</caption>", people._repr_html_())
        self.assertEqual(people.rows(299, 2)[1]["source"], "clinic")
        self.assertIn("pupils", repr(linkage))

    def test_the_command_line_gives_the_same_people_links_and_model(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for name, table in (("pupils", PUPILS), ("clinic", CLINIC)):
                pyarrow.parquet.write_table(table, folder / f"{name}.parquet")
            files = [folder / "pupils.parquet", folder / "clinic.parquet"]
            subprocess.run([PROGRAM, "link", *files, "--out", folder / "o"], check=True, capture_output=True)
            of_paths = plait.link(*files, progress=False)
            of_tables = plait.link({"pupils": PUPILS, "clinic": CLINIC}, progress=False)
            for linkage in (of_paths, of_tables):
                for table, file in ((linkage.people, "people.parquet"), (linkage.links, "links.parquet")):
                    written = pyarrow.parquet.read_table(folder / "o" / file)
                    self.assertEqual(table.to_pyarrow().to_pydict(), written.to_pydict(), file)
                self.assertEqual(linkage.model, (folder / "o" / "model.toml").read_text())
            model = folder / "o" / "model.toml"
            again = plait.link({"pupils": PUPILS, "clinic": CLINIC}, model=model, progress=False)
            self.assertEqual(again.people.to_pyarrow().to_pydict(), of_tables.people.to_pyarrow().to_pydict())

    def test_one_thread_and_two_give_the_same(self):
        found = [
            plait.link({"pupils": PUPILS, "clinic": CLINIC}, threads=threads, progress=False) for threads in (1, 2)
        ]
        self.assertEqual(*(linkage.links.to_pyarrow().to_pydict() for linkage in found))


class WhatWasFound(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.linkage = plait.link({"pupils": PUPILS, "clinic": CLINIC}, progress=False)

    def test_an_explanation_adds_up(self):
        links = self.linkage.links.to_pyarrow().to_pylist()
        for link in links[:20]:
            why = self.linkage.why(f"{link['source_l']}:{link['record_l']}", f"{link['source_r']}:{link['record_r']}")
            self.assertAlmostEqual(sum(term.weight for term in why.terms), why.weight, places=9)
            self.assertAlmostEqual(why.weight, link["match_weight"], places=9)
        self.assertIn("bits", str(why))
        page = why._repr_html_()
        self.assertIn("<svg", page)
        self.assertEqual(re.findall(r"https?://[^\"]*", page), ["http://www.w3.org/2000/svg"])

    def test_pairs_for_review_are_those_of_the_links(self):
        links = self.linkage.links.to_pyarrow().to_pylist()
        review = self.linkage.review.to_pyarrow().to_pylist()
        key = lambda pair: (pair["record_l"], pair["record_r"])
        expected = [pair for pair in links if pair["decision"] == "review"]
        self.assertEqual(sorted(review, key=key), sorted(expected, key=key))

    def test_figures_and_pages(self):
        scores = self.linkage.score(TRUTH)
        self.assertGreater(scores["f1"], 0.97)
        self.assertEqual((scores["records"], scores["known_records"]), (600, 600))
        self.assertIn("estimates", self.linkage.quality())
        self.assertTrue(self.linkage.by_group())
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.html"
            page = self.linkage.report(path)
            self.assertEqual(path.read_text(encoding="utf-8"), page)
        for page in (page, self.linkage.quality_report()):
            self.assertNotRegex(page, r"(src|href)=\"https?:")


class WhatIsWrong(unittest.TestCase):
    def test_errors_say_what_and_what_to_do(self):
        cases = [
            (plait.InputError, "E010", [pyarrow.table({"x": ["1"]}), pyarrow.table({"y": ["2"]})], {}),
            (plait.InputError, None, [PUPILS.slice(0, 0), CLINIC], {}),
            (plait.PlaitError, None, [PUPILS, CLINIC], {"roles": {"surnam": "surname"}}),
            (plait.UsageError, None, [PUPILS, CLINIC], {"threads": 0}),
            (plait.UsageError, None, [PUPILS, CLINIC], {"is_a": {"nobody": "cin-census"}}),
            (plait.UsageError, None, [PUPILS, CLINIC], {"authority": {"nobody": "302"}}),
        ]
        for kind, code, (left, right), options in cases:
            with self.assertRaises(kind) as caught:
                plait.link({"pupils": left, "clinic": right}, progress=False, **options)
            error = caught.exception
            self.assertTrue(error.help and error.what, str(error))
            self.assertEqual(len(str(error).splitlines()), 1)
            if code:
                self.assertEqual(error.code, code)
            for value in ("Okafor", "P1"):
                self.assertNotIn(value, str(error))

    def test_what_is_no_table_is_named(self):
        with self.assertRaisesRegex(TypeError, "a list is no table"):
            plait.link([1, 2, 3])
        with self.assertRaisesRegex(ValueError, "no method"):
            plait.link(PUPILS, CLINIC, method="magic")

    def test_columns_of_lists_are_named_and_left_out(self):
        listed = PUPILS.append_column("tags", pyarrow.array([["a"]] * len(PUPILS)))
        linkage = plait.link({"pupils": listed, "clinic": CLINIC}, progress=False)
        self.assertTrue(any("tags" in issue and "W003" in issue for issue in linkage.issues), linkage.issues)

    def test_nobody_in_common_is_said(self):
        with self.assertRaises(plait.PlaitError):
            plait.link({"pupils": PUPILS.slice(0, 20), "clinic": people(20, seed=99)[1]}, progress=False)

    def test_control_c_stops_a_run(self):
        large, other, _ = people(60_000)
        with self.assertRaises(KeyboardInterrupt):
            plait.link(
                {"pupils": large, "clinic": other},
                progress=lambda stage, share: signal.raise_signal(signal.SIGINT),
            )

    def test_an_error_of_the_progress_is_the_callers(self):
        def progress(stage, share):
            raise ArithmeticError(stage)

        large, other, _ = people(60_000)
        with self.assertRaises(ArithmeticError):
            plait.link({"pupils": large, "clinic": other}, progress=progress)


class ThePackage(unittest.TestCase):
    def test_nothing_else_is_imported(self):
        code = "import sys, json, plait; print(json.dumps(sorted(sys.modules)))"
        said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        self.assertFalse({"polars", "pandas", "pyarrow", "numpy", "duckdb"} & set(json.loads(said)))

    def test_the_examples_of_the_documentation_hold(self):
        failed, tried = doctest.testmod(plait, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        self.assertEqual(failed, 0)
        self.assertGreater(tried, 4)

    def test_python_and_the_command_line_are_of_one_version(self):
        said = subprocess.run([PROGRAM, "--version"], check=True, capture_output=True, text=True).stdout
        self.assertEqual(said.split()[1], plait.__version__)


if __name__ == "__main__":
    unittest.main()
