"""The examples of docstrings and of the guide hold."""

import contextlib
import doctest
import io
import os
import random
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import plait
import polars
import pyarrow.csv
from plait import _errors, _linkage, _look, _model, _table, similarity
from test_link import CLINIC, PUPILS, TRUTH
from test_splink import module_at, python_with_splink

DOCS = Path(__file__).parents[2] / "docs"


class Examples(unittest.TestCase):
    def test_of_docstrings(self):
        names = {
            "plait": plait,
            "similarity": similarity,
            "polars": polars,
            "pupils": PUPILS,
            "clinic": CLINIC,
            "linkage": plait.link({"pupils": PUPILS, "clinic": CLINIC}, progress=False),
        }
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL
        runner = doctest.DocTestRunner(optionflags=flags)
        for module in (plait, _errors, _linkage, _look, _model, _table, similarity):
            for test in doctest.DocTestFinder(exclude_empty=True).find(module, module.__name__, extraglobs=names):
                said = io.StringIO()
                with contextlib.redirect_stdout(said):
                    runner.run(test, clear_globs=False)
                self.assertEqual(runner.failures, 0, said.getvalue())
        self.assertGreater(runner.tries, 25)

    def test_of_the_guide(self):
        blocks = re.findall(r"```python\n(.*?)```", (DOCS / "python.md").read_text(encoding="utf-8"), re.S)
        self.assertGreater(len(blocks), 5)
        with tempfile.TemporaryDirectory() as folder, _in(folder):
            for name, table in (("pupils", PUPILS), ("clinic", CLINIC), ("truth", TRUTH)):
                pyarrow.csv.write_csv(table, f"{name}.csv")
            program = os.environ["PLAIT_PROGRAM"]
            command = [program, "synth", "borough", "--children", "300", "--seed", "5", "--out", "borough"]
            subprocess.run(command, check=True, capture_output=True)
            settings = DOCS.parent / "crates/plait-engine/tests/splink/trained.settings.json"
            shutil.copy(settings, "settings.json")
            names = {}
            with contextlib.redirect_stdout(io.StringIO()):
                for block in blocks:
                    exec(compile(block, "docs/python.md", "exec"), names)


    def test_of_the_page_for_users_of_splink(self):
        blocks = re.findall(r"```python\n(.*?)```", (DOCS / "coming-from-splink.md").read_text(encoding="utf-8"), re.S)
        sides = {side: [block for block in blocks if block.startswith(f"# {side}")] for side in ("Splink", "Plait")}
        self.assertEqual(len(sides["Splink"]) + len(sides["Plait"]), len(blocks))
        self.assertEqual(len(sides["Splink"]), 5)
        weights = module_at(DOCS.parent / "benches/splink_weights.py")
        with tempfile.TemporaryDirectory() as folder, _in(folder):
            rows = weights.people(random.Random(1))
            pyarrow.csv.write_csv(pyarrow.Table.from_pylist(rows), "people.csv")
            python = python_with_splink()
            if python is None:
                self.skipTest("Splink is not installed, and without it there are no settings to take over")
            subprocess.run([python, "-c", "\n".join(sides["Splink"])], check=True, capture_output=True)
            names = {}
            with contextlib.redirect_stdout(io.StringIO()):
                for block in sides["Plait"]:
                    exec(compile(block, "docs/coming-from-splink.md", "exec"), names)


@contextlib.contextmanager
def _in(folder):
    """As ``contextlib.chdir``, which Python 3.10 does not have."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


if __name__ == "__main__":
    unittest.main()
