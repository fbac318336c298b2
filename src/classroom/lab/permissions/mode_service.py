"""Keep the lab's mode on the volume, and send it to every page."""

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
"""Fewest seconds between two notices to a person that something was rejected."""


class ModeService:
    """The mode of one lab. For one event loop; not safe for threads."""

    def __init__(self, connections: Connections, guests: RemovedGuests | None = None) -> None:
        """Let everybody write, as if only the rooms are measured.

        Args:
            connections: the lab's connections, with its pages.
            guests: the guests whom a tutor removed from the lab; None for no guests.
        """
        self._connections = connections
        self._guests = guests or RemovedGuests()
        self.mode = Mode()
        self.tutors: frozenset[str] = frozenset()
        self.owner = ""
        """The lab's owner in the Hub, a person or a room; "" for the class's lab."""
        self.viewers: frozenset[str] = frozenset()
        """People who are view-only here by the configuration or a share, in every mode."""
        self.outdated = Outdated()
        self._file: Path | None = None
        self._told: dict[str, float] = {}
        self._telling: set[str] = set()

    def load(self, file: Path) -> None:
        """Load the mode from before the lab's restart.

        Args:
            file: the saved mode. If it can't be read, only tutors may write.
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
        """Save and apply another mode, and send it to every page.

        Raises:
            OSError: it can't be saved, and isn't applied.
        """
        if self._file is not None:
            files.write_private(self._file, mode.encode())
        self.mode = mode
        self.tell()

    def appoint(self, tutors: frozenset[str], viewers: frozenset[str] = frozenset()) -> None:
        """Set the present tutors; in a personal lab, its owner counts as one.

        Args:
            tutors: the class's tutors.
            viewers: the people who are view-only here by the configuration, or by a share.
        """
        tutors = tutors | {self.owner} if self.owner else tutors
        if (tutors, viewers) != (self.tutors, self.viewers):
            self.tutors, self.viewers = tutors, viewers
            self.tell()

    def is_removed(self, name: str) -> bool:
        """Say whether a person was removed from this lab; never true for the owner and tutors."""
        return name in self._guests.names - self.tutors

    def looks_on(self, name: str) -> bool:
        """Say whether a person is view-only by the configuration or a share, in every mode."""
        return name in self.viewers - self.tutors

    def is_view_only(self, name: str) -> bool:
        """Say whether a person is view-only."""
        return self.looks_on(name) or self.mode.is_view_only(name, self.tutors)

    def state(self, name: str) -> dict[str, Any]:
        """Return the message to a person's pages.

        Args:
            name: the signed-in user's name.

        Returns:
            The person's state; for a tutor also single students' modes and, in a personal lab, the
            guests who were removed from it.
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
        """Send every page its user's state."""
        for page in self._connections.pages():
            page.say(self.state(name_of(page)))

    def refuse(self, name: str, clients: Iterable[int] = ()) -> None:
        """Record that something from a person was rejected, and notify their pages.

        Args:
            name: the person's name.
            clients: ids of the copies of documents that sent it.
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
        """Drop a socket's messages while its user is view-only.

        Args:
            handler: any handler. Left unchanged are those that check their messages themselves
                (``judges``), and a kernel's, whose connection checks them
                (`classroom.lab.execution.kernel_websocket`).
        """
        if getattr(handler, "judges", False) or isinstance(handler, KernelWebsocketHandler):
            return
        takes = handler.on_message

        def judge(message: str | bytes) -> Any:
            return None if self.is_view_only(name_of(handler)) else takes(message)

        request_patches.hear_instead(handler, judge)
