"""Tables that come out."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

from plait import _given, _plait
from plait._errors import asked

SHOWN = 10

_OF_KIND: dict[str, Callable[[str], Any]] = {
    "whole": int,
    "number": float,
    "truth": lambda cell: cell == "true",
}


class Table:
    """Rows and columns, as Arrow has them.

    Whatever knows ``__arrow_c_stream__`` takes it without a copy: ``polars.DataFrame(table)``,
    ``pyarrow.table(table)``, ``duckdb.from_arrow(pyarrow.table(table))``, and from its version 3 on pandas:
    ``pandas.DataFrame.from_arrow(table)``. :meth:`to_pandas` is for any version.
    """

    def __init__(self, table: _plait.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return len(self._table)

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return self._table.column_names

    def rows(self, first: int = 0, n: int = SHOWN) -> list[dict[str, Any]]:
        """Up to ``n`` rows from ``first`` on: numbers and truths as such, all else as text; ``None`` where a value is
        missing."""
        first, n = _given.whole("first", first, 0), _given.whole("n", n, 0)
        kinds = [_OF_KIND.get(kind, str) for kind in self._table.kinds]
        return [
            {
                name: None if cell is None else kind(cell)
                for name, kind, cell in zip(self.columns, kinds, row)
            }
            for row in asked(self._table.cells, first, n)
        ]

    def to_polars(self) -> Any:
        """A frame of polars, which must be installed."""
        import polars

        return polars.DataFrame(self)

    def to_pandas(self) -> Any:
        """A frame of pandas, which must be installed with pyarrow."""
        return self.to_pyarrow().to_pandas()

    def to_pyarrow(self) -> Any:
        """A table of pyarrow, which must be installed."""
        import pyarrow  # type: ignore[import-untyped,unused-ignore]

        return pyarrow.table(self)

    def __repr__(self) -> str:
        cells = [self.columns] + [[_shown(cell) for cell in row] for row in asked(self._table.cells, 0, SHOWN)]
        widths = [max(len(row[at]) for row in cells) for at in range(len(self.columns))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]
        left = len(self) - SHOWN
        return "\n".join([*lines, f"... {left:,} more rows"] if left > 0 else lines)

    def _repr_html_(self) -> str:
        return self.to_html(SHOWN)

    def to_html(self, n: int) -> str:
        """The first ``n`` rows as a table of HTML."""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_shown(cell))}</td>" for cell in row) + "</tr>"
            for row in asked(self._table.cells, 0, n)
        )
        more = f"<caption>{len(self):,} rows</caption>"
        return f"<table>{more}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _shown(cell: str | None) -> str:
    return "" if cell is None else cell
