"""How a student's process is started: its command and its environment, plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.launcher.protocol import ProcessKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from classroom.config.limits import Limits
    from classroom.launcher.protocol import Start

STUDENT = "student"
UMASK = 0o002
"""What one makes the group may edit."""
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


def environment(start: Start, base: Mapping[str, str], home: Path) -> dict[str, str]:
    """Build a process's whole environment: nothing of the launcher's or the lab's own.

    Args:
        start: what is asked for.
        base: what all get.
        home: its own: whatever a shell, Python or an editor reads at start is in nobody else's
            hands.
    """
    return {
        **base,
        **start.environment,
        "HOME": str(home),
        "USER": STUDENT,
        "LOGNAME": STUDENT,
        "SHELL": "/bin/bash",
        "IPYTHONDIR": str(home / ".ipython"),
    }
