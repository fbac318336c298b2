"""Make imported objects immortal, so that forked kernels share their memory.

Python counts the references to an object in the object itself. The use of a function therefore
writes to its page, and a forked process then gets its own copy of that page. An immortal object
(PEP 683) has no count. Python makes its own constants immortal; this module does so for everything
that the fork server has imported, 500,000 objects, which are never freed anyway. A kernel then
starts with 7 MB less memory of its own.

Code that looks at the count treats these objects as shared: it never frees them, and never changes
them in place.
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
    """Say whether this Python keeps its counts at the place that this module expects."""
    if sys.implementation.name != "cpython" or sys.version_info[:2] not in TRIED:
        return False
    if sysconfig.get_config_var("Py_GIL_DISABLED") or sys.maxsize < 2**32:
        return False
    mortal = object()
    counted = ctypes.c_uint64.from_address(id(mortal)).value
    # The call itself holds one more.
    return counted == sys.getrefcount(mortal) - 1 and sys.getrefcount(None) == _none()


def _none() -> int:
    """Return the count of None, which is immortal."""
    return ctypes.c_uint64.from_address(id(None)).value


def _parts(code: CodeType) -> tuple[object, ...]:
    """Return the parts of a function's code, which the garbage collector doesn't know."""
    return (
        *(code.co_consts, code.co_names, code.co_filename, code.co_name, code.co_qualname),
        *(code.co_linetable, code.co_exceptiontable),
    )


def make_immortal() -> int:
    """Make all present objects immortal, except running frames.

    Call it after all imports and before `gc.freeze`: a garbage collection does not count immortal
    objects as work.

    Returns:
        The number of immortal objects; 0 if this Python does not allow it.
    """
    if not is_possible():
        return 0
    # Except objects in use here: frames, and this function's own.
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
