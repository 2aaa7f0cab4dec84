"""Checks score.py by hand-counted examples: python -m unittest discover benches"""

import unittest

import pandas as pd

from score import match_records, score


def scored(people, entities, sources=None):
    """Scores people and entities given as one letter for each record."""
    table = pd.DataFrame({"person": list(people), "entity": list(entities)})
    if sources:
        table["source"] = list(sources)
    return score(table, "source" if sources else None)


class Scoring(unittest.TestCase):
    def test_people_that_are_the_entities_score_one(self):
        result = scored("aabbc", "xxyyz")
        self.assertEqual((result["precision"], result["recall"], result["f1"]), (1, 1, 1))
        self.assertEqual(result["b_cubed"]["f1"], 1)

    def test_a_pair_that_was_never_found_costs_recall(self):
        result = scored("aab", "xxx")
        self.assertEqual((result["found_pairs"], result["true_pairs"]), (1, 3))
        self.assertEqual((result["precision"], result["recall"], result["f1"]), (1, 1 / 3, .5))

    def test_two_people_joined_cost_precision(self):
        result = scored("aaaa", "xxyy")
        self.assertEqual((result["precision"], result["recall"]), (2 / 6, 1))
        self.assertEqual(result["b_cubed"]["precision"], .5)

    def test_pairs_within_a_source_do_not_count_between_sources(self):
        result = scored("aaa", "xxy", "llr")
        self.assertEqual((result["found_pairs"], result["true_pairs"], result["f1"]), (2, 0, 0))

    def test_only_people_with_all_records_of_one_entity_are_exact(self):
        exact = scored("aabbcd", "xxyzzw")["exact"]
        self.assertEqual((exact["precision"], exact["recall"], exact["f1"]), (2 / 4, 2 / 4, 2 * 2 / 8))

    def test_nobody_linked_scores_nothing(self):
        self.assertEqual(scored("abc", "xxy")["f1"], 0)


class Matching(unittest.TestCase):
    def test_a_record_that_is_missing_stands_alone(self):
        people = pd.DataFrame({"record": ["1", "2"], "person_id": ["p", "p"]})
        truth = pd.DataFrame({"rec_id": ["1", "2", "3", "4"]})
        persons = match_records(people, truth, "record")
        self.assertEqual(persons[0], persons[1])
        self.assertEqual(len(set(persons)), 3)

    def test_records_numbered_in_each_source_are_found_by_row(self):
        people = pd.DataFrame({"source": ["a", "b", "a"], "record": ["1", "1", "2"], "person_id": ["p", "p", "q"]})
        truth = pd.DataFrame({"rec_id": [11, 12, 13], "source": ["a", "a", "b"], "row": [1, 2, 1]})
        persons = match_records(people, truth, "record")
        self.assertEqual(persons[0], persons[2])
        self.assertNotEqual(persons[0], persons[1])

    def test_foreign_records_are_refused(self):
        people = pd.DataFrame({"record": ["9"], "person_id": ["p"]})
        with self.assertRaises(SystemExit):
            match_records(people, pd.DataFrame({"rec_id": ["1"]}), "record")


if __name__ == "__main__":
    unittest.main()
