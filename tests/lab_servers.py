"""Code that runs as a lab's server does: with its user, sandbox and environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classroom.runtime import lab_users

if TYPE_CHECKING:
    from tests.labs import Lab

ENTER = """
import os, sys
from classroom.egress import lock
from classroom.runtime.paths import Paths
from classroom.supervisor import services
code, number = sys.argv[1:]
paths = Paths().of_lab(int(number))
lab = services.lab(paths, {"PATH": os.environ["PATH"]}, lock.read(paths).kind, 0)
command = list(lab.command)
own = command.index("classroom.lab") - 3
words = [*command[:own], command[own], "-I", "-c", code]
os.chdir("/")
environment = {name: str(value) for name, value in lab.environment.items()}
os.execvpe(words[0], words, environment)
"""
"""Puts the process into the state of a lab's server, up to its own program."""


def run(lab: Lab, code: str, number: int = lab_users.CLASS) -> Any:
    """Run code as a lab's server.

    Args:
        lab: the container.
        code: Python, which prints JSON.
        number: the lab's number; by default the class's.

    Returns:
        What it printed.
    """
    return lab.answer("/opt/classroom/bin/python", "-I", "-c", ENTER, code, str(number))
