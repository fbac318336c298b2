"""Have nobody count the references to what was imported, so that forked kernels share its memory.

Python counts the references to an object in the object: to use a function writes to the page that
it is on, and a forked process then has that page for itself. An object that is immortal (PEP 683)
has no count. Python makes such of its own constants; here everything that the fork server has
imported becomes so, 500,000 objects, of which nothing is ever freed anyway. A kernel starts with
7 MB less of its own.

What depends on the count goes the way that it goes for shared objects: nothing here is freed, or
changed in place because nobody else has it.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import sysconfig
from types import CodeType, FrameType

TRIED = {(3, 12), (3, 13)}
"""Versions of CPython whose objects begin with a count of 64 bits; one value means none."""


def is_possible() -> bool:
    """Say whether this Python keeps its counts where they are looked for."""
    if sys.implementation.name != "cpython" or sys.version_info[:2] not in TRIED:
        return False
    if sysconfig.get_config_var("Py_GIL_DISABLED") or sys.maxsize < 2**32:
        return False
    mortal = object()
    counted = ctypes.c_uint64.from_address(id(mortal)).value
    # The call itself holds one more.
    return counted == sys.getrefcount(mortal) - 1 and sys.getrefcount(None) == _none()


def _none() -> int:
    """Return what None, which is immortal, has as its count."""
    return ctypes.c_uint64.from_address(id(None)).value


def _parts(code: CodeType) -> tuple[object, ...]:
    """Return what a function's code consists of, which the collector doesn't know."""
    return (
        *(code.co_consts, code.co_names, code.co_filename, code.co_name, code.co_qualname),
        *(code.co_linetable, code.co_exceptiontable),
    )


def make_immortal() -> int:
    """Make all objects immortal that there are now, but for what runs.

    Call it when everything is imported, and before `gc.freeze`: a collection takes immortal objects
    for no work of its own.

    Returns:
        How many there are; 0 where it isn't possible.
    """
    if not is_possible():
        return 0
    # Not those that are about to be used here: frames, and what this function makes.
    found: set[int] = set()
    left = gc.get_objects()
    own = {id(found), id(left)}
    while left:
        one = left.pop()
        if id(one) in found or id(one) in own or isinstance(one, FrameType):
            continue
        found.add(id(one))
        left.extend(_parts(one) if isinstance(one, CodeType) else gc.get_referents(one))
    count, immortal = ctypes.c_uint64.from_address, _none()
    for place in found:
        count(place).value = immortal
    return len(found)
