"""Comparisons as functions of columns: how alike two values are, row by row, as models compare them.

A column is a series of polars or pandas, an array of pyarrow, anything else with ``__arrow_c_array__`` or
``__arrow_c_stream__``, or a list of text and ``None``. Where either value is missing, so is the figure; an empty
text is missing. Other threads of Python go on meanwhile.

>>> from plait import similarity
>>> similarity.jaro_winkler(["martha", None], ["marhta", "dwayne"]).to_list()
[0.961..., None]

Text is compared letter by letter as it stands: :func:`standardise` it first where case and accents should not count.
Functions about names do that themselves, and those about dates take dates or text such as ``2015-03-02``; anything
else is missing.
"""

from __future__ import annotations

from typing import Any

from plait import _given, _plait
from plait._errors import asked

__all__ = [
    "Column",
    "character_jaccard",
    "cosine",
    "damerau_levenshtein",
    "damerau_levenshtein_similarity",
    "day_and_month_swapped",
    "days_apart",
    "dice",
    "half_of_double_barrelled",
    "initials",
    "jaccard",
    "jaro",
    "jaro_winkler",
    "levenshtein",
    "levenshtein_similarity",
    "metaphone",
    "monge_elkan",
    "nickname",
    "one_digit_wrong",
    "osa",
    "osa_similarity",
    "same_spelling_family",
    "soundex",
    "standardise",
    "subset",
    "transposed",
    "two_of_three_parts",
]


class Column:
    """A column of figures, as Arrow has it.

    Whatever knows ``__arrow_c_array__`` takes it without a copy: ``polars.Series(column)``, ``pyarrow.array(column)``,
    ``pandas.Series.from_arrow(column)``.
    """

    def __init__(self, column: _plait.Column) -> None:
        self._column = column

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        return self._column.__arrow_c_array__(requested_schema)

    def __len__(self) -> int:
        return len(self._column)

    def to_list(self) -> list[Any]:
        """The values, ``None`` where one is missing."""
        return self._column.values()

    def to_pandas(self) -> Any:
        """A series of pandas, which must be installed with pyarrow: ``frame.assign(alike=column.to_pandas())``."""
        return self.to_pyarrow().to_pandas()

    def to_polars(self) -> Any:
        """A series of polars, which must be installed."""
        import polars

        return polars.Series(self)

    def to_pyarrow(self) -> Any:
        """An array of pyarrow, which must be installed."""
        import pyarrow  # type: ignore[import-untyped,unused-ignore]

        return pyarrow.array(self)

    def __repr__(self) -> str:
        first = self._column.values(10)
        more = f", ... {len(self) - 10:,} more" if len(self) > 10 else ""
        return f"[{', '.join(map(str, first))}{more}]"


def jaro(left: Any, right: Any) -> Column:
    """Jaro similarity, 0 to 1."""
    return _compare("jaro", left, right)


def jaro_winkler(left: Any, right: Any) -> Column:
    """Jaro-Winkler similarity, 0 to 1: Jaro, with more for a common beginning.

    >>> similarity.jaro_winkler(["dwayne"], ["duane"]).to_list()
    [0.84...]
    """
    return _compare("jaro_winkler", left, right)


def levenshtein(left: Any, right: Any) -> Column:
    """How many letters must be added, taken out or replaced.

    >>> similarity.levenshtein(["kitten"], ["sitting"]).to_list()
    [3]
    """
    return _compare("levenshtein", left, right)


def osa(left: Any, right: Any) -> Column:
    """The same with a swap of neighbours as one edit, no letter being edited twice (optimal string alignment)."""
    return _compare("osa", left, right)


def damerau_levenshtein(left: Any, right: Any) -> Column:
    """The same with a swap of neighbours as one edit, without restriction."""
    return _compare("damerau_levenshtein", left, right)


def levenshtein_similarity(left: Any, right: Any) -> Column:
    """1 less the edits of :func:`levenshtein` over the letters of the longer value."""
    return _compare("levenshtein_similarity", left, right)


