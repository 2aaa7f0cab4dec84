"""Checks the measures of quality by hand-counted examples: python -m unittest discover benches"""

import itertools
import random
import sys
import unittest
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent / "quality"))
from best_links import best_links  # noqa: E402
from measures import as_pairs, measure, wilson  # noqa: E402
from simulate import calibration, estimates_of, expected_calibration_error, judged_estimates  # noqa: E402


def truth_of(rows):
    """A truth with one row (entity, family, kind, group) for each record."""
    table = pd.DataFrame(rows, columns=["entity_id", "family", "kind", "group"])
    table.insert(0, "rec_id", [f"r{number}" for number in range(len(table))])
    return table


def measured(people, rows, **more):
    """Measures people given as one letter for each record."""
    truth = truth_of(rows)
    found = pd.DataFrame({"rec_id": truth["rec_id"], "person_id": list(people)})
    return measure(found, truth, ["group"], **more)


CHILD, TWIN, MOTHER = ("e1", "f1", "child", "x"), ("e2", "f1", "child", "y"), ("m1", "f1", "mother", None)
STRANGER, RENAMED = ("e3", "f3", "child", "y"), ("e1b", "f9", "child", "x")


class WhoWasWronglyJoined(unittest.TestCase):
    def test_each_false_pair_is_of_one_kind(self):
        result = measured("ppppp", [CHILD, TWIN, MOTHER, STRANGER, RENAMED],
                          twins=as_pairs(["e2"], ["e1"]), apart=as_pairs(["e1"], ["e1b"]))
        self.assertEqual(result["false_pairs"],
                         {"do not link": 1, "twin": 1, "sibling": 0, "parent and child": 2, "unrelated": 6})

    def test_children_of_one_family_who_are_no_twins_are_siblings(self):
        self.assertEqual(measured("pp", [CHILD, TWIN])["false_pairs"]["sibling"], 1)

    def test_twins_count_once_however_many_records_are_joined(self):
        result = measured("ppppq", [CHILD, CHILD, TWIN, TWIN, STRANGER], twins=as_pairs(["e1"], ["e2"]))
        self.assertEqual(result["false_pairs"]["twin"], 4)
        self.assertEqual((result["twins"]["joined"], result["twins"]["of"]), (1, 1))

    def test_twins_of_whom_one_has_no_record_do_not_count(self):
        result = measured("pp", [CHILD, CHILD], twins=as_pairs(["e1"], ["e2"]))
        self.assertEqual((result["twins"]["joined"], result["twins"]["of"]), (0, 0))


class ForWhom(unittest.TestCase):
    def test_a_false_pair_costs_precision_in_the_groups_of_both(self):
        groups = measured("pppq", [CHILD, CHILD, STRANGER, STRANGER])["groups"]["group"]
        self.assertEqual((groups["x"]["recall"], groups["x"]["precision"]), (1, 1 / 3))
        self.assertEqual((groups["y"]["recall"], groups["y"]["precision"]), (0, 0))

    def test_mothers_are_in_no_group_of_children(self):
        groups = measured("ppp", [CHILD, CHILD, MOTHER])["groups"]["group"]
        self.assertEqual(list(groups), ["x"])
        self.assertEqual(groups["x"]["precision"], 1 / 3)

    def test_the_gap_is_between_groups_of_five_hundred_people(self):
        rows, people = [], []
        for number in range(1200):
            group = "small" if number < 200 else "a" if number < 700 else "b"
            missed = group == "small" or group == "b" and number % 10 == 0
            for record in range(2):
                rows.append((f"e{number}", f"f{number}", "child", group))
                people.append(f"p{number}-{record if missed else 0}")
        gap = measured(people, rows)["recall_gap"]
        self.assertEqual((gap["worst"], gap["best"]), ("b", "a"))
        self.assertAlmostEqual(gap["gap"], .1)


class AgainstPairs(unittest.TestCase):
    def test_the_figures_are_those_of_counting_every_pair(self):
        rng = random.Random(3)
        for _ in range(20):
            rows = [(f"e{rng.randrange(6)}", None, "child", "x") for _ in range(14)]
            people = [f"p{rng.randrange(6)}" for _ in rows]
            found = true = both = 0
            for a, b in itertools.combinations(range(len(rows)), 2):
                same_person, same_entity = people[a] == people[b], rows[a][0] == rows[b][0]
                found, true, both = found + same_person, true + same_entity, both + (same_person and same_entity)
            result = measured(people, rows)
            self.assertEqual((result["found_pairs"], result["true_pairs"]), (found, true))
            self.assertAlmostEqual(result["precision"], both / found if found else 0)
            self.assertEqual(sum(result["false_pairs"].values()), found - both)


