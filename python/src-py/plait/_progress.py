"""How far a run is, on the terminal or in a notebook."""

from __future__ import annotations

import html
import sys
from collections.abc import Callable
from typing import Any

from plait import _given
from plait._errors import refuse

Progress = Callable[[str, float], object]


def refuse_other(progress: object) -> None:
    """Refuses what is neither a function nor a truth nor nothing."""
    if not (progress is None or isinstance(progress, bool) or callable(progress)):
        refuse(f"progress is {_given.kind(progress)}", "give a function of stage and share, True or False")


class Shown:
    """Shows how far a run is, while it runs; nothing stays of it.

    In a notebook a display that is updated, on a terminal a line; where neither is there, nothing unless it is asked for.
    """

    def __init__(self, progress: Progress | bool | None) -> None:
        self._call: Progress | None = None
        self._clear: Callable[[], object] = lambda: None
        refuse_other(progress)
        if callable(progress):
            self._call = progress
        elif progress is not False:
            notebook = _notebook()
            if notebook is not None:
                self._call, self._clear = notebook.show, notebook.clear
            elif progress or sys.stderr.isatty():
                line = _Line()
                self._call, self._clear = line.show, line.clear

    def __enter__(self) -> Progress | None:
        return self._call

    def __exit__(self, *_: object) -> None:
        self._clear()


class _Line:
    def __init__(self) -> None:
        self._width = 0

    def show(self, stage: str, share: float) -> None:
        line = f"{stage} {share:4.0%}"
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = len(line)

    def clear(self) -> None:
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()


class _Notebook:
    def __init__(self, display: Any) -> None:
        self._display = display
        self._handle: Any = None
        self._last = ""

    def show(self, stage: str, share: float) -> None:
        bar = f'<progress max="100" value="{share * 100:.0f}"></progress> {html.escape(stage)} {share:.0%}'
        if bar == self._last:
            return
        self._last = bar
        if self._handle is None:
            self._handle = self._display.display(self._display.HTML(bar), display_id=True)
        else:
            self._handle.update(self._display.HTML(bar))

    def clear(self) -> None:
        if self._handle is not None:
            self._handle.update(self._display.HTML(""))


def _notebook() -> _Notebook | None:
    """The notebook that this runs in. What nobody has imported is not imported for it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    # a shell on a terminal has no kernel
    if getattr(shell, "kernel", None) is None:
        return None
    from IPython import display  # type: ignore[import-not-found,unused-ignore]

    return _Notebook(display)
