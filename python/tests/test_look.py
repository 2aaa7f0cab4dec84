"""Looking at sources, and reading returns, as the command line does."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import plait
import polars
import pyarrow.csv
import pyarrow.parquet
from test_link import PUPILS

PROGRAM = Path(os.environ["PLAIT_PROGRAM"])


class Looking(unittest.TestCase):
    def test_a_table_is_seen_as_its_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pupils.parquet"
            pyarrow.parquet.write_table(PUPILS, path)
            printed = subprocess.run([PROGRAM, "look", path, "--json"], check=True, capture_output=True, text=True)
            of_file, of_table = plait.look(path), plait.look({"pupils": PUPILS})
            self.assertEqual(of_file.facts, json.loads(printed.stdout))
            text = subprocess.run([PROGRAM, "look", path], check=True, capture_output=True, text=True).stdout
            self.assertEqual(repr(of_file), text.rstrip())
        self.assertEqual(of_table.facts["columns"], of_file.facts["columns"])
        self.assertTrue(repr(of_table).startswith("pupils: Rows in memory"), repr(of_table))

    def test_columns_are_a_table(self):
        seen = plait.look(polars.DataFrame(PUPILS), roles={"ref": "identifier"})
        roles = {row["column"]: row["role"] for row in seen.columns.rows()}
        self.assertEqual(roles["ref"], "identifier")
        self.assertEqual(roles["dob"], "date_of_birth")
        self.assertEqual(seen.columns.to_polars()["filled"].to_list(), [1.0] * 5)
        page = seen._repr_html_()
        self.assertIn("<td>date_of_birth</td>", page)
        self.assertNotIn("http", page)

    def test_a_sheet_of_what_has_none_and_two_sources_are_refused(self):
        with self.assertRaises(plait.UsageError) as caught:
            plait.look(PUPILS, sheet="Spring")
        self.assertIn("leave sheet out", caught.exception.help)
        with self.assertRaisesRegex(plait.UsageError, "2 were given"):
            plait.look({"a": PUPILS, "b": PUPILS})


class Reading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.borough = Path(cls.folder.name) / "borough"
        command = [PROGRAM, "synth", "borough", "--children", "300", "--seed", "5", "--out", cls.borough]
        subprocess.run(command, check=True, capture_output=True)

    def test_a_return_in_memory_is_what_the_command_line_writes(self):
        for name in ("children_in_need_2026.xml", "school_census_2026_spring", "ssda903_2026"):
            out = Path(self.folder.name) / "read" / name
            out.parent.mkdir(exist_ok=True)
            subprocess.run([PROGRAM, "read", self.borough / name, "--out", out], check=True, capture_output=True)
            reading = plait.read(self.borough / name, progress=False)
            written = {file.stem: pyarrow.parquet.read_table(file) for file in out.glob("*.parquet")}
            self.assertEqual(sorted(reading.tables), sorted(written))
            for table, rows in written.items():
                # text may be stored with a dictionary or without, which is nobody's business
                kept = reading.tables[table].to_pyarrow()
                self.assertEqual(kept.to_pydict(), rows.to_pydict(), f"{name} {table}")
            findings = pyarrow.csv.read_csv(out / "issues.csv")
            self.assertEqual(len(reading.findings), len(findings))
            self.assertEqual(reading.findings.columns, findings.column_names)
            self.assertEqual(len(reading.columns), len(pyarrow.csv.read_csv(out / "columns.csv")))
            facts = json.loads((out / "dataset.json").read_text())
            self.assertEqual({**reading.facts, "files": facts["files"]}, facts)
            self.assertIn("identity", reading._repr_html_())

    def test_with_a_folder_it_is_written_there(self):
        out = Path(self.folder.name) / "written"
        reading = plait.read({"cin": self.borough / "children_in_need_2026.xml"}, out=out, progress=False)
        self.assertEqual(sorted(map(str, reading.wrote)), sorted(map(str, out.iterdir())))
        self.assertEqual((reading.tables, reading.findings, reading.facts["source"]), ({}, None, "cin"))

    def test_what_is_no_return_is_said(self):
        path = Path(self.folder.name) / "pupils.csv"
        pyarrow.csv.write_csv(PUPILS, path)
        with self.assertRaises(plait.InputError) as caught:
            plait.read(path)
        self.assertEqual(caught.exception.code, "E064")
        self.assertIn("plait.look", caught.exception.help)
        with self.assertRaises(plait.InputError) as caught:
            plait.read({"pupils": PUPILS})
        self.assertEqual(caught.exception.code, "E064")
        with self.assertRaises(plait.UsageError):
            plait.read(self.borough / "ssda903_2026", is_a="nothing-2026")


if __name__ == "__main__":
    unittest.main()
