"""Compare our tables of upstream's private names with the installed packages.

The tables are ``lab/upstream/contract.md`` and ``hub/upstream/contract.md``. This module never
fails because upstream has renamed something: it reports each missing module, class or name in a
sentence, and all sentences together.
"""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

from classroom.runtime import code_names, packages
from classroom.runtime.contract_rows import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType

    from classroom.runtime.contract_rows import ContractRow

OURS = __name__.partition(".")[0]
COROUTINE = inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE


class ChangedError(RuntimeError):
    """Upstream has changed; the text lists every difference."""


def check(rows: Iterable[ContractRow], describe: Callable[[str], str] | None = None) -> None:
    """Compare a table with what is installed.

    Args:
        rows: the table.
        describe: names a module's package and its versions; `packages.package_of` by default.

    Raises:
        ChangedError: something differs. The program that relies on it must not start.
    """
    found = [(one.module, sentence) for one in rows if (sentence := difference(one))]
    if not found:
        return
    # Only now: this reads all packages, which takes a moment.
    describe = describe or packages.package_of
    named = {module: describe(module) for module, _ in found}
    lines = (f"\n- {named[module]}: {sentence}." for module, sentence in found)
    places = "one place" if len(found) == 1 else f"{len(found)} places"
    raise ChangedError(
        f"Upstream has changed in {places} that we rely on:{''.join(lines)}\n"
        "Adapt what is named, and its row, or put requirements/image.txt back"
        " (docs/develop/upstream.md)."
    )


def difference(one: ContractRow) -> str:
    """Describe how upstream differs from a row, without a full stop; "" if it does not.

    Args:
        one: the row of the table.
    """
    what = _difference(one)
    places = " and ".join(f"classroom/{place}" for place in one.used_in)
    return what and f"{one.name} {what}. {places} needs it: {one.why}"


def _difference(one: ContractRow) -> str:
    module, _, path = one.name.partition(":")
    try:
        owner: Any = importlib.import_module(module)
    except ImportError as error:
        return f"can't be imported ({error})"
    *parents, last = path.split(".")
    for parent in parents:
        owner = code_names.member(owner, parent)
        if owner is code_names.MISSING:
            return f"is no longer there: there is no {parent}"
        owner = _below_ours(owner)
    found = code_names.member(owner, last)
    if found is code_names.MISSING:
        named = isinstance(owner, type) and last in code_names.names_in(owner)
        return "" if one.shape is Shape.ATTRIBUTE and named else "is no longer there"
    if one.shape is Shape.ATTRIBUTE:
        return ""
    if one.shape is Shape.CLASS:
        return "" if isinstance(found, type) else f"is no longer {one.shape.value}"
    return _difference_of_call(one, code_names.code_of(found))


def _below_ours(owner: Any) -> Any:
    """Return upstream's class that one of our classes extends and replaces."""
    if not isinstance(owner, type):
        return owner
    return next(one for one in owner.__mro__ if one.__module__.partition(".")[0] != OURS)


def _difference_of_call(one: ContractRow, code: CodeType | None) -> str:
    if code is None or bool(code.co_flags & COROUTINE) != (one.shape is Shape.COROUTINE):
        return f"is no longer {one.shape.value}"
    found = code_names.parameters(code)
    if one.takes is not None and found != one.takes:
        return f"takes ({', '.join(found)}) and no longer ({', '.join(one.takes)})"
    used = set(code_names.names_of(code))
    if unused := [name for name in one.uses if name not in used]:
        return f"no longer uses {', '.join(unused)}"
    return ""
