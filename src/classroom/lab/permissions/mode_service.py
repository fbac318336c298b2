"""Who drives the lab just now: kept on the volume, and told to every page."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

from classroom.lab.connections.registry import name_of
from classroom.lab.permissions.mode import SAFE, Mode, Outdated, decode
from classroom.lab.permissions.removed_guests import RemovedGuests
from classroom.lab.upstream import request_patches
from classroom.runtime import files
from classroom.runtime.lab_room_names import room_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tornado.websocket import WebSocketHandler

    from classroom.lab.connections.registry import Connections

LOG = logging.getLogger("classroom.driving")
NOTICE_SECONDS = 2.0
"""How often somebody is told at most that something of theirs wasn't taken."""


class ModeService:
    """What holds in one lab. One event loop's: nothing here is for threads."""

    def __init__(self, connections: Connections, guests: RemovedGuests | None = None) -> None:
        """Let everybody write: so it is where only the rooms are measured.

        Args:
            connections: the lab's, with its pages.
            guests: who was removed from the lab; None for nobody.
        """
        self._connections = connections
        self._guests = guests or RemovedGuests()
        self.mode = Mode()
        self.tutors: frozenset[str] = frozenset()
        self.owner = ""
        """Whose lab it is to the Hub, somebody's or a room's; "" for the class's."""
        self.viewers: frozenset[str] = frozenset()
        """Who only looks on in this lab, whoever drives: the configuration says so, or a share."""
        self.outdated = Outdated()
        self._file: Path | None = None
        self._told: dict[str, float] = {}
        self._telling: set[str] = set()

    def load(self, file: Path) -> None:
        """Go on with what held before the lab was restarted.

        Args:
            file: where it is kept. What can't be read lets nobody write but tutors.
        """
        self._file = file
        try:
            self.mode = decode(file.read_bytes())
        except FileNotFoundError:
            self.mode = Mode()
        except (OSError, ValueError) as error:
            LOG.warning(
                "The view-only setting can't be read; all students are view-only: %s", error
            )
            self.mode = SAFE

    def switch(self, mode: Mode) -> None:
        """Have another mode hold from now on, and tell everybody.

        Raises:
            OSError: it can't be kept, and doesn't hold.
        """
        if self._file is not None:
            files.write_private(self._file, mode.encode())
        self.mode = mode
        self.tell()

    def appoint(self, tutors: frozenset[str], viewers: frozenset[str] = frozenset()) -> None:
        """Take over who is a tutor now; so is the owner, in a lab of their own.

        Args:
            tutors: the class's.
            viewers: who only looks on here by the configuration, or by a share.
        """
        tutors = tutors | {self.owner} if self.owner else tutors
        if (tutors, viewers) != (self.tutors, self.viewers):
            self.tutors, self.viewers = tutors, viewers
            self.tell()

    def is_removed(self, name: str) -> bool:
        """Say whether somebody was removed from this lab; the owner and tutors never are."""
        return name in self._guests.names - self.tutors

    def looks_on(self, name: str) -> bool:
        """Say whether somebody only looks on, whoever drives."""
        return name in self.viewers - self.tutors

    def is_view_only(self, name: str) -> bool:
        """Say whether somebody may only look on."""
        return self.looks_on(name) or self.mode.is_view_only(name, self.tutors)

    def state(self, name: str) -> dict[str, Any]:
        """Return what somebody's page is told.

        Args:
            name: the signed-in user's.

        Returns:
            For a tutor also what holds for each single student, and, in a lab of somebody's own,
            who was removed from it.
        """
        found: dict[str, Any] = {
            "type": "driving",
            "tutor": name in self.tutors,
            "viewOnly": self.is_view_only(name),
            "driver": self.mode.driver,
            "outdated": self.outdated.of(name),
        }
        if self.looks_on(name):
            found["looksOn"] = True
        if name in self.tutors:
            found["people"] = dict(self.mode.people)
            if self.owner and not room_of(self.owner):
                found["removed"] = sorted(self._guests.names)
        return found

    def tell(self) -> None:
        """Tell every page what holds for whoever is at it."""
        for page in self._connections.pages():
            page.say(self.state(name_of(page)))

    def refuse(self, name: str, clients: Iterable[int] = ()) -> None:
        """Take note that something of somebody's wasn't taken, and tell their pages.

        Args:
            name: theirs.
            clients: ids of the copies of documents that it came from.
        """
        self.outdated.add(name, clients)
        if name in self._telling:
            return
        self._telling.add(name)
        wait = self._told.get(name, -NOTICE_SECONDS) + NOTICE_SECONDS - time.monotonic()
        asyncio.get_running_loop().call_later(max(0, wait), self._tell_refused, name)

    def _tell_refused(self, name: str) -> None:
        self._telling.discard(name)
        self._told[name] = time.monotonic()
        for page in self._connections.pages():
            if name_of(page) == name:
                page.say({**self.state(name), "refused": True})

    def guard(self, handler: WebSocketHandler) -> None:
        """Have a socket take nothing while its user is view-only.

        Args:
            handler: of any kind; those that judge their messages themselves (``judges``) are left
                alone, and a kernel's, whose connection does
                (`classroom.lab.execution.kernel_websocket`).
        """
        if getattr(handler, "judges", False) or isinstance(handler, KernelWebsocketHandler):
            return
        takes = handler.on_message

        def judge(message: str | bytes) -> Any:
            return None if self.is_view_only(name_of(handler)) else takes(message)

        request_patches.hear_instead(handler, judge)
