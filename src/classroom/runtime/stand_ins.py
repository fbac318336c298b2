"""Leave modules out of a process that imports them and never uses them."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

StandIns = tuple[tuple[str, tuple[tuple[str, type], ...]], ...]
"""Modules' names, and the classes that are imported from them by name, with what each is derived
from."""


def _made(name: str, classes: tuple[tuple[str, type], ...]) -> ModuleType:
    made = ModuleType(name, "Left out of this process: classroom.runtime.stand_ins.")
    for called, base in classes:
        setattr(made, called, type(called, (base,), {}))
    return made


@contextmanager
def left_out(table: StandIns) -> Iterator[None]:
    """Import without some modules: what imports them finds stand-ins with nothing in them.

    Afterwards the modules can be imported as ever. What was imported before stays.

    Args:
        table: the modules.
    """
    made = {name: _made(name, classes) for name, classes in table}
    ours = {name: one for name, one in made.items() if name not in sys.modules}
    sys.modules.update(ours)
    try:
        yield
    finally:
        for name, one in ours.items():
            if sys.modules.get(name) is one:
                del sys.modules[name]
