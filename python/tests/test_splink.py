"""Models of Splink give the weights that Splink gives, to 1e-6 bits; Splink's demos in fewer lines."""

import contextlib
import csv
import importlib.util
import io
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import plait
import pyarrow

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "crates/plait-engine/tests/splink"
DATA = ROOT.parent / "shared/data/bench"
CLOSE = 1e-6


def module_at(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def python_with_splink():
    """This one, or that of the benchmarks, if Splink is there."""
    for python in (sys.executable, str(ROOT / ".venv/bin/python")):
        with contextlib.suppress(OSError):
            if subprocess.run([python, "-c", "import splink"], capture_output=True).returncode == 0:
                return python
    return None


class Weights(unittest.TestCase):
    def test_of_the_figures_that_splink_made(self):
        # Splink compares values as they stand, and these have capitals, accents and placeholders: where standardising makes
        # one of two of them, levels and frequencies are others. The tests of the engine hold all figures, without standardising
        with open(FIGURES / "records.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        names = ["unique_id", "block", "first_name", "surname", "sex", "dob", "town", "postcode", "email", "lat", "lon"]
        people = pyarrow.table({name: [row[name] or None for row in rows] for name in names})
        roles = {"unique_id": "record_id", "first_name": "other", "surname": "other", "town": "other"}
        for case, share in (("places", 0.9), ("trained", 0.6)):
            model = plait.Model.from_splink(FIGURES / f"{case}.settings.json")
            linkage = plait.link({"people": people}, model=model, roles=roles, progress=False)
            with open(FIGURES / f"{case}.pairs.csv", newline="", encoding="utf-8") as file:
                pairs = list(csv.DictReader(file))
            ids = {f"record_{side}": [pair[f"unique_id_{side}"] for pair in pairs] for side in "lr"}
            weighed = linkage.weights(pyarrow.table(ids)).to_pyarrow()["match_weight"].to_pylist()
            same = sum(abs(own - float(pair["match_weight"])) < CLOSE for own, pair in zip(weighed, pairs))
            self.assertGreater(same, share * len(pairs), f"{case}: {same} of {len(pairs)}")

    def test_of_100_000_pairs(self):
        python = python_with_splink()
        if python is None:
            self.skipTest("Splink is not installed; benches/setup.sh makes a place that has it")
        script = ROOT / "benches/splink_weights.py"
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([python, script, "make", folder], check=True, capture_output=True)
            greatest, n = module_at(script).compare(Path(folder))
        self.assertEqual(n, 100_000)
        self.assertLess(greatest, CLOSE)


class Demos(unittest.TestCase):
    """Each is at least as good as Splink's notebook, on its data."""

    def run_demo(self, name, function, data):
        if not (DATA / data).exists():
            self.skipTest(f"{DATA / data} is not there")
        script = module_at(ROOT / f"docs/splink/{name}.py")
        with contextlib.redirect_stdout(io.StringIO()) as said:
            scores = getattr(script, function)(DATA / data)
        self.assertTrue(said.getvalue())
        return script.SPLINKS, scores

    def test_one_file(self):
        splinks, scores = self.run_demo("dedupe_febrl3", "dedupe", "febrl3")
        self.assertGreater(scores["f1"], splinks["f1"])

    def test_two_files(self):
        splinks, scores = self.run_demo("link_febrl4", "link", "febrl4")
        for how in ("nothing said", "by hand"):
            self.assertGreater(scores[how]["f1"], splinks["f1"], how)

    def test_labels(self):
        splinks, scores = self.run_demo("accuracy_from_labels", "measure", "fake_1000")
        self.assertGreater(scores["f1"], splinks["f1"])


if __name__ == "__main__":
    unittest.main()
