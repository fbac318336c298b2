"""List students' processes, and the kernel or terminal to which each of them belongs.

A process may leave its session, its group and its parent (`nohup setsid … &`, daemons); it still
belongs to the kernel or terminal that started it. Three things tell which one: its ancestors, the
kernel or terminal found before the ancestors ended, or the home in its environment.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.launcher import process_table
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from classroom.launcher.process_table import Key, Process

STRAY = "session "
"""Begins the name of a group that belongs to no launched process; its session's id follows."""


def owners(
    processes: Mapping[int, Process],
    launched: Mapping[int, str],
    known: Mapping[Key, str],
    home: Callable[[int], str],
) -> dict[Key, str]:
    """Find the group to which each process belongs.

    Args:
        processes: all students' processes, by their ids.
        launched: the homes of the running kernels, terminals and tasks, by process id.
        known: the groups that were found before.
        home: reads a process's home; called only if nothing else is known.

    Returns:
        The group of each process: a home, or the name of its session.
    """
    found: dict[Key, str] = {}
    for process in processes.values():
        belongs = known.get(process.key, "")
        for pid in _line(process, processes):
            if pid in launched:
                belongs = launched[pid]
                break
            if not belongs and (ancestor := processes.get(pid)) is not None:
                belongs = found.get(ancestor.key, "") or known.get(ancestor.key, "")
        if not belongs or belongs.startswith(STRAY):
            belongs = launched.get(process.session, "") or home(process.pid)
        found[process.key] = belongs or f"{STRAY}{process.session}"
    return found


def _line(process: Process, processes: Mapping[int, Process]) -> Iterator[int]:
    """Yield the ids of a process and its ancestors, up to the first that is no student's."""
    seen: set[int] = set()
    while process.pid not in seen:
        seen.add(process.pid)
        yield process.pid
        parent = processes.get(process.parent)
        if parent is None:
            return
        process = parent


def kind_of(group: str) -> str:
    """Return a group's kind in the class's language: "kernel", "terminal", "task" or "program"."""
    if group.startswith(STRAY):
        return gettext("program")
    return gettext(Path(group).name.partition("-")[0])


KINDS = (gettext_noop("kernel"), gettext_noop("terminal"), gettext_noop("task"))
"""The beginnings of groups' names (`classroom.launcher.protocol.ProcessKind`)."""


class Census:
    """Students' processes, which `take` lists again."""

    def __init__(self, is_students: Callable[[int], bool]) -> None:
        """Begin without processes.

        Args:
            is_students: tells whether a user id belongs to a lab's code.
        """
        self._is_students = is_students
        self._theirs: dict[Key, int] = {}
        self._owners: dict[Key, str] = {}
        self.processes: dict[int, Process] = {}

    def take(self, launched: Mapping[int, str], home: Callable[[int], str]) -> None:
        """List the processes in one pass.

        Args:
            launched: the homes of the running kernels, terminals and tasks, by process id.
            home: reads a process's home.
        """
        found: dict[int, Process] = {}
        for name in os.listdir(process_table.PROC):  # noqa: PTH208 (thousands, twice a second)
            if not name.isdecimal() or (process := process_table.read(int(name))) is None:
                continue
            uid = self._theirs.get(process.key) or process_table.user_of(process.pid)
            if uid is not None and self._is_students(uid):
                found[process.pid] = replace(
                    process, tables=process_table.tables(process.pid), uid=uid
                )
        self.processes = found
        self._theirs = {process.key: process.uid for process in found.values()}
        self._owners = owners(found, launched, self._owners, home)

    def groups(self) -> dict[str, list[Process]]:
        """Return the processes of each group."""
        found: dict[str, list[Process]] = {}
        for process in self.processes.values():
            found.setdefault(self._owners[process.key], []).append(process)
        return found

    def group_of(self, process: Process) -> str:
        """Return the group to which a process belongs."""
        return self._owners[process.key]

    def left_behind(self, homes: Collection[str]) -> set[str]:
        """List the groups whose kernel or terminal has ended.

        Args:
            homes: the homes of the running kernels, terminals and tasks.
        """
        return {
            group
            for group in self._owners.values()
            if not group.startswith(STRAY) and group not in homes
        }
