"""Models: made, read, explained, compared, brought from and to Splink."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Union

from plait import _given, _plait
from plait._errors import asked, in_python, refuse
from plait._given import Path, Source
from plait._progress import Progress, Shown

Level = Union[str, Mapping[str, Any]]


class Model:
    """What is compared, how pairs are found and when they are linked.

    None is needed: :func:`plait.link` chooses one from the data. A model is made here step by step, each of which
    gives a new model; comparisons, levels and keys are written as in a model file, which is the text that a model
    is (:meth:`to_toml`). Nothing is learned before it is used.

    ``link_type`` is ``link_only`` (pairs of different sources), ``dedupe_only`` or ``link_and_dedupe``; without it, one
    source is searched for duplicates, and of several the data say whether one holds a person twice. ``clustering`` is
    how links become people: ``connected_components``, everything that links reach, unless it is ``best_link`` (of each
    record only the link that is best for one of its ends), ``one_to_one`` (at most one record of each source) or
    ``correlation`` (what the evidence over all pairs speaks for). ``columns`` says what columns hold, by header
    (``{"Cms Id": "record_id"}``). A pair is linked from a match probability of
    ``threshold`` on (0.95 unless said), and is for a person to look at from ``review_from`` on (0.5).

    >>> model = (
    ...     plait.Model("two lists", link_type="link_only")
    ...     .compare("forename", ["exact", "nickname", "jaro_winkler >= 0.88"], term_frequency=True)
    ...     .compare("surname", ["exact", "jaro_winkler >= 0.92"])
    ...     .compare("date_of_birth", ["exact", "day and month swapped", "same year"])
    ...     .block_on("date_of_birth")
    ...     .block_on("surname soundex", "postcode district")
    ... )
    >>> linkage = plait.link({"pupils": pupils, "clinic": clinic}, model=model)
    >>> linkage.model.difference(model)[0]
    '...'
    """

    def __init__(
        self,
        name: str = "model",
        *,
        link_type: str | None = None,
        clustering: str | None = None,
        columns: Mapping[str, str] | None = None,
        threshold: float | None = None,
        review_from: float | None = None,
    ) -> None:
        accept = {"match_probability": threshold, "review_from": review_from}
        self._text = _section(
            "", {"format": 1, "model": name, "link_type": link_type, "clustering": clustering}
        )
        if columns:
            self._text += _section("[columns]", columns)
        if threshold is not None or review_from is not None:
            self._text += _section("[accept]", accept)
        # what is said here is checked as part of the smallest model
        asked(_plait.check_model, {"text": self._text + _section("[[compare]]", {"field": "surname", "levels": ["exact"]})})
        self._is_begun = False
        self.notes: list[str] = []
        """What of Splink's settings has no counterpart."""

    @classmethod
    def automatic(
        cls,
        *sources: Source | Mapping[str, Source],
        roles: Mapping[str, str] | None = None,
        names: Source | None = None,
        seed: int = 1,
        progress: Progress | bool | None = None,
    ) -> Model:
        """Chooses a model for these sources and trains it on them, as ``plait model new`` does.

        Sources are given as to :func:`plait.link`.

        >>> print(plait.Model.automatic({"pupils": pupils, "clinic": clinic}).explain())
        The model "chosen from the data" ...
        """
        given, known = _given.sources(sources), _given.table("names", names)
        with Shown(progress) as told:
            text, _ = asked(
                _plait.choose_model, given, _given.roles(roles), known, _given.seed(seed), told
            )
        return cls._of(text)

    @classmethod
    def children(cls, *fields: str) -> Model:
        """The comparisons that suit children in the files of councils and of the NHS; they learn from the data.

        ``fields`` are those that the sources have, of forename, surname, date_of_birth, upn, nhs_number, postcode,
        address and sex; without any, forename, surname, date_of_birth, postcode and sex.

        >>> plait.Model.children("forename", "surname", "date_of_birth", "upn").block_on("upn")
        The model "children" ...
        """
        default = ("forename", "surname", "date_of_birth", "postcode", "sex")
        return cls._of(asked(_plait.children_model, list(fields or default)))

    @classmethod
    def from_toml(cls, model: Path) -> Model:
        """Reads a model file, by its path or its text, which has several lines. All mistakes are found at once.

        >>> plait.Model.from_toml('''
        ... format = 1
        ... [[compare]]
        ... field = "surname"
        ... levels = ["exact", "jaro_winler >= 0.9"]
        ... ''')
        Traceback (most recent call last):
        plait._errors.UsageError: [E015] ...
        """
        given = _given.model(model)
        assert given is not None
        asked(_plait.check_model, given)
        return cls._of(given["text"] if "text" in given else _given.text_of(given["path"]))

    @classmethod
    def from_splink(cls, settings: Mapping[str, Any] | Path) -> Model:
        """Brings Splink settings over, with m and u: a dict, the path of a JSON file, or JSON.

        What Plait does not translate is refused with ``E017``; ``notes`` say what has no counterpart.
        """
        if isinstance(settings, Mapping):
            given = {"text": json.dumps(settings)}
        elif isinstance(settings, str) and settings.lstrip().startswith("{"):
            given = {"text": settings}
        else:
            given = {"path": os.fspath(settings)}
        brought, notes = asked(_plait.from_splink, given)
        model = cls._of(brought)
        model.notes = [in_python(note) for note in notes]
        return model

    @classmethod
    def _of(cls, text: str, is_begun: bool = True) -> Model:
        model = cls.__new__(cls)
        model._text, model._is_begun, model.notes = text, is_begun, []
        return model

    def compare(
        self,
        field: str | Sequence[str],
        levels: Sequence[Level] | Level = ("exact",),
        *,
        name: str | None = None,
        term_frequency: bool | Mapping[str, Any] = False,
        missing: str | None = None,
    ) -> Model:
        """Also compares a field, or several together, which then need a ``name``.

        ``levels`` are tried from the first on, and an ``else`` is added; one may stand alone. Each is a text as in a model file, or a
        dict with ``when`` and, if need be, ``label`` and ``term_frequency``.
        """
        fields = {"field": field} if isinstance(field, str) else {"fields": list(field)}
        levels = [levels] if isinstance(levels, (str, Mapping)) else list(levels)
        rest = {"levels": levels, "term_frequency": term_frequency or None, "missing": missing}
        return self._with("[[compare]]", {"name": name, **fields, **rest})

    def block_on(self, *keys: str) -> Model:
        """Also compares pairs that agree on all of these keys: a field, or a field and a part (``"surname soundex"``)."""
        return self._with("[[candidates]]", {"same": list(keys)})

    def link_on(
        self,
        *keys: str,
        name: str | None = None,
        unless_different: Iterable[str] = (),
        unless_unequal: Iterable[str] = (),
        unless_ambiguous: bool = False,
    ) -> Model:
        """Also links pairs that agree on all of these keys, whatever they weigh (a deterministic rule)."""
        guards = {
            "unless_different": list(unless_different) or None,
            "unless_unequal": list(unless_unequal) or None,
            "unless_ambiguous": unless_ambiguous or None,
        }
        return self._with("[[deterministic]]", {"name": name, "same": list(keys), **guards})

    def _with(self, heading: str, keys: Mapping[str, Any]) -> Model:
        is_begun = self._is_begun or heading in ("[[compare]]", "[[deterministic]]")
        model = self._of(self._text + _section(heading, keys), is_begun)
        model.notes = list(self.notes)
        # what links or compares nothing yet is no model that could be checked
        if model._is_begun:
            asked(_plait.check_model, {"text": model._text})
        return model

    def _checked(self) -> str:
        """The model as a model file that can be used."""
        if not self._is_begun:
            refuse(
                "the model compares nothing yet, and links nothing",
                'add a comparison, such as model.compare("surname", ["exact", "jaro_winkler >= 0.92"])',
            )
        return self._text

    def to_toml(self, path: Path | None = None) -> str:
        """The model as a model file; also written to ``path``."""
        if path is not None:
            _given.write(path, self._text)
        return self._text

    def to_splink(self, path: Path | None = None) -> dict[str, Any]:
        """The model as settings of Splink 5; also written to ``path``. What Splink cannot say is refused with ``E017``."""
        text = asked(_plait.to_splink, {"text": self._checked()})
        if path is not None:
            _given.write(path, text)
        settings: dict[str, Any] = json.loads(text)
        return settings

    def explain(self) -> str:
        """What the model does, in plain English."""
        return asked(_plait.explain_model, {"text": self._checked()})[0]

    def difference(self, other: Model) -> list[str]:
        """What differs in the other model, a line each; empty if both do the same."""
        return asked(_plait.difference_of_models, {"text": self._checked()}, {"text": other._checked()})

    def __repr__(self) -> str:
        return self.explain().rstrip() if self._is_begun else f"A model that compares nothing yet:\n{self._text}"

    def _repr_html_(self) -> str:
        if not self._is_begun:
            return f"<pre>{html.escape(repr(self))}</pre>"
        prose, chart = asked(_plait.explain_model, {"text": self._text})
        paragraphs = "".join(
            f'<p style="white-space: pre-line">{html.escape(text)}</p>' for text in prose.strip().split("\n\n")
        )
        return paragraphs + (chart or "")


def _section(heading: str, keys: Mapping[str, Any]) -> str:
    lines = [f"{_key(key)} = {_toml(value)}" for key, value in keys.items() if value is not None]
    return "\n".join(["", heading, *lines, ""]) if heading else "\n".join([*lines, ""])


def _key(key: str) -> str:
    return key if key.replace("_", "").isascii() and key.replace("_", "").isalnum() else _toml(key)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(of)}" for key, of in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_toml(of) for of in value) + "]"
    # the escapes of JSON are among those of TOML, but for pairs of surrogates, which are not escaped here
    return json.dumps(str(value), ensure_ascii=False)
