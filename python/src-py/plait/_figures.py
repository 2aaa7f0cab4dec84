"""Figures that come out as dicts, and look like tables in a notebook."""

from __future__ import annotations

import html
from typing import Any


class Figures(dict[str, Any]):
    """Figures by name, as ``run.json`` has them; a table in a notebook."""

    def _repr_html_(self) -> str:
        return _cell(self)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        rows = "".join(f"<tr><th>{_words(name)}</th><td>{_cell(of)}</td></tr>" for name, of in value.items())
        return f"<table>{rows}</table>"
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        names = list(dict.fromkeys(name for row in value for name in row))
        head = "".join(f"<th>{_words(name)}</th>" for name in names)
        rows = "".join(
            "<tr>" + "".join(f"<td>{_cell(row.get(name))}</td>" for name in names) + "</tr>" for row in value
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    if isinstance(value, list):
        return ", ".join(_cell(of) for of in value)
    return html.escape(_shown(value))


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return _figure(value) if isinstance(value, float) else str(value)


def _figure(value: float) -> str:
    """Shares have four digits; what is not all of something, or not nothing, never looks like it."""
    if not abs(value) < 1:
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    if value and abs(value) < 0.00005:
        return f"{value:.1e}"
    return f"{max(-0.9999, min(value, 0.9999)):.4f}"


def _words(name: str) -> str:
    return html.escape(name.replace("_", " "))
