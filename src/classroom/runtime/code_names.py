"""Find the members, parameters and used names of upstream's classes and functions."""

from __future__ import annotations

import inspect
from functools import cache
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MISSING = object()
"""The result of `member` if there is no such member."""


def member(owner: Any, name: str) -> Any:
    """Return a member of a class or module as it was defined, or `MISSING`.

    Args:
        owner: the class, with its bases, or the module.
        name: the member's name.
    """
    if isinstance(owner, type):
        spaces: Iterator[Mapping[str, Any]] = map(vars, owner.__mro__)
        return next((space[name] for space in spaces if name in space), MISSING)
    return getattr(owner, name, MISSING)


def code_of(found: Any) -> CodeType | None:
    """Return a function's code without its decorators; None if it is no Python function.

    Our patches use `functools.wraps`, so this returns upstream's code, and the tables are valid
    before and after our patches.

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
        code: the function's code.
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
    """Yield the names that a function uses, also in functions inside it.

    Args:
        code: the function's code.
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
