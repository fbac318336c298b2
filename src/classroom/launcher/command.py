"""How a student's process is started: its command and its environment, plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.launcher.protocol import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from classroom.launcher.protocol import Start

STUDENT = "student"
UMASK = 0o002
"""What one makes the group may edit."""
DIES_FIRST = 900
"""oom_score_adj (proc(5)): when memory runs out a kernel ends, never the lab server."""


@dataclass(frozen=True)
class Limits:
    """What a process may use.

    Attributes:
        memory: bytes of address space that it may write (RLIMIT_DATA); 0 for no limit.
        processes: how many all students' processes together may be, threads included.
        files: open files of each.
    """

    memory: int = 0
    processes: int = 0
    files: int = 4096


def prefix(kind: Kind, limits: Limits) -> tuple[str, ...]:
    """Build what stands before a command: util-linux' small programs, each of which execs the next.

    Run as `student` already. A process ends with the launcher: nobody could end it after that.

    Args:
        kind: a terminal's process leads a session of its own on the terminal that is its stdin.
        limits: what it may use.
    """
    memory = (f"--data={limits.memory}",) if limits.memory else ()
    processes = (f"--nproc={limits.processes}",) if limits.processes else ()
    return (
        *("setpriv", "--pdeathsig", "KILL", "--"),
        *("setsid", *(("--ctty",) if kind is Kind.TERMINAL else ()), "--"),
        *("prlimit", *memory, *processes, f"--nofile={limits.files}", "--core=0", "--"),
        *("choom", "-n", str(DIES_FIRST), "--"),
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
