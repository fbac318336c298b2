"""Fork a child of this process's parent: clone(2) with CLONE_PARENT, which `os.fork` can't do.

The parent waits for the child and reads its exit status, and the child ends with the parent
(PR_SET_PDEATHSIG), as if the parent had started it. The process that calls this may end before the
child. This does not use glibc's fork, and therefore does the rest of its work: it runs Python's
hooks, and sets libc's copy of the thread's id and its list of robust locks again. Handlers of
pthread_atfork(3) don't run: the process must have only one thread, and they are not needed then.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import threading
from pathlib import Path

CLONE_PARENT, CHILD_CLEARTID, CHILD_SETTID = 0x8000, 0x200000, 0x1000000
FLAGS = CLONE_PARENT | CHILD_CLEARTID | CHILD_SETTID | signal.SIGCHLD
GET_TID_ADDRESS = 40  # prctl(2); a kernel may be built without it
CALLS = {"x86_64": (56, 273, 274), "aarch64": (220, 99, 100)}
"""Numbers of clone, set_robust_list and get_robust_list."""
# Each keeps the GIL: nothing of Python's may run between the clone and Python's own hooks.
LIBC = ctypes.PyDLL(None, use_errno=True)
BEFORE, IN_PARENT, IN_CHILD = (
    getattr(ctypes.pythonapi, name)
    for name in ("PyOS_BeforeFork", "PyOS_AfterFork_Parent", "PyOS_AfterFork_Child")
)
for hook in (BEFORE, IN_PARENT, IN_CHILD):
    hook.argtypes, hook.restype = (), None


class UnsupportedError(RuntimeError):
    """The machine's kernel, or an imported module, does not allow it; the text says why."""


class Clone:
    """Forks children of this process's parent."""

    def __init__(self) -> None:
        """Read what a child has to set again.

        Raises:
            UnsupportedError: it can't be read.
        """
        if (machine := platform.machine()) not in CALLS:
            raise UnsupportedError(f"not tried on {machine}")
        self._clone, self._set_robust, get_robust = CALLS[machine]
        self._thread = ctypes.c_void_p()
        self._robust, self._size = ctypes.c_void_p(), ctypes.c_size_t()
        LIBC.prctl(GET_TID_ADDRESS, ctypes.byref(self._thread), 0, 0, 0)
        LIBC.syscall(get_robust, 0, ctypes.byref(self._robust), ctypes.byref(self._size))
        its = self._thread.value and ctypes.c_int.from_address(self._thread.value).value
        if its != threading.get_native_id():
            raise UnsupportedError("the kernel doesn't say where libc keeps the thread's id")
        thread, none = self._thread, ctypes.c_void_p()
        rest = (none, thread) if machine == "aarch64" else (thread, none)
        self._arguments = (ctypes.c_long(FLAGS), none, none, *rest)

    def fork(self) -> int:
        """Fork.

        Returns:
            0 in the child; in this process the child's id.

        Raises:
            UnsupportedError: this process has several threads.
            OSError: the kernel refuses.
        """
        if (several := len(list(Path("/proc/self/task").iterdir()))) > 1:
            raise UnsupportedError(f"what was imported goes on in {several - 1} threads")
        BEFORE()
        pid = LIBC.syscall(self._clone, *self._arguments)
        if pid == 0:
            IN_CHILD()
            LIBC.syscall(self._set_robust, self._robust, self._size)
            return 0
        number = ctypes.get_errno()
        IN_PARENT()
        if pid < 0:
            raise OSError(number, os.strerror(number))
        return int(pid)
