"""Linking, and what comes of it."""

from __future__ import annotations

import datetime
import html
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from plait import _given, _plait
from plait._errors import asked, in_python
from plait._figures import Figures
from plait._given import Path, Source
from plait._model import Model
from plait._progress import Progress, Shown
from plait._table import Table


def link(
    *sources: Source | Mapping[str, Source],
    model: Model | Path | None = None,
    method: str | None = None,
    roles: Mapping[str, str] | None = None,
    link_type: str | None = None,
    threshold: float | None = None,
    truth: Source | None = None,
    constraints: Source | None = None,
    labels: Source | None = None,
    names: Source | None = None,
    ages_on: datetime.date | str | None = None,
    is_a: Mapping[str, str] | None = None,
    authority: Mapping[str, str] | None = None,
    threads: int | None = None,
    seed: int = 1,
    progress: Progress | bool | None = None,
) -> Linkage:
    """Links records of one or more sources into persons. Nothing need be said beside the sources.

    A source is a path (also of a statutory return, a folder or a zip archive) or a table in memory. Name it
    with a dict, ``plait.link({"pupils": pupils, "clinic": clinic})``; unnamed tables are called ``table_1``,
    ``table_2`` and so on, files by their names.

    ``roles`` says what columns hold, by header: ``{"Cms Id": "record_id"}``. ``model`` is a :class:`Model`, or the
    path or the text of a model file; ``method`` a published method in its place. ``truth``, ``constraints``,
    ``labels`` and ``names`` are tables in memory or paths.

    ``link_type`` says which pairs are looked at: ``link_only`` those of different sources, ``dedupe_only`` those within
    a source, ``link_and_dedupe`` both. Without it the model says so, or the data are asked whether a source holds a
    person twice. ``threshold`` is the match probability (0 to 1) from which a pair is a link. ``ages_on`` is the day
    on which the ages of the groups of :meth:`Linkage.by_group` are told. ``is_a`` says which return a source is where
    its content does not, and ``authority`` of which local authority it is (its three digits), both by name of the
    source. ``threads`` are all of the machine; the result does not depend on them. ``seed`` chooses the samples that
    a model learns from: another seed, or the same records in another order, moves learned weights a little.

    ``progress`` is called with the stage and the share of it that is done (0 to 1). By default a notebook or a
    terminal shows how far the run is; ``True`` shows it on standard error in any case, and ``False`` nowhere.

    Raises a :class:`PlaitError` with ``help`` where something is wrong, and ``KeyboardInterrupt`` on Ctrl-C.

    >>> linkage = plait.link({"pupils": pupils, "clinic": clinic})
    >>> linkage.people
    source  record  person_id    confidence
    ...
    """
    options = {
        "model": _given.model(model),
        "method": _given.optional(_given.text, "method", method),
        "truth": _given.table("truth", truth),
        "constraints": _given.table("constraints", constraints),
        "labels": _given.table("labels", labels),
        "names": _given.table("names", names),
        "roles": _given.roles(roles),
        "is_a": _given.words("is_a", is_a, '{"pupils": "school-census"}'),
        "authority": _given.words("authority", authority, '{"pupils": "302"}'),
        "link_type": _given.optional(_given.text, "link_type", link_type),
        "threshold": _given.optional(_given.number, "threshold", threshold),
        "ages_on": _given.optional(_given.day, "ages_on", ages_on),
        "threads": _given.optional(_given.whole, "threads", threads, 1, 65_535),
        "seed": _given.seed(seed),
    }
    with Shown(progress) as told:
        return Linkage(asked(_plait.link, _given.sources(sources), options, told))


class Term(NamedTuple):
    """One part of the weight of a pair."""

    title: str
    outcome: str
    weight: float
    left: str | None
    right: str | None


class Explanation(NamedTuple):
    """Why two records are one person or not. The weights of the terms sum to ``weight``. Holds values of both records."""

    left: str
    right: str
    weight: float
    probability: float
    terms: tuple[Term, ...]
    sentence: str
    statement: str | None
    objection: str | None
    chart: str

    def __str__(self) -> str:
        lines = [f"{self.left} and {self.right}: {self.weight:.2f} bits, match probability {self.probability:.6f}"]
        lines.extend(f"{term.weight:+8.2f}  {term.title}: {term.outcome}" for term in self.terms)
        lines.extend(said for said in (self.statement, self.objection) if said)
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"{self.chart}<p>{html.escape(self.sentence)}</p>"


