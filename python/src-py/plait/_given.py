"""What a caller gives: sources, tables beside them, models."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Union

from plait import _plait

if TYPE_CHECKING:
    from plait._model import Model


class ArrowStream(Protocol):
    """A table that hands out its columns, such as a frame of polars or pandas."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


Path = Union[str, "os.PathLike[str]"]
Source = Union[Path, ArrowStream]
Given = dict[str, Any]


def sources(given: Iterable[Source | Mapping[str, Source]]) -> list[Given]:
    """Sources by name where they are in a dict; unnamed tables are ``table_1``, ``table_2`` and so on."""
    named: list[Given] = []
    for source in given:
        if isinstance(source, Mapping):
            named.extend(_given(name, of) for name, of in source.items())
        else:
            named.append(_given(None if is_path(source) else f"table_{len(named) + 1}", source))
    return named


def source(given: Source | Mapping[str, Source]) -> Given:
    """The only source."""
    named = sources([given])
    if len(named) != 1:
        raise TypeError(f"one source is looked at, and {len(named)} were given: give them one by one")
    return named[0]


def table(name: str, given: Source | None) -> Given | None:
    """A table beside the sources, by its path or by its rows, which are called so in messages."""
    return None if given is None else _given(None if is_path(given) else name, given)


def model(given: Model | Path | None) -> Given | None:
    """A model; a text is a path unless it has several lines."""
    from plait._model import Model

    if given is None:
        return None
    if isinstance(given, Model):
        return {"text": given.to_toml()}
    path = os.fspath(given)
    return {"text": path} if "\n" in path else {"path": path}


def is_path(given: object) -> bool:
    return isinstance(given, (str, os.PathLike))


def text_of(path: Path) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _given(name: str | None, given: Source) -> Given:
    if isinstance(given, (str, os.PathLike)):
        return {"name": name, "path": os.fspath(given), "table": None}
    return {"name": name, "path": None, "table": _plait.Table.of(given)}