def osa_similarity(left: Any, right: Any) -> Column:
    """1 less the edits of :func:`osa` over the letters of the longer value."""
    return _compare("osa_similarity", left, right)


def damerau_levenshtein_similarity(left: Any, right: Any) -> Column:
    """1 less the edits of :func:`damerau_levenshtein` over the letters of the longer value."""
    return _compare("damerau_levenshtein_similarity", left, right)


def jaccard(left: Any, right: Any) -> Column:
    """Different pairs of letters in common, over those in either."""
    return _compare("jaccard", left, right)


def character_jaccard(left: Any, right: Any) -> Column:
    """Different letters in common, over those in either, as in DuckDB."""
    return _compare("character_jaccard", left, right)


def dice(left: Any, right: Any) -> Column:
    """Twice the pairs of letters in common, over those of both."""
    return _compare("dice", left, right)


def cosine(left: Any, right: Any) -> Column:
    """Cosine of the words."""
    return _compare("cosine", left, right)


def monge_elkan(left: Any, right: Any) -> Column:
    """How alike the words are at best, on average: for addresses and whole names."""
    return _compare("monge_elkan", left, right)


def transposed(left: Any, right: Any) -> Column:
    """Whether two neighbouring characters are exchanged and the rest agrees.

    >>> similarity.transposed(["4857773456"], ["4875773456"]).to_list()
    [True]
    """
    return _compare("transposed", left, right)


def nickname(left: Any, right: Any) -> Column:
    """Whether given names are the same, or short forms or spellings of one name.

    >>> similarity.nickname(["Bill", "Bill"], ["William", "Robert"]).to_list()
    [True, False]
    """
    return _compare("nickname", left, right)


def initials(left: Any, right: Any) -> Column:
    """Whether one is the initials of the other."""
    return _compare("initials", left, right)


def subset(left: Any, right: Any) -> Column:
    """Whether all words of one name are in the other."""
    return _compare("subset", left, right)


def half_of_double_barrelled(left: Any, right: Any) -> Column:
    """Whether one is a double-barrelled name and the other one of its halves."""
    return _compare("half_of_double_barrelled", left, right)


def same_spelling_family(left: Any, right: Any) -> Column:
    """Whether names are spellings of one name from another script.

    >>> similarity.same_spelling_family(["Mohamed"], ["Maxamed"]).to_list()
    [True]
    """
    return _compare("same_spelling_family", left, right)


def days_apart(left: Any, right: Any) -> Column:
    """Days between two dates.

    >>> similarity.days_apart(["2015-03-02"], ["2015-02-27"]).to_list()
    [3]
    """
    return _compare("days_apart", left, right)


def day_and_month_swapped(left: Any, right: Any) -> Column:
    """Whether day and month are exchanged and the year agrees."""
    return _compare("day_and_month_swapped", left, right)


def one_digit_wrong(left: Any, right: Any) -> Column:
    """Whether two dates differ in one digit."""
    return _compare("one_digit_wrong", left, right)


def two_of_three_parts(left: Any, right: Any) -> Column:
    """Whether two of day, month and year agree."""
    return _compare("two_of_three_parts", left, right)


def soundex(names: Any) -> Column:
    """The Soundex code of each name.

    >>> similarity.soundex(["Robert", "Rupert"]).to_list()
    ['R163', 'R163']
    """
    return Column(asked(_plait.sounds, "soundex", _given.typed(names)))


def metaphone(names: Any) -> Column:
    """The primary Double Metaphone code of each name."""
    return Column(asked(_plait.sounds, "metaphone", _given.typed(names)))


def standardise(values: Any, role: str) -> Column:
    """Values as records hold those of a role, such as ``surname``; what stands for "not known" is missing.

    >>> similarity.standardise(["O'Brien ", "ZZ99 9ZZ"], "surname").to_list()
    ['obrien', ...]
    """
    return Column(asked(_plait.standardised, _given.typed(values), _given.text("role", role)))


def _compare(measure: str, left: Any, right: Any) -> Column:
    return Column(asked(_plait.compare, measure, _given.typed(left), _given.typed(right)))