class Intervals(unittest.TestCase):
    def test_wilson_agrees_with_the_published_example(self):
        low, high = wilson(1, 29)  # Newcombe 1998, table I, method 3
        self.assertEqual((round(low, 4), round(high, 4)), (.0061, .1718))

    def test_the_interval_of_f1_holds_the_figure(self):
        rows, people = [], []
        for number in range(300):
            for record in range(2):
                rows.append((f"e{number}", f"f{number}", "child", "x"))
                people.append(f"p{number}-{record if number % 4 == 0 else 0}")
        result = measured(people, rows)
        low, high = result["interval"]["f1"]
        self.assertTrue(low < result["f1"] < high)
        self.assertTrue(high - low < .1)


class RecordNames(unittest.TestCase):
    def test_a_source_that_plait_numbered_is_found_by_row(self):
        truth = pd.DataFrame({"rec_id": ["a:K7", "a:K9", "b:1"], "source": ["a", "a", "b"], "record": ["K7", "K9", "1"],
                              "entity_id": ["e", "f", "e"]})
        people = pd.DataFrame({"source": ["b", "a", "a"], "record": ["1", "1", "2"], "person_id": ["p", "p", "q"]})
        self.assertEqual(measure(people, truth, [])["f1"], 1)


class BestLinks(unittest.TestCase):
    def test_the_stronger_of_two_links_to_a_source_wins(self):
        ids = best_links(3, ["a", "b", "b"], [0, 0], [1, 2], [3, 5], ["a", "b"])
        self.assertEqual(ids[0], ids[2])
        self.assertNotEqual(ids[0], ids[1])

    def test_a_chain_does_not_bring_two_of_a_source_together(self):
        ids = best_links(3, ["a", "b", "a"], [0, 1], [1, 2], [9, 8], ["a", "b"])
        self.assertEqual(len(set(ids)), 2)

    def test_a_source_that_holds_people_twice_may_be_in_a_cluster_twice(self):
        ids = best_links(3, ["a", "b", "a"], [0, 1], [1, 2], [9, 8], ["b"])
        self.assertEqual(len(set(ids)), 1)


class Simulation(unittest.TestCase):
    def test_estimates_are_taken_in_either_form(self):
        said = {"quality": {"estimates": [
            {"name": "posterior sums", "of": "recall", "estimate": .9, "low": .8, "high": .95},
            {"name": "masked", "precision": {"estimate": .99, "low": .98, "high": 1}},
        ]}}
        self.assertEqual([(row["name"], row["of"], row["estimate"]) for row in estimates_of(said)],
                         [("posterior sums", "recall", .9), ("masked", "precision", .99)])
        self.assertEqual(estimates_of({}), [])

    def test_coverage_counts_the_intervals_that_hold_the_truth(self):
        one = {"name": "n", "of": "recall", "about": "people", "estimate": .9, "low": .85, "high": .95}
        rows = [{"people": {"recall": truth}, "estimates": [one]} for truth in (.86, .9, .99)]
        judged = judged_estimates(rows)[0]
        self.assertEqual((judged["covered"], judged["intervals"]), (2, 3))
        self.assertAlmostEqual(judged["bias"], .9 - (.86 + .9 + .99) / 3)

    def test_probabilities_that_are_kept_have_no_calibration_error(self):
        pairs = pd.DataFrame({"probability": [.25] * 4 + [.97] * 100, "decision": "link",
                              "true": [True, False, False, False] + [True] * 97 + [False] * 3})
        bins = calibration(pairs, "probability")
        self.assertAlmostEqual(expected_calibration_error(bins), 0)
        self.assertEqual(bins["high"], [100, 97])
        pairs["true"] = np.zeros(104, bool)
        self.assertAlmostEqual(expected_calibration_error(calibration(pairs, "probability")), (4 * .25 + 100 * .97) / 104)


if __name__ == "__main__":
    unittest.main()
