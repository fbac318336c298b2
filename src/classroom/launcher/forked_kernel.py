"""Make a forked process a student's kernel, before any student's code runs in it.

For a kernel that starts cold, the programs of `command.prefix` do the same one after the other, and
`classroom.launcher.process` does the rest. A difference between the two is an error
(`tests/container/test_warm_kernels.py` compares them).
"""

from __future__ import annotations

import ctypes
import functools
import gc
import os
import resource
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from classroom.launcher import shown_command
from classroom.launcher.command import DIES_FIRST
from classroom.runtime import lab_users
from classroom.sandbox import lab_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.launcher.shown_command import Map

PDEATHSIG, DUMPABLE = 1, 4  # prctl(2)
NO_FOLDER = 125
"""Exit status of a kernel whose folder can't be entered, as in env(1)."""
LIMITS = {
    "memory": resource.RLIMIT_DATA,
    "processes": resource.RLIMIT_NPROC,
    "files": resource.RLIMIT_NOFILE,
}
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Kernel:
    """A kernel to become.

    Attributes:
        command: program and arguments that would start it cold.
        environment: its whole environment.
        folder: the absolute path of the folder in which it starts.
        limits: its limits by their names in `LIMITS`; 0 for none.
        uid: the id of its user.
        gid: the id of its only group.
        umask: its umask.
        lab: the number of its lab.
        parent: the process id of the launcher, with which it ends.
    """

    command: tuple[str, ...]
    environment: dict[str, str]
    folder: str
    limits: dict[str, int]
    uid: int
    gid: int
    umask: int
    lab: int
    parent: int


