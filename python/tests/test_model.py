"""Models made, read and compared in Python."""

import json
import tempfile
import unittest
from pathlib import Path

import plait
from test_link import CLINIC, PUPILS

SPLINK = Path(__file__).parents[2] / "crates/plait-engine/tests/splink"


def built():
    return (
        plait.Model("two lists", link_type="link_only", columns={"dob": "date_of_birth"}, threshold=0.9, review_from=0.2)
        .compare("forename", ["exact", {"when": "jaro_winkler >= 0.92", "label": "close"}], term_frequency=True)
        .compare("surname", ["exact", "jaro_winkler >= 0.8"], term_frequency={"strength": 0.5})
        .compare(["date_of_birth", "postcode"], ["exact and postcode: exact", "exact"], name="born and lives")
        .block_on("date_of_birth")
        .block_on("surname", "postcode sector")
        .link_on("forename", "surname", "date_of_birth", name="in full", unless_different=["postcode"])
    )


class Models(unittest.TestCase):
    def test_what_is_built_is_a_model_file(self):
        model = built()
        text = model.to_toml()
        self.assertEqual(plait.Model.from_toml(text).difference(model), [])
        self.assertIn('{ when = "jaro_winkler >= 0.92", label = "close" }', text)
        prose = model.explain()
        for said in ("two lists", "close", "in full"):
            self.assertIn(said, prose)
        linkage = plait.link({"pupils": PUPILS, "clinic": CLINIC}, model=model, progress=False)
        self.assertEqual(linkage.run["model"]["link_from"], 0.9)
        self.assertEqual(linkage.run["model"]["name"], "two lists")
        self.assertEqual({rule["rule"] for rule in linkage.run["rules"]}, {"date_of_birth", "surname and postcode sector"})

    def test_a_step_leaves_the_model_before_it_as_it_was(self):
        one = plait.Model().compare("surname")
        one.compare("forename")
        self.assertNotIn("forename", one.to_toml())

    def test_any_text_is_written_as_toml(self):
        name = 'é "quoted" \\ tab\t line\n \U0001f600'
        model = plait.Model(name, columns={"Date of birth": "date_of_birth", name: "other"}).compare("surname")
        self.assertIn("surname", model.explain())
        again = plait.Model.from_toml(model.to_toml())
        self.assertEqual(again.difference(model), [])

    def test_mistakes_are_found_at_once_and_by_their_lines(self):
        with self.assertRaises(plait.UsageError) as caught:
            plait.Model().compare("surname", ["exact", "jaro_winler >= 0.9"])
        error = caught.exception
        self.assertEqual(error.code, "E015")
        self.assertRegex(error.place, r"the model line \d+")
        self.assertIn("jaro_winkler", error.help)
        for wrong in (
            {"link_type": "both"},
            {"clustering": "onetoone"},
            {"columns": {"dob": "date_of_birt"}},
            {"threshold": 0.4, "review_from": 0.9},
            {"threshold": "0.9"},
        ):
            with self.assertRaises(plait.UsageError, msg=wrong):
                plait.Model(**wrong)
        with self.assertRaises(plait.InputError) as caught:
            plait.Model.from_toml("no_such_model.toml")
        self.assertEqual(caught.exception.code, "E001")

    def test_a_model_that_compares_nothing_yet_can_be_looked_at_and_not_used(self):
        begun = plait.Model("begun").block_on("surname")
        self.assertIn("compares nothing yet", repr(begun))
        self.assertIn("compares nothing yet", begun._repr_html_())
        done = begun.compare("surname", "exact")
        inline = plait.Model.from_toml('format = 1\ncompare = [{ field = "surname", levels = ["exact"] }]\n')
        self.assertIn("surname", inline.explain())
        self.assertEqual(done.difference(begun.compare("surname", ["exact"])), [])
        use = [
            begun.explain,
            begun.to_splink,
            lambda: begun.difference(done),
            lambda: done.difference(begun),
            lambda: plait.link({"pupils": PUPILS, "clinic": CLINIC}, model=begun, progress=False),
        ]
        for call in use:
            with self.assertRaisesRegex(plait.UsageError, "compares nothing yet"):
                call()

    def test_which_pairs_are_looked_at_is_said_as_it_is_decided(self):
        self.assertIn("if one of several seems to hold a person twice", plait.Model().compare("surname").explain())
        self.assertIn("within one source", plait.Model(link_type="dedupe_only").compare("surname").explain())

    def test_the_automatic_model_is_that_of_a_run(self):
        sources = {"pupils": PUPILS, "clinic": CLINIC}
        chosen = plait.Model.automatic(sources, progress=False)
        used = plait.link(sources, progress=False).model
        self.assertEqual(chosen.difference(used), [])
        self.assertEqual(chosen.to_toml(), used.to_toml())
        self.assertIn("<svg", chosen._repr_html_())
        self.assertIn("surname", repr(chosen))

    def test_the_model_of_children_learns_from_the_data(self):
        model = plait.Model.children("forename", "surname", "date_of_birth", "postcode")
        linkage = plait.link({"pupils": PUPILS, "clinic": CLINIC}, model=model, progress=False)
        self.assertGreater(linkage.run["model"]["rounds"], 0)
        self.assertGreater(len(linkage.run["rules"]), 0)
        self.assertNotIn("<svg", model._repr_html_())
        with self.assertRaisesRegex(plait.UsageError, "no \"sirname\""):
            plait.Model.children("sirname")

    def test_models_differ_in_what_is_said(self):
        model = built()
        self.assertEqual(model.difference(model.block_on("surname soundex")), ["candidates: now also pairs with the same sound (Soundex) of surname"])

    def test_splink_settings_go_in_and_out(self):
        path = SPLINK / "trained.settings.json"
        settings = json.loads(path.read_text())
        of_dict, of_path, of_text = (plait.Model.from_splink(given) for given in (settings, path, path.read_text()))
        self.assertEqual(of_dict.to_toml(), of_text.to_toml())
        self.assertEqual(of_path.difference(of_dict), ["name: trained -> Splink settings"])
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "settings.json"
            back = of_path.to_splink(out)
            self.assertEqual(json.loads(out.read_text()), back)
        self.assertEqual(plait.Model.from_splink(back).difference(of_dict), [])
        with self.assertRaises(plait.UsageError) as caught:
            settings["comparisons"][0]["comparison_levels"][1]["sql_condition"] = "magic(a_l, a_r)"
            plait.Model.from_splink(settings)
        self.assertEqual(caught.exception.code, "E017")
        with self.assertRaises(plait.InputError) as caught:
            plait.Model.from_splink("no_such_settings.json")
        self.assertEqual(caught.exception.code, "E001")


if __name__ == "__main__":
    unittest.main()
