"""How a student's process is started: its command and its environment, plain values."""

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
"""What one makes the group may edit; of a lab other than the class, nobody else may open it."""
TEMPORARY = "tmp"
"""The folder for temporary files in a home, where /tmp is out of reach."""
DIES_FIRST = 900
"""oom_score_adj (proc(5)): when memory runs out a kernel ends, never the lab server."""


def prefix(kind: ProcessKind, limits: Limits, folder: str) -> tuple[str, ...]:
    """Build what stands before a command: small programs, each of which execs the next.

    Run as `student` already, so that neither a folder nor an environment of somebody else's making
    reaches a process of root's. A process ends with the launcher: nobody could end it after that.

    Args:
        kind: a terminal's process leads a session of its own on the terminal that is its stdin.
        limits: what it may use.
        folder: where it starts; an absolute path.
    """
    memory = (f"--data={limits.memory}",) if limits.memory else ()
    processes = (f"--nproc={limits.processes}",) if limits.processes else ()
    return (
        *("/usr/bin/env", f"--chdir={folder}"),
        *("/usr/bin/setpriv", "--pdeathsig", "KILL", "--"),
        *("/usr/bin/setsid", *(("--ctty",) if kind is ProcessKind.TERMINAL else ()), "--"),
        *("/usr/bin/prlimit", *memory, *processes, f"--nofile={limits.files}", "--core=0", "--"),
        *("/usr/bin/choom", "-n", str(DIES_FIRST), "--"),
        # Whatever students compute, the lab, the Hub and the front come first (SCHED_IDLE,
        # sched(7)); among themselves, and while those rest, they have all there is.
        *("/usr/bin/chrt", "--idle", "0"),
    )


def umask(lab: int) -> int:
    """Return what code may not let others do with what it makes.

    Args:
        lab: the number of its lab.
    """
    return UMASK if lab == lab_users.CLASS else UMASK_OF_LABS


def in_lab(python: str, lab: int) -> tuple[str, ...]:
    """Build what stands before all else, and keeps a command to its lab.

    Args:
        python: the image's interpreter.
        lab: the lab's number; the class's code is kept to nothing.
    """
    return () if lab == lab_users.CLASS else lab_code.prefix(python, lab)


def environment(
    start: Start, base: Mapping[str, str], home: Path, lab: int = lab_users.CLASS
) -> dict[str, str]:
    """Build a process's whole environment: nothing of the launcher's or the lab's own.

    Args:
        start: what is asked for.
        base: what all get.
        home: its own: whatever a shell, Python or an editor reads at start is in nobody else's
            hands.
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
