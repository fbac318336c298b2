"""Since when nobody has used a lab: written down for the Hub, which stops labs that nobody uses."""

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
    """Of one lab. On its event loop."""

    def __init__(self, app: ServerApp, connections: Connections) -> None:
        """Begin as if somebody had just left: whoever has the lab started is on their way.

        Args:
            app: the lab's server.
            connections: the registry of open connections.
        """
        self._app = app
        self._connections = connections
        self._left = time.time()

    def since(self, now: float) -> float | None:
        """Say since when nobody has used the lab; None while somebody does.

        People are whoever has a page open. Kernels keep a lab running until they end, after
        ``c.Classroom.idle_kernel_timeout``; a terminal does as long as it says something.

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
        """Write it down whenever it changes, for as long as the lab runs.

        Args:
            file: in a folder of the lab's own.
        """
        before: float | None = -1.0
        while True:
            if (since := self.since(time.time())) != before:
                files.write_for(file, json.dumps({"since": since}).encode())
                before = since
            await asyncio.sleep(LOOK_SECONDS)


def _seconds(stamp: str) -> float:
    """Read a time as jupyter_server writes it."""
    return datetime.fromisoformat(stamp).timestamp()
