"""Leave modules out of a process that imports them but rarely uses them."""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

StandIns = tuple[tuple[str, tuple[tuple[str, type], ...] | None], ...]
"""Names of modules, with the classes that are imported from them and their base classes; None for a
module that looks as if it were not installed."""

ALEMBIC: StandIns = (
    ("alembic", ()),
    ("alembic.command", ()),
    ("alembic.config", ()),
    ("alembic.script", (("ScriptDirectory", object),)),
)
"""The parts of it that `jupyterhub.orm` imports."""
NOT_FOR_THE_HUB: StandIns = (
    *ALEMBIC,
    # A format of JSON schemas newer than those of the Hub's events.
    ("isoduration", None),
    # `oauthenticator` imports it before any other authenticator.
    ("oauthenticator.cilogon", ()),
)
"""Modules that the Hub, and programs that only read its settings, import but rarely use."""


def _made(name: str, classes: tuple[tuple[str, type], ...] | None) -> ModuleType | None:
    if classes is None:
        return None
    made = ModuleType(name, "Left out of this process: classroom.runtime.stand_ins.")
    for called, base in classes:
        setattr(made, called, type(called, (base,), {}))

    def real(attribute: str) -> Any:
        if sys.modules.get(name) is made:
            raise AttributeError(f"{name}.{attribute} is left out of this process")
        return getattr(importlib.import_module(name), attribute)

    made.__getattr__ = real  # type: ignore[method-assign]  # PEP 562
    return made


@contextmanager
def left_out(table: StandIns) -> Iterator[None]:
    """Replace some modules by empty stand-ins during imports.

    Afterwards the modules can be imported normally, and a stand-in gets a missing attribute from
    the real module, which it loads then. Modules that were imported before stay.

    Args:
        table: the modules.
    """
    made = {name: _made(name, classes) for name, classes in table}
    ours = {name: one for name, one in made.items() if name not in sys.modules}
    sys.modules.update(ours)  # type: ignore[arg-type]  # None: it can't be imported
    try:
        yield
    finally:
        for name, one in ours.items():
            if sys.modules.get(name, ours) is one:
                del sys.modules[name]
