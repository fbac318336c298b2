"""Compare what we use of upstream beyond its public hooks with the installed packages.

The tables are ``lab/upstream/contract.md`` and ``hub/upstream/contract.md``. Nothing here
fails because upstream has renamed something: a missing module, class or name is a sentence like any
other, and all sentences come at once.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import metadata
from importlib.resources import files
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

OURS = __name__.partition(".")[0]
VERSIONS = "upstream_versions.json"
"""The versions in requirements/image.txt, beside this module; `make lock` writes it."""
MUST = re.compile(r"(attribute|class|function|coroutine)(?:\((.*)\))?")
COROUTINE = inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE
_MISSING = object()


class Shape(Enum):
    """What a name must be; the value completes "is no longer"."""

    ATTRIBUTE = "there"
    CLASS = "a class"
    FUNCTION = "a function that isn't awaited"
    COROUTINE = "a coroutine function"


@dataclass(frozen=True, slots=True)
class ContractRow:
    """One name of upstream's that we rely on.

    Attributes:
        name: ``module:Class.attribute``. An attribute that only instances have counts as there when
            any method of the class names it.
        used_in: our modules that use, override or patch it, from ``classroom/`` on.
        why: what for, without a full stop.
        shape: what it must be.
        takes: its parameters' names, with ``*`` or ``**`` before those that collect; None for any.
        uses: names that its own code must go on using, for our part to have an effect.
        public: upstream's issue or pull request that would make it public, if we know one.
    """

    name: str
    used_in: tuple[str, ...]
    why: str
    shape: Shape = Shape.ATTRIBUTE
    takes: tuple[str, ...] | None = None
    uses: tuple[str, ...] = ()
    public: str = ""

    @property
    def module(self) -> str:
        """The module that it is in."""
        return self.name.partition(":")[0]


def rows(text: str, *, leave_out: Collection[str] = ()) -> tuple[ContractRow, ...]:
    """Read a table's rows from its Markdown, which people read too.

    Args:
        text: sections with a table each: name, what it must be, what that goes on using, where we
            rely on it, what for, and the issue.
        leave_out: headings of sections whose rows aren't wanted.

    Raises:
        ValueError: a row isn't written as the others are.
    """
    found, heading = [], ""
    for line in text.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("| `") and heading not in leave_out:
            found.append(_row(line))
    return tuple(found)


def _row(line: str) -> ContractRow:
    name, must, uses, used_in, why, public = (cell.strip() for cell in line.strip("|").split("|"))
    call = MUST.fullmatch(must.strip("`"))
    if call is None or ":" not in name:
        raise ValueError(f"this row can't be read: {line}")
    takes = None if call[2] is None else tuple(re.findall(r"[*\w]+", call[2]))
    words = [tuple(re.findall(r"`([^`]+)`", cell)) for cell in (uses, used_in)]
    return ContractRow(
        name.strip("`"), words[1], why, Shape[call[1].upper()], takes, words[0], public
    )


class ChangedError(RuntimeError):
    """Upstream has changed; the text lists every difference."""


def check(rows: Iterable[ContractRow], describe: Callable[[str], str] | None = None) -> None:
    """Compare a table with what is installed.

    Args:
        rows: the table.
        describe: names the package of a module, and its versions; `package_of` without one.

    Raises:
        ChangedError: something differs. What relies on it must not start.
    """
    found = [(one.module, sentence) for one in rows if (sentence := difference(one))]
    if not found:
        return
    # Only now: to look through all packages takes a moment.
    describe = describe or package_of
    packages = {module: describe(module) for module, _ in found}
    lines = (f"\n- {packages[module]}: {sentence}." for module, sentence in found)
    places = "one place" if len(found) == 1 else f"{len(found)} places"
    raise ChangedError(
        f"Upstream has changed in {places} that we rely on:{''.join(lines)}\n"
        "Adapt what is named, and its row, or put requirements/image.txt back"
        " (docs/develop/upstream.md)."
    )


def difference(one: ContractRow) -> str:
    """Describe how upstream differs from a row, without a full stop; "" if it does not.

    Args:
        one: the row.
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
        owner = member(owner, parent)
        if owner is _MISSING:
            return f"is no longer there: there is no {parent}"
        owner = _below_ours(owner)
    found = member(owner, last)
    if found is _MISSING:
        named = isinstance(owner, type) and last in names_in(owner)
        return "" if one.shape is Shape.ATTRIBUTE and named else "is no longer there"
    if one.shape is Shape.ATTRIBUTE:
        return ""
    if one.shape is Shape.CLASS:
        return "" if isinstance(found, type) else f"is no longer {one.shape.value}"
    return _difference_of_call(one, code_of(found))


