"""What a caller gives: sources, tables beside them, models."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Iterable, Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Protocol, Union

from plait import _plait
from plait._errors import InputError, refuse

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
            named.extend(_given(text("the name of a source", name), of) for name, of in source.items())
        else:
            named.append(_given(None if is_path(source) else f"table_{len(named) + 1}", source))
    if not named:
        refuse("no source was given", "give one or more, by path or as tables: {\"pupils\": pupils, \"clinic\": clinic}")
    return named


def source(given: Source | Mapping[str, Source]) -> Given:
    """The only source."""
    named = sources([given])
    if len(named) != 1:
        refuse(f"one source is looked at, and {len(named)} were given", "give them one by one")
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
        return {"text": given.checked()}
    if not is_path(given):
        refuse(f"model is {_kind(given)}", "give a plait.Model, or the path or the text of a model file")
    path = os.fspath(given)
    return {"text": path} if "\n" in path else {"path": path}


def text(option: str, given: object) -> Any:
    """Text, or nothing."""
    return given if given is None or isinstance(given, str) else refuse(f"{option} is {_kind(given)}", "give text")


def number(option: str, given: object) -> float | None:
    """A number, or nothing."""
    if given is None or (isinstance(given, Real) and not isinstance(given, bool)):
        return None if given is None else float(given)
    refuse(f"{option} is {_kind(given)}", "give a number, without quotation marks")


def whole(option: str, given: object, least: int) -> Any:
    """A whole number from ``least`` on, or nothing."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, Integral):
        refuse(f"{option} is {_kind(given)}", "give a whole number")
    if not least <= int(given) < 1 << 63:
        refuse(f"{option} is {given}", f"give a whole number from {least} on")
    return int(given)


def day(option: str, given: object) -> str | None:
    """A day, as a date or as text, or nothing."""
    if isinstance(given, datetime.datetime):
        given = given.date()
    if isinstance(given, datetime.date):
        return given.isoformat()
    if given is None or isinstance(given, str):
        return given
    refuse(f"{option} is {_kind(given)}", "give a date, or write it as YYYY-MM-DD")


def words(option: str, given: object, example: str) -> list[tuple[str, str]]:
    """A dict of texts by texts; nothing is an empty one."""
    if given is None:
        return []
    help = f"give a dict, such as {option}={example}"
    if not isinstance(given, Mapping):
        refuse(f"{option} is {_kind(given)}", help)
    for key, value in given.items():
        if not isinstance(key, str):
            refuse(f"a key of {option} is {_kind(key)}", help)
        if not isinstance(value, str):
            refuse(f'{option}["{key}"] is {_kind(value)}', help)
    return list(given.items())


def roles(given: object) -> list[tuple[str, str]]:
    """What columns hold."""
    return words("roles", given, '{"Cms Id": "record_id"}')


def _kind(given: object) -> str:
    """Of which kind a value is; not the value, which may be one of a record."""
    name = type(given).__name__
    return f"an {name}" if name[0] in "aeiouAEIOU" else f"a {name}"


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
    return {"name": name, "path": None, "table": _taken(name or "the table", _typed(given))}


def _taken(name: str, given: ArrowStream) -> _plait.Table:
    try:
        return _plait.Table.of(given)
    except Exception as error:
        if isinstance(error, MemoryError) or not hasattr(given, "__arrow_c_stream__"):
            raise
        kind = type(error).__name__
    # what the library said is left out: it may hold the value that it could not convert
    columns = [f'"{column}"' for column in getattr(given, "columns", []) if not _is_taken(given, column)]
    raise InputError(
        "E027",
        f"{' and '.join(columns) or 'a column'} cannot be had as Arrow ({kind})",
        name,
        "a column is compared by single values of one type",
        'give each column one type, in pandas frame["REF"] = frame["REF"].astype("string"), or leave the column out',
    )


def _is_taken(given: Any, column: object) -> bool:
    try:
        _plait.Table.of(given[[column]])
    except Exception:
        return False
    return True


def _typed(given: ArrowStream) -> ArrowStream:
    """A frame of polars, whose columns without any value are of a type that it hands on in a form of its own."""
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(given, polars.DataFrame) and polars.Null in given.dtypes:
        typed: ArrowStream = given.cast({polars.Null: polars.String})
        return typed
    return given
