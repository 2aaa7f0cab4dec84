"""Looking at a source, and reading a return."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping
from typing import Any

from plait import _given, _plait
from plait._errors import asked, in_python
from plait._given import Path, Source
from plait._progress import Progress, Shown
from plait._table import Table


class Look:
    """What is in a source, as :func:`look` found it. Holds no value of a record but in five masked rows."""

    def __init__(self, text: str, facts: dict[str, Any], columns: Table, issues: list[str]) -> None:
        self.facts = facts
        """Everything that was found, as ``plait look --json`` prints it."""
        self.columns = columns
        """A row per column: what it means and why, how much of it is filled and valid, what there is to know."""
        self.issues = issues
        """What is wrong with the source, one line each."""
        self._text = text

    def __repr__(self) -> str:
        return self._text.rstrip()

    def _repr_html_(self) -> str:
        title = html.escape(self._text.split("\n", 1)[0])
        return f"<p>{title}</p>{_list(self.issues)}{self.columns.to_html(len(self.columns))}"


def look(
    source: Source | Mapping[str, Source],
    *,
    sheet: str | None = None,
    is_a: str | None = None,
    roles: Mapping[str, str] | None = None,
    progress: Progress | bool | None = None,
) -> Look:
    """Says what is in a source before anything is linked, as ``plait look`` does.

    ``source`` is a table in memory, a file, or the folder or zip archive of a statutory return; ``is_a`` says
    which return it is where its content does not, ``sheet`` names a sheet of a workbook, and ``roles`` says what
    columns hold.

    >>> seen = plait.look({"pupils": pupils})
    >>> [(row["column"], row["role"]) for row in seen.columns.rows()]
    [('ref', 'record_id'), ('forename', 'forename'), ('surname', 'surname'), ('dob', 'date_of_birth'), ('postcode', 'postcode')]
    """
    with Shown(progress) as told:
        text, facts, columns, issues = asked(
            _plait.look,
            _given.source(source),
            _given.optional(_given.text, "sheet", sheet),
            _given.optional(_given.text, "is_a", is_a),
            _given.roles(roles),
            told,
        )
    return Look(text, json.loads(facts), Table(columns), [in_python(issue) for issue in issues])


class Reading:
    """A statutory return that was read, as :func:`read` gives it."""

    def __init__(self, reading: tuple[str, str, list[str], list[str], _plait._Kept | None]) -> None:
        text, facts, issues, wrote, kept = reading
        tables, findings, columns = kept if kept is not None else ([], None, None)
        self.facts: dict[str, Any] = json.loads(facts)
        """What ``dataset.json`` holds: which return it is, how it was known, how many rows."""
        self.tables: dict[str, Table] = {name: Table(table) for name, table in tables}
        """Identity and payload by name, joined by ``record_key``; empty if they were written to a folder."""
        self.findings = None if findings is None else Table(findings)
        """What is wrong with the return, worst first; ``None`` if it was written to a folder."""
        self.columns = None if columns is None else Table(columns)
        """Completeness and validity of every column; ``None`` if it was written to a folder."""
        self.issues = [in_python(issue) for issue in issues]
        """What is wrong with the files, one line each."""
        self.wrote = wrote
        """The files that were written."""
        self._text = text

    def __repr__(self) -> str:
        return self._text.rstrip()

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{len(table):,}</td></tr>" for name, table in self.tables.items()
        )
        head = "<thead><tr><th>table</th><th>rows</th></tr></thead>"
        title = html.escape(self._text.split("\n", 1)[0])
        findings = "" if self.findings is None else self.findings._repr_html_()
        return f"<p>{title}</p>{_list(self.issues)}<table>{head}<tbody>{rows}</tbody></table>{findings}"


def read(
    source: Path | Mapping[str, Path],
    *,
    is_a: str | None = None,
    out: Path | None = None,
    progress: Progress | bool | None = None,
) -> Reading:
    """Reads a statutory return or health extract: checks it, and takes identity and payload apart.

    ``source`` is a file, a folder or a zip archive, known by its content; ``is_a`` says which return it is, or
    names a file that describes it. The tables stay in memory; with ``out`` they go to that folder instead, as
    ``plait read`` writes them, and need not fit into memory.

    >>> reading = plait.read("borough/children_in_need_2026.xml")                             # doctest: +SKIP
    >>> reading.tables["identity"].to_polars()                                                # doctest: +SKIP
    """
    folder = None if out is None else os.fspath(out)
    with Shown(progress) as told:
        return Reading(asked(_plait.read, _given.source(source), folder, _given.optional(_given.text, "is_a", is_a), told))


def _list(lines: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(line)}</li>" for line in lines) + "</ul>" if lines else ""