def become(kernel: Kernel, current: Map, output: int, told: int) -> None:
    """Become a student's process, which keeps only the imported modules of the parent.

    The order matters. The steps that need root come first, and all steps come before a student may
    trace this process: nobody may until it is dumpable again.

    Args:
        kernel: the kernel to become.
        current: the memory map of this process, as the parent has read it.
        output: the descriptor of its stdout and stderr.
        told: another descriptor to keep, which the caller closes.

    Raises:
        OSError: the system refuses a step; no code may run in this process then.
    """
    _keep(output, told)
    os.setsid()
    Path("/proc/self/oom_score_adj").write_text(str(DIES_FIRST), encoding="ascii")
    os.setgroups([])
    os.setresgid(kernel.gid, kernel.gid, kernel.gid)
    os.setresuid(kernel.uid, kernel.uid, kernel.uid)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    # To become another user clears it: after that.
    _prctl(PDEATHSIG, signal.SIGKILL)
    if os.getppid() != kernel.parent:  # it ended before it could take this one with it
        os._exit(1)
    shown_command.show(current, kernel.command, kernel.environment)
    for name, number in LIMITS.items():
        if limit := kernel.limits[name]:
            resource.setrlimit(number, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(kernel.umask)
    if kernel.lab != lab_users.CLASS:
        lab_code.enter(kernel.lab)
    # To become another user has made it undumpable: it could not read its own /proc/self.
    _prctl(DUMPABLE, 1)
    os.environ.clear()
    os.environ.update(kernel.environment)
    tempfile.tempdir = None  # what the parent has looked up is not this lab's (TMPDIR)
    try:
        os.chdir(kernel.folder)
    except OSError as error:
        os.write(2, f"cannot change directory to {kernel.folder}: {error.strerror}\n".encode())
        os._exit(NO_FOLDER)


def _keep(output: int, told: int) -> None:
    """Close every descriptor but the first three, and one that the caller closes."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, number in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, number)
    for first, last in ((3, told), (told + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])):
        os.closerange(first, last)


def _prctl(what: int, value: int) -> None:
    if LIBC.prctl(what, value, 0, 0, 0) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def must_start_cold() -> bool:
    """Say whether the current folder has settings that an import of matplotlib would read."""
    return "matplotlib" in sys.modules and Path("matplotlibrc").exists()


def start_cold(kernel: Kernel) -> None:
    """Execute the program that starts the kernel cold."""
    os.execve(kernel.command[0], kernel.command, kernel.environment)  # noqa: S606


def refresh(kernel: Kernel, variables: Mapping[str, str]) -> None:
    """Replace state that must differ between forked kernels.

    Python itself does so for `random`. Libraries that ask the system for each random number need
    nothing.

    Args:
        kernel: the kernel that this process has become.
        variables: environment variables that a library, such as debugpy, has set at its import.
    """
    loaded: Any = sys.modules
    os.environ.update(variables)
    sys.argv, sys.orig_argv = _arguments(kernel), list(kernel.command)
    sys.dont_write_bytecode = False
    if "multiprocessing.process" in loaded:  # with this key other processes may use its managers
        loaded["multiprocessing.process"].current_process().authkey = os.urandom(32)
    if "numpy.random" in loaded:
        loaded["numpy.random"].seed()
    if "sysconfig" in loaded:  # it knows the parent's home
        loaded["sysconfig"]._CONFIG_VARS = None  # noqa: SLF001
        loaded["sysconfig"]._CONFIG_VARS_INITIALIZED = False  # noqa: SLF001
    if "matplotlib" in loaded:
        _refresh_matplotlib(loaded)
    gc.enable()


def _arguments(kernel: Kernel) -> list[str]:
    """Return sys.argv as ``-m`` makes it."""
    return [str(sys.modules["ipykernel_launcher"].__file__), *kernel.command[4:]]


def _refresh_matplotlib(loaded: Any) -> None:
    """Have matplotlib look for its folders again: it knows the parent's."""
    matplotlib = loaded["matplotlib"]
    for found in (matplotlib.get_configdir, matplotlib.get_cachedir):
        cells = dict(zip(found.__code__.co_freevars, found.__closure__ or (), strict=True))
        if "called" in cells:
            cells["called"].cell_contents = False
    if (style := loaded.get("matplotlib.style")) is not None:
        style.USER_LIBRARY_PATHS[:] = [str(_matplotlibs_folder() / "stylelib")]


def _matplotlibs_folder() -> Path:
    """Return the folder of matplotlib's settings, as its documentation names it; make nothing.

    `matplotlib.get_configdir` makes the folder: for most kernels, which never ask for it, in vain.
    """
    settings = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(os.environ.get("MPLCONFIGDIR") or Path(settings, "matplotlib")).resolve()


class KernelsModules:
    """`sys` with only the modules that a kernel would have after a cold start.

    At its start a kernel notes the files of all loaded modules, and its debugger takes them for the
    kernel's own. Reading all modules would also copy pages of each into this process's memory.
    """

    def __init__(self) -> None:
        """Note the modules that are loaded."""
        files = {name: getattr(one, "__file__", None) for name, one in sys.modules.items()}
        # The names are beside one another in memory, not spread over the modules' memory.
        self.modules = {
            name: SimpleNamespace(__file__=file and f"{file[:1]}{file[1:]}")
            for name, file in files.items()
        }

    def __getattr__(self, name: str) -> Any:
        """Return another attribute of `sys`."""
        return getattr(sys, name)


def note_kernels_modules() -> None:
    """Remember the modules that a kernel has after a cold start; the parent calls this."""
    loaded: Any = sys.modules
    loaded["ipykernel.ipkernel"].sys = KernelsModules()


def _take_connection_file(application: Any, _: Any = None) -> None:
    """Read the only argument of a warm kernel (`warm_kernels.is_images_kernel`).

    traitlets would first make an option for each of a kernel's settings to parse it.
    """
    loader: Any = sys.modules["traitlets.config.loader"]
    application.argv = sys.argv[1:]
    own = loader.Config()
    own.IPKernelApp.connection_file = application.argv[-1]
    application.cli_config, application.extra_args = own, []
    application.update_config(own)


def run() -> None:
    """Run the kernel, until it ends, as `ipykernel_launcher` does."""
    loaded: Any = sys.modules
    del loaded["ipykernel_launcher"]
    application = loaded["ipykernel.kernelapp"].IPKernelApp.instance()
    application.parse_command_line = functools.partial(_take_connection_file, application)
    application.initialize()
    loaded["ipykernel.ipkernel"].sys = sys
    application.start()
