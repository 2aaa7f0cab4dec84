"""What a caller gives: sources, tables beside them, models."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Union

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
T = TypeVar("T")


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
        return {"text": given._checked()}
    if not is_path(given):
        refuse(f"model is {kind(given)}", "give a plait.Model, or the path or the text of a model file")
    path = os.fspath(given)
    return {"text": path} if "\n" in path else {"path": path}


def optional(check: Callable[..., T], option: str, given: object, *rest: Any) -> T | None:
    """What a check gives, or nothing of nothing."""
    return None if given is None else check(option, given, *rest)


def text(option: str, given: object) -> str:
    return given if isinstance(given, str) else refuse(f"{option} is {kind(given)}", "give text")


def number(option: str, given: object) -> float:
    help = "give a number, such as 0.95"
    if isinstance(given, bool) or not isinstance(given, (Real, Decimal)):
        refuse(f"{option} is {kind(given)}", help)
    try:
        return float(given)
    except OverflowError:
        refuse(f"{option} is too large a number", help)


def whole(option: str, given: object, least: int, most: int = (1 << 63) - 1) -> int:
    help = f"give a whole number from {least:,} to {most:,}"
    if isinstance(given, bool) or not isinstance(given, Integral):
        refuse(f"{option} is {kind(given)}", help)
    return int(given) if least <= int(given) <= most else refuse(f"{option} is out of range", help)


def seed(given: object) -> int:
    return whole("seed", given, 0, (1 << 64) - 1)


def day(option: str, given: object) -> str:
    """A day, as a date or as text."""
    if isinstance(given, str):
        return given
    # a moment that is none, as pandas has it, is unlike itself
    if isinstance(given, datetime.date) and given == given:
        return given.isoformat()[:10]
    refuse(f"{option} is {kind(given)}", "give a date, or write it as YYYY-MM-DD")


def words(option: str, given: object, example: str) -> list[tuple[str, str]]:
    """A dict of texts by texts; nothing is an empty one."""
    if given is None:
        return []
    help = f"give a dict, such as {option}={example}"
    if not isinstance(given, Mapping):
        refuse(f"{option} is {kind(given)}", help)
    for key, value in given.items():
        if not isinstance(key, str):
            refuse(f"a key of {option} is {kind(key)}", help)
        if not isinstance(value, str):
            refuse(f'{option}["{key}"] is {kind(value)}', help)
    return list(given.items())


def roles(given: object) -> list[tuple[str, str]]:
    """What columns hold."""
    return words("roles", given, '{"Cms Id": "record_id"}')


def kind(given: object) -> str:
    """Of which type something is: ``a str``, ``a polars DataFrame``. Not what it is, which may be a value of a record."""
    of = type(given)
    name = of.__name__ if of.__module__ == "builtins" else f"{of.__module__.split('.')[0]} {of.__name__}"
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
    return {"name": name, "path": None, "table": _taken(name or "the table", typed(given))}


def _taken(name: str, given: ArrowStream) -> _plait.Table:
    try:
        return _plait.Table.of(given)
    except Exception as error:
        if isinstance(error, MemoryError) or not hasattr(given, "__arrow_c_stream__"):
            raise
        raised = type(error).__name__
    # what the library said is left out: it may hold the value that it could not convert
    mixed = _mixed(given)
    if mixed:
        raise InputError(
            "E027",
            f"{mixed} values of several types",
            name,
            "a column is compared by single values of one type",
            'make them text, in pandas frame["REF"] = frame["REF"].astype("string"), or leave them out',
        )
    raise InputError(
        "E027",
        f"the rows cannot be had from {kind(given)} ({raised})",
        name,
        "what it says is not repeated, as it may hold values of records",
        "ask it for the rows without plait, and see what it says: pyarrow.table(rows)",
    )


def _mixed(given: Any) -> str | None:
    """Which columns of a frame of pandas hold values that are of no one type, in words. By their places: a header may be a
    value, where a file had none."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(given, pandas.DataFrame):
        return None
    places = [str(at + 1) for at in range(given.shape[1]) if not _is_taken(given.iloc[:, [at]])]
    if len(places) == 1:
        return f"column {places[0]} holds"
    return f"columns {', '.join(places[:-1])} and {places[-1]} hold" if places else None


def _is_taken(given: Any) -> bool:
    try:
        _plait.Table.of(given)
    except Exception:
        return False
    return True


def typed(given: Any) -> Any:
    """A frame or a series of polars, whose columns without any value are of a type that it hands on in a form of its own."""
    polars = sys.modules.get("polars")
    if polars is None:
        return given
    if isinstance(given, polars.DataFrame) and polars.Null in given.dtypes:
        return given.cast({polars.Null: polars.String})
    if isinstance(given, polars.Series) and given.dtype == polars.Null:
        return given.cast(polars.String)
    return given