class Tradeoff(Table):
    """Precision and recall by threshold; a chart in a notebook."""

    def __init__(self, table: _plait.Table, chart: str) -> None:
        super().__init__(table)
        self._chart = chart

    def _repr_html_(self) -> str:
        return self._chart


class Linkage:
    """What a run found."""

    def __init__(self, linkage: _plait.Linkage) -> None:
        self._linkage = linkage
        self.run: dict[str, Any] = json.loads(linkage.run)
        """Everything that ``run.json`` holds."""

    @property
    def people(self) -> Table:
        """Every record with its ``person_id`` and how sure that is."""
        return Table(self._linkage.people)

    @property
    def links(self) -> Table:
        """Every link and every pair for review, with weight, probabilities, decision and reason."""
        return Table(self._linkage.links)

    @property
    def review(self) -> Table:
        """The pairs of :attr:`links` that a person should look at, the likeliest first."""
        return Table(self._linkage.review)

    @property
    def not_found(self) -> Table:
        """Records that are expected to have a partner and have none."""
        return Table(self._linkage.not_found)

    @property
    def issues(self) -> list[str]:
        """What was found in the sources, one line each."""
        return [in_python(issue) for issue in self._linkage.issues]

    @property
    def model(self) -> Model:
        """The model as it was used, with what it has learned; ``model.to_toml()`` is its text."""
        return Model._of(self._linkage.model)

    def summary(self) -> str:
        """A paragraph for a manager."""
        return self._linkage.summary

    def quality(self) -> Figures:
        """Estimates without labels with their intervals, and tests of the linkage."""
        return Figures(self.run["quality"])

    def by_group(self) -> Figures:
        """Figures for each group of records, and where they lie apart."""
        return Figures(self.run["groups"])

    def why(self, left: str, right: str) -> Explanation:
        """Why two records are one person or not: ``record``, or ``source:record``. Holds their values.

        >>> linkage.why("P1", "K2")
        pupils:P1 and clinic:K2: ... bits, match probability ...
        ...
        """
        left, right = _given.text("left", left), _given.text("right", right)
        document, chart = asked(self._linkage.explain, left, right)
        said = json.loads(document)
        left, right = (f"{said[side]['source']}:{said[side]['record']}" for side in ("left", "right"))
        terms = tuple(
            Term(term["title"], term["outcome"], term["weight"], term["left"], term["right"])
            for term in said["terms"]
        )
        return Explanation(
            left=left,
            right=right,
            weight=said["match_weight"],
            probability=said["match_probability"],
            terms=terms,
            sentence=said["sentence"],
            statement=said["statement"],
            objection=said["objection"],
            chart=chart,
        )

    def weights(self, pairs: Source) -> Table:
        """What the model gives to pairs of records, whether or not they were compared: ``match_weight`` in bits, and
        ``match_probability``.

        ``pairs`` has the columns ``source_l``, ``record_l``, ``source_r`` and ``record_r``, as :attr:`links` has them.

        >>> linkage.weights(linkage.links).columns
        ['source_l', 'record_l', 'source_r', 'record_r', 'match_weight', 'match_probability']
        """
        return Table(asked(self._linkage.weigh, _given.table("pairs", pairs)))

    def tradeoff(self) -> Tradeoff:
        """Precision and recall at other thresholds, as estimated without labels; against the truth too, if the run was
        given one. Recall is missing where ``run["quality"]`` has none. Persons are what the links from a threshold on reach; what keeps a pair from being a link in the run
        does so at every threshold.

        >>> linkage.tradeoff().columns
        ['match_weight', 'match_probability', 'links', 'precision', 'recall']
        """
        return Tradeoff(*self._linkage.tradeoff(f"tradeoff-{id(self):x}"))

    def score(self, truth: Source) -> Figures:
        """Precision, recall, F1 and B-cubed figures against a table of source, record and entity."""
        return Figures(json.loads(asked(self._linkage.score, _given.table("truth", truth))))

    def report(self, path: Path | None = None) -> str:
        """How it went, as a page of HTML that asks nothing of the network; also written to ``path``."""
        return _page(self._linkage.report, path)

    def quality_report(self, path: Path | None = None) -> str:
        """How good it is and for whom, as such a page."""
        return _page(self._linkage.quality_report, path)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        paragraphs = "".join(f"<p>{html.escape(text)}</p>" for text in self.summary().split("\n\n"))
        return paragraphs + self.people._repr_html_()


def _page(page: str, path: Path | None) -> str:
    if path is not None:
        _given.write(path, page)
    return page
