"""Build the command and the environment of a student's process: plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.launcher.protocol import ProcessKind
from classroom.runtime import lab_users
from classroom.sandbox import lab_code

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from classroom.config.limits import Limits
    from classroom.launcher.protocol import Start

UMASK, UMASK_OF_LABS = 0o002, 0o007
"""The group may edit new files; in a lab other than the class, nobody else may open them."""
TEMPORARY = "tmp"
"""The folder for temporary files in a home, for labs whose code can't use /tmp."""
DIES_FIRST = 900
"""oom_score_adj (proc(5)): when memory runs out, the system ends a kernel, not the lab server."""


def prefix(kind: ProcessKind, limits: Limits, folder: str) -> tuple[str, ...]:
    """Build the first part of a command line: small programs, each of which executes the next one.

    They already run as `student`, so that no process of root's uses a folder or an environment that
    somebody else has made. The process ends with the launcher, because nobody could end it later.

    Args:
        kind: a terminal's process leads a session of its own on the terminal that is its stdin.
        limits: what the process may use.
        folder: the absolute path of the folder in which it starts.
    """
    memory = (f"--data={limits.memory}",) if limits.memory else ()
    processes = (f"--nproc={limits.processes}",) if limits.processes else ()
    return (
        *("/usr/bin/env", f"--chdir={folder}"),
        *("/usr/bin/setpriv", "--pdeathsig", "KILL", "--"),
        *("/usr/bin/setsid", *(("--ctty",) if kind is ProcessKind.TERMINAL else ()), "--"),
        *("/usr/bin/prlimit", *memory, *processes, f"--nofile={limits.files}", "--core=0", "--"),
        *("/usr/bin/choom", "-n", str(DIES_FIRST), "--"),
        # The lab, the Hub and the front have priority over all students' programs (SCHED_IDLE,
        # sched(7)). Students' programs share the processor time that is left.
        *("/usr/bin/chrt", "--idle", "0"),
    )


def umask(lab: int) -> int:
    """Return the umask of a lab's code.

    Args:
        lab: the number of its lab.
    """
    return UMASK if lab == lab_users.CLASS else UMASK_OF_LABS


def in_lab(python: str, lab: int) -> tuple[str, ...]:
    """Build the very first part of a command line, which confines the command to its lab.

    Args:
        python: the image's interpreter.
        lab: the lab's number; the class's code is not confined.
    """
    return () if lab == lab_users.CLASS else lab_code.prefix(python, lab)


def environment(
    start: Start, base: Mapping[str, str], home: Path, lab: int = lab_users.CLASS
) -> dict[str, str]:
    """Build a process's whole environment, without variables of the launcher or the lab server.

    Args:
        start: the request.
        base: the environment of all processes.
        home: the process's own home; nobody else can change the files that a shell, Python or an
            editor reads at its start.
        lab: the number of its lab.
    """
    name = lab_users.code(lab).name
    own = {} if lab == lab_users.CLASS else {"TMPDIR": str(home / TEMPORARY)}
    return {
        **base,
        **start.environment,
        **own,
        "HOME": str(home),
        "USER": name,
        "LOGNAME": name,
        "SHELL": "/bin/bash",
        "IPYTHONDIR": str(home / ".ipython"),
    }
