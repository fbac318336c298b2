"""What classes and functions of upstream's have: members, parameters, and names that they use."""

from __future__ import annotations

import inspect
from functools import cache
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MISSING = object()
"""What `member` returns for nothing."""


def member(owner: Any, name: str) -> Any:
    """Return what a class or module has under a name, as it was defined, or a mark for nothing.

    Args:
        owner: the class, whose bases are looked through too, or the module.
        name: of the member.
    """
    if isinstance(owner, type):
        spaces: Iterator[Mapping[str, Any]] = map(vars, owner.__mro__)
        return next((space[name] for space in spaces if name in space), MISSING)
    return getattr(owner, name, MISSING)


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