def _below_ours(owner: Any) -> Any:
    """Return the class of upstream's that one of ours is made of and stands in for."""
    if not isinstance(owner, type):
        return owner
    return next(one for one in owner.__mro__ if one.__module__.partition(".")[0] != OURS)


def _difference_of_call(one: ContractRow, code: CodeType | None) -> str:
    if code is None or bool(code.co_flags & COROUTINE) != (one.shape is Shape.COROUTINE):
        return f"is no longer {one.shape.value}"
    found = parameters(code)
    if one.takes is not None and found != one.takes:
        return f"takes ({', '.join(found)}) and no longer ({', '.join(one.takes)})"
    used = set(names_of(code))
    if unused := [name for name in one.uses if name not in used]:
        return f"no longer uses {', '.join(unused)}"
    return ""


def member(owner: Any, name: str) -> Any:
    """Return what a class or module has under a name, as it was defined, or a mark for nothing.

    Args:
        owner: the class, whose bases are looked through too, or the module.
        name: of the member.
    """
    if isinstance(owner, type):
        spaces: Iterator[Mapping[str, Any]] = map(vars, owner.__mro__)
        return next((space[name] for space in spaces if name in space), _MISSING)
    return getattr(owner, name, _MISSING)


def code_of(found: Any) -> CodeType | None:
    """Return a function's code, below what decorates it; None if it is no Python function.

    A patch of ours says by `functools.wraps` what it stands before: upstream's is looked at, and
    the tables hold before and after our patches alike.

    Args:
        found: a function, a property, a classmethod or a staticmethod.
    """
    if isinstance(found, property):
        found = found.fget
    elif isinstance(found, classmethod | staticmethod):
        found = found.__func__
    code = getattr(inspect.unwrap(found) if callable(found) else None, "__code__", None)
    return code if isinstance(code, CodeType) else None


def parameters(code: CodeType) -> tuple[str, ...]:
    """List a function's parameters by name, with ``*`` or ``**`` before those that collect.

    Args:
        code: the function's.
    """
    names, count = code.co_varnames, code.co_argcount + code.co_kwonlyargcount
    collecting = [
        mark
        for mark, flag in (("*", inspect.CO_VARARGS), ("**", inspect.CO_VARKEYWORDS))
        if code.co_flags & flag
    ]
    rest = (f"{mark}{names[count + at]}" for at, mark in enumerate(collecting))
    return (*names[:count], *rest)


def names_of(code: CodeType) -> Iterator[str]:
    """Go through the names that a function uses, functions inside it included.

    Args:
        code: the function's.
    """
    yield from code.co_names
    yield from code.co_freevars
    yield from code.co_varnames
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from names_of(inner)


@cache
def names_in(owner: type) -> frozenset[str]:
    """Return the names that a class's own and inherited methods use, and those that it declares.

    Args:
        owner: the class.
    """
    found = set[str]()
    for base in owner.__mro__:
        space = vars(base)
        found.update(space.get("__annotations__", ()))
        for one in space.values():
            if (code := code_of(one)) is not None:
                found.update(code.co_names)
                for inner in code.co_consts:
                    if isinstance(inner, CodeType):
                        found.update(inner.co_names)
    return frozenset(found)


def package_of(module: str) -> str:
    """Name the package that a module is of, with the version installed and the one we know.

    Args:
        module: its full name; it need not be there.
    """
    name = distribution_of(module)
    known: dict[str, str] = json.loads(
        files("classroom.runtime").joinpath(VERSIONS).read_text(encoding="utf-8")
    )
    expected = known.get(name.lower().replace("_", "-"), "another version")
    try:
        return f"{name} {metadata.version(name)} (we were written for {expected})"
    except metadata.PackageNotFoundError:
        return f"{name}, which isn't installed (we were written for {expected})"


def distribution_of(module: str) -> str:
    """Name the package that a module is of; a guess by its name where none has it.

    Several packages may share a name, as ``pycrdt`` is pycrdt's, pycrdt-store's and
    pycrdt-websocket's: of these the one that has a file of the module, or else of its parent.

    Args:
        module: its full name.
    """
    top = module.partition(".")[0]
    names = sorted(set(metadata.packages_distributions().get(top, ())))
    if len(names) < 2:  # noqa: PLR2004
        return names[0] if names else top.replace("_", "-")
    parts = module.split(".")
    owned = {name: {str(file) for file in metadata.files(name) or ()} for name in names}
    for length in range(len(parts), 0, -1):
        path = "/".join(parts[:length])
        for ending in (f"{path}.py", f"{path}/__init__.py"):
            for name in names:
                if ending in owned[name]:
                    return name
    return names[0]
