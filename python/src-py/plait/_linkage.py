"""Linking, and what comes of it."""

from __future__ import annotations

import html
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Union

from plait import _plait
from plait._errors import asked
from plait._table import Table


class ArrowStream(Protocol):
    """A table that hands out its columns, such as a frame of polars or pandas."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


Source = Union[str, "os.PathLike[str]", ArrowStream]
Progress = Callable[[str, float], object]


def link(
    *sources: Source | Mapping[str, Source],
    model: str | os.PathLike[str] | None = None,
    method: str | None = None,
    roles: Mapping[str, str] | None = None,
    link_type: str | None = None,
    threshold: float | None = None,
    truth: str | os.PathLike[str] | None = None,
    constraints: str | os.PathLike[str] | None = None,
    labels: str | os.PathLike[str] | None = None,
    names: str | os.PathLike[str] | None = None,
    ages_on: str | None = None,
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

    ``roles`` says what columns hold, by header: ``{"Cms Id": "record_id"}``. The other options are those of
    ``plait link``; files of a model, constraints, labels, names and truth are given by their paths.
    ``progress`` is called with the stage and the share of it that is done (0 to 1); ``True`` draws a line on
    the terminal, which is what happens by default where there is one, and ``False`` draws none.

    Raises a :class:`PlaitError` with ``help`` where something is wrong, and ``KeyboardInterrupt`` on Ctrl-C.
    """
    given = [_source(name, source) for name, source in _named(sources)]
    options = {
        "model": _path(model),
        "method": method,
        "truth": _path(truth),
        "constraints": _path(constraints),
        "labels": _path(labels),
        "names": _path(names),
        "roles": list((roles or {}).items()),
        "is_a": list((is_a or {}).items()),
        "authority": list((authority or {}).items()),
        "link_type": link_type,
        "threshold": threshold,
        "ages_on": ages_on,
        "threads": threads,
        "seed": seed,
    }
    with _Line(progress) as told:
        return Linkage(asked(_plait.link, given, options, told))


def _named(sources: tuple[Source | Mapping[str, Source], ...]) -> list[tuple[str | None, Source]]:
    named: list[tuple[str | None, Source]] = []
    for source in sources:
        if isinstance(source, Mapping):
            named.extend(source.items())
        elif isinstance(source, (str, os.PathLike)):
            named.append((None, source))
        else:
            named.append((f"table_{len(named) + 1}", source))
    return named


def _source(name: str | None, source: Source) -> dict[str, Any]:
    path = os.fspath(source) if isinstance(source, (str, os.PathLike)) else None
    table = None if path is not None else _plait.Table.of(source)
    return {"name": name, "path": path, "table": table}


def _path(path: str | os.PathLike[str] | None) -> str | None:
    return None if path is None else os.fspath(path)


class _Line:
    """One line on the terminal that says how far a run is."""

    def __init__(self, progress: Progress | bool | None) -> None:
        self._call = progress if callable(progress) else None
        self._draws = progress is True or (progress is None and sys.stderr.isatty())
        self._width = 0

    def __enter__(self) -> Progress | None:
        return self._call or (self._draw if self._draws else None)

    def _draw(self, stage: str, share: float) -> None:
        line = f"{stage} {share:4.0%}"
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)

    def __exit__(self, *_: object) -> None:
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()


@dataclass(frozen=True)
class Term:
    """One part of the weight of a pair."""

    title: str
    outcome: str
    weight: float
    left: str | None
    right: str | None


@dataclass(frozen=True)
class Explanation:
    """Why two records are one person or not. The weights of the terms sum to ``weight``."""

    left: str
    right: str
    weight: float
    probability: float
    terms: tuple[Term, ...]
    sentence: str
    statement: str | None
    objection: str | None

    def __str__(self) -> str:
        lines = [f"{self.left} and {self.right}: {self.weight:.2f} bits, match probability {self.probability:.6f}"]
        lines.extend(f"{term.weight:+8.2f}  {term.title}: {term.outcome}" for term in self.terms)
        lines.extend(said for said in (self.statement, self.objection) if said)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        width, row = 640, 22
        scale = 150 / max((abs(term.weight) for term in self.terms), default=1.0)
        marks = []
        for at, term in enumerate(self.terms):
            y = at * row
            bar = abs(term.weight) * scale
            x = 430 if term.weight >= 0 else 430 - bar
            fill = "#1d6fa3" if term.weight >= 0 else "#b3541e"
            text = html.escape(f"{term.title}: {term.outcome}"[:58])
            marks.append(
                f'<text x="0" y="{y + 15}">{text}</text>'
                f'<rect x="{x:.1f}" y="{y + 4}" width="{bar:.1f}" height="14" fill="{fill}"/>'
                f'<text x="{width}" y="{y + 15}" text-anchor="end">{term.weight:+.1f}</text>'
            )
        title = html.escape(f"{self.left} and {self.right}: {self.weight:.2f} bits")
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}" height="{len(self.terms) * row}"'
            f' font-family="sans-serif" font-size="12"><title>{title}</title>{"".join(marks)}</svg>'
            f"<p>{html.escape(self.sentence)}</p>"
        )


class Linkage:
    """What a run found."""

    def __init__(self, linkage: _plait.Linkage) -> None:
        self._linkage = linkage
        self.run: dict[str, Any] = json.loads(linkage.run)

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
        return self._linkage.issues

    @property
    def model(self) -> str:
        """The model as it was used, as the text of a model file."""
        return self._linkage.model

    def summary(self) -> str:
        """A paragraph for a manager."""
        return self._linkage.summary

    def quality(self) -> dict[str, Any]:
        """Estimates without labels with their intervals, and tests of the linkage."""
        quality: dict[str, Any] = self.run["quality"]
        return quality

    def by_group(self) -> dict[str, Any]:
        """Figures for each group of records, and where they lie apart."""
        groups: dict[str, Any] = self.run["groups"]
        return groups

    def why(self, left: str, right: str) -> Explanation:
        """Why two records are one person or not: ``record``, or ``source:record``. Holds their values."""
        said = json.loads(asked(self._linkage.explain, left, right))
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
        )

    def score(self, truth: ArrowStream) -> dict[str, Any]:
        """Precision, recall, F1 and B-cubed figures against a table of source, record and entity."""
        scores: dict[str, Any] = json.loads(asked(self._linkage.score, _plait.Table.of(truth)))
        return scores

    def report(self, path: str | os.PathLike[str] | None = None) -> str:
        """How it went, as a page of HTML that asks nothing of the network; also written to ``path``."""
        return _page(self._linkage.report, path)

    def quality_report(self, path: str | os.PathLike[str] | None = None) -> str:
        """How good it is and for whom, as such a page."""
        return _page(self._linkage.quality_report, path)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        paragraphs = "".join(f"<p>{html.escape(text)}</p>" for text in self.summary().split("\n\n"))
        return paragraphs + self.people._repr_html_()


def _page(page: str, path: str | os.PathLike[str] | None) -> str:
    if path is not None:
        Path(path).write_text(page, encoding="utf-8")
    return page
