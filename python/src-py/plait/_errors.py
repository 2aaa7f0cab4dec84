"""What can go wrong, as exceptions with one line each and what to do in ``help``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar

from plait import _plait

P = ParamSpec("P")
T = TypeVar("T")


class PlaitError(Exception):
    """Something that Plait cannot do as it was asked.

    ``code`` is the stable code (``E012``; ``plait explain E012`` says more), ``what`` one sentence, ``place``
    where, ``why`` why it matters and ``help`` what to do. No value of a record is in any of them. ``others``
    are further errors that were found at the same time.

    >>> try:
    ...     plait.link("nowhere.csv")
    ... except plait.PlaitError as error:
    ...     print(error.code, error.help)
    E001 check ...
    """

    def __init__(self, code: str, what: str, place: str | None, why: str | None, help: str) -> None:
        super().__init__(f"[{code}] {what}" + (f" ({place})" if place else ""))
        self.code = code
        self.what = what
        self.place = place
        self.why = why
        self.help = help
        self.others: list[PlaitError] = []

    def __reduce__(self) -> tuple[object, ...]:
        told = (self.code, self.what, self.place, self.why, self.help)
        return type(self), told, {"others": self.others}


class UsageError(PlaitError):
    """The call or the model was written wrongly."""


class InputError(PlaitError):
    """A source cannot be used."""


class QualityError(PlaitError):
    """The result did not meet a gate."""


_OF_KIND: dict[str, type[PlaitError]] = {"usage": UsageError, "input": InputError, "quality": QualityError}


def refuse(what: str, help: str, why: str | None = None) -> NoReturn:
    """Raises what is wrong with a call."""
    raise UsageError("E016", what, None, why, help)


def asked(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Calls the compiled part, and raises what it refuses as one of these."""
    try:
        return call(*args, **kwargs)
    except _plait.Refused as refused:
        error = refused_as(str(refused))
    raise error


def refused_as(faults: str) -> PlaitError:
    """What the compiled part refused, as one of these."""
    first, *others = [
        _OF_KIND.get(fault["kind"], PlaitError)(
            fault["code"],
            in_python(fault["what"]),
            fault["place"],
            None if fault["why"] is None else in_python(fault["why"]),
            in_python(fault["help"]),
        )
        for fault in json.loads(faults)
    ]
    first.others = others
    return first


_CALLED = {"role": "roles", "as": "is_a", "link-type": "link_type", "ages-on": "ages_on"}


def in_python(text: str) -> str:
    """A message in which options are called as they are in Python: ``roles={"REF": "record_id"}`` for ``--role "REF=record_id"``."""
    text = re.sub(r'--role "([^"=]+)=([^"]+)"', r'roles={"\1": "\2"}', text)
    text = text.replace("plait model new", "plait.Model.automatic")
    text = re.sub(r"--([a-z]+(?:-[a-z]+)*)", lambda option: _CALLED.get(option[1], option[1]), text)
    return re.sub(r"\bplait (look|read|link)(?: FILE)?\b", r"plait.\1", text)
