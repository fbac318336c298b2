"""Record for the Hub since when a lab is unused, so that the Hub can stop it."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from classroom.runtime import files

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_server.serverapp import ServerApp

    from classroom.lab.connections.registry import Connections

LOOK_SECONDS = 2.0


class Idleness:
    """The idle time of one lab. For its event loop."""

    def __init__(self, app: ServerApp, connections: Connections) -> None:
        """Start as if somebody had just left: the person who started the lab is about to connect.

        Args:
            app: the lab's server.
            connections: the registry of open connections.
        """
        self._app = app
        self._connections = connections
        self._left = time.time()

    def since(self, now: float) -> float | None:
        """Return since when the lab is unused; None while it is in use.

        A lab is in use while somebody has a page open, and while a kernel runs, which ends after
        ``c.Classroom.idle_kernel_timeout``. Output of a terminal counts as use, too.

        Args:
            now: seconds since the epoch.
        """
        if self._connections.people() or self._app.kernel_manager.list_kernel_ids():
            self._left = now
            return None
        terminals: Any = self._app.web_app.settings.get("terminal_manager")
        said = [one["last_activity"] for one in terminals.list()] if terminals else []
        return max([self._left, *(_seconds(one) for one in said)])

    async def write_down(self, file: Path) -> None:
        """Write it to a file whenever it changes, for as long as the lab runs.

        Args:
            file: the file, in a folder that only this lab writes.
        """
        before: float | None = -1.0
        while True:
            if (since := self.since(time.time())) != before:
                files.write_for(file, json.dumps({"since": since}).encode())
                before = since
            await asyncio.sleep(LOOK_SECONDS)


def _seconds(stamp: str) -> float:
    """Parse a time in jupyter_server's format."""
    return datetime.fromisoformat(stamp).timestamp()
