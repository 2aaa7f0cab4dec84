"""Comparisons as functions of columns, against the figures that the engine's own tests hold."""

import datetime
import threading
import unittest

import pandas
import plait
import polars
import pyarrow
from plait import similarity

LEFT = ["martha", None, "dwayne", "dixon", ""]
RIGHT = ["marhta", "x", "duane", "dicksonx", "y"]
JARO_WINKLER = [0.9611111111, None, 0.84, 0.8133333333, None]


class Similarity(unittest.TestCase):
    def assertClose(self, found, expected):
        self.assertEqual(len(found), len(expected))
        for figure, of in zip(found, expected):
            if of is None:
                self.assertIsNone(figure)
            else:
                self.assertAlmostEqual(figure, of, places=9)

    def test_every_kind_of_column_gives_the_same_figures(self):
        chunked = pyarrow.chunked_array([RIGHT[:2], RIGHT[2:]])
        kinds = [
            (LEFT, RIGHT),
            (polars.Series(LEFT), polars.Series(RIGHT)),
            (pyarrow.array(LEFT), chunked),
            (pyarrow.array(LEFT).dictionary_encode(), pyarrow.array(RIGHT, pyarrow.string_view())),
            (pyarrow.array(LEFT, pyarrow.large_string()), polars.Series(RIGHT, dtype=polars.Categorical)),
            (pandas.Series(LEFT), pandas.Series(RIGHT)),
            (polars.DataFrame({"left": LEFT})["left"], tuple(RIGHT)),
        ]
        for left, right in kinds:
            self.assertClose(similarity.jaro_winkler(left, right).to_list(), JARO_WINKLER)

    def test_a_column_goes_on_to_other_libraries(self):
        shares = similarity.jaro_winkler(LEFT, RIGHT)
        self.assertClose(shares.to_polars().to_list(), JARO_WINKLER)
        self.assertClose(shares.to_pyarrow().to_pylist(), JARO_WINKLER)
        self.assertEqual(shares.to_polars().dtype, polars.Float64)
        self.assertEqual(pandas.Series.from_arrow(similarity.levenshtein(["kitten"], ["sitting"])).tolist(), [3])
        self.assertEqual(similarity.nickname(["Bill"], ["William"]).to_pyarrow().type, pyarrow.bool_())
        frame = polars.DataFrame({"left": LEFT}).with_columns(shares.to_polars().alias("alike"))
        self.assertEqual(frame["alike"].null_count(), 2)
        self.assertEqual(repr(similarity.levenshtein(["a", None], ["b", "c"])), "[1, None]")

    def test_figures_are_those_of_the_engine(self):
        # from the tests of the engine and the papers that they name
        cases = [
            ("jaro", "martha", "marhta", 0.9444444444),
            ("levenshtein", "kitten", "sitting", 3),
            ("osa", "ca", "abc", 3),
            ("damerau_levenshtein", "ca", "abc", 2),
            ("levenshtein_similarity", "kitten", "sitting", 1 - 3 / 7),
            ("jaccard", "night", "nacht", 1 / 7),
            ("dice", "night", "nacht", 0.25),
            ("character_jaccard", "night", "nacht", 3 / 7),
            ("transposed", "ab", "ba", True),
            ("initials", "J", "James", True),
            ("subset", "Anna", "Anna Maria", True),
            ("half_of_double_barrelled", "Smith-Jones", "Jones", True),
            ("same_spelling_family", "Muhammad", "Maxamed", True),
            ("days_apart", "2015-03-02", "2016-03-02", 366),
            ("day_and_month_swapped", "2015-03-02", "2015-02-03", True),
            ("one_digit_wrong", "2015-03-02", "2015-03-12", True),
            ("two_of_three_parts", "2015-03-02", "2015-03-28", True),
        ]
        for name, left, right, figure in cases:
            found = getattr(similarity, name)([left], [right]).to_list()
            self.assertEqual(type(found[0]), type(figure), name)
            self.assertAlmostEqual(found[0], figure, places=9, msg=name)
        called = {name for name in similarity.__all__ if name not in ("Column", "soundex", "metaphone", "standardise")}
        with self.assertRaises(plait.UsageError) as caught:
            similarity._compare("", [], [])
        self.assertEqual(set(caught.exception.help.removeprefix("use one of ").split(", ")), called)

    def test_dates_of_every_type_are_dates(self):
        days = [datetime.date(2015, 3, 2), None]
        for left in (pyarrow.array(days), polars.Series(days), ["2015-03-02", None]):
            self.assertEqual(similarity.days_apart(left, ["2015-03-01", "2015-03-01"]).to_list(), [1, None])
        self.assertEqual(similarity.days_apart(["no date"], ["2015-03-01"]).to_list(), [None])

    def test_sounds_and_standard_forms(self):
        self.assertEqual(similarity.soundex(["Robert", "RUPERT", None]).to_list(), ["R163", "R163", None])
        self.assertEqual(similarity.metaphone(["Smith"]).to_list(), ["SM0"])
        self.assertEqual(similarity.standardise(["nw9 4ab", "ZZ99 9ZZ"], "postcode").to_list()[1], None)
        with self.assertRaises(plait.UsageError):
            similarity.standardise(["x"], "sirname")

    def test_empty_columns_lengths_and_types(self):
        self.assertEqual(similarity.jaro([], []).to_list(), [])
        self.assertEqual(similarity.jaro(polars.Series([], dtype=polars.String), []).to_list(), [])
        with self.assertRaisesRegex(plait.UsageError, "not of one length: 2 and 1 values"):
            similarity.jaro(["a", "b"], ["a"])
        with self.assertRaises(plait.InputError) as caught:
            similarity.jaro(polars.Series([["a"]]), ["a"])
        self.assertEqual(caught.exception.code, "E027")
        for wrong in (3, "text", [1, 2]):
            with self.assertRaisesRegex(TypeError, "is no column"):
                similarity.jaro(wrong, ["a"])

    def test_other_threads_go_on(self):
        many = polars.Series([f"name {at * 7919 % 100003} and more" for at in range(400_000)])
        counted, stop = [0], threading.Event()

        def count():
            while not stop.is_set():
                counted[0] += 1

        thread = threading.Thread(target=count)
        thread.start()
        before = counted[0]
        similarity.monge_elkan(many, many.reverse())
        went_on = counted[0] - before
        stop.set()
        thread.join()
        self.assertGreater(went_on, 1_000)


if __name__ == "__main__":
    unittest.main()
