"""Notify pages of changes for which JupyterLab would poll.

JupyterLab requests the lists of kernels, sessions and terminals every ten seconds, and the
container's usage every five. In a class of a hundred that is some sixty requests a second, and
nearly all answers are the same as before. A connected page sends requests only after a notice
(`labextension/src/running.ts`, `polled.ts`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_server.serverapp import ServerApp

    from classroom.lab.api.usage import Usage
    from classroom.lab.connections.registry import Connections, Page

BEAT_SECONDS = 1.0
"""Seconds between two checks for changes."""
TURNS = 5
"""Beats between two messages to a page about usage. Other pages get theirs on other beats, because
messages to all at once would delay what people type."""

Running = Mapping[str, Hashable]


def running(app: ServerApp) -> Running:
    """List what runs, by the name of JupyterLab's manager for it.

    Only starts and ends count: kernels' states change all the time.

    Args:
        app: the lab's server, which has our managers.
    """
    sessions: Any = app.session_manager
    terminals: Any = app.web_app.settings.get("terminal_manager")
    return {
        "kernels": frozenset(app.kernel_manager.list_kernel_ids()),
        "sessions": sessions.known(),
        "terminals": frozenset(terminals.terminals) if terminals else frozenset(),
    }


def counted(count: Mapping[str, int], before: Running, now: Running) -> dict[str, int]:
    """Count the changes, by the name of JupyterLab's manager.

    Args:
        count: the number of changes so far.
        before: what ran when they were counted.
        now: what runs now.
    """
    return {name: count.get(name, 0) + (before.get(name) != found) for name, found in now.items()}


def whose_turn(pages: Sequence[Page], beat: int) -> Sequence[Page]:
    """Choose the pages that get the usage on a beat: each page once in `TURNS` beats.

    Args:
        pages: all pages, in a stable order.
        beat: the beat's number.
    """
    return pages[beat % TURNS :: TURNS]


class PageNotices:
    """Notifies the pages of one lab. For one event loop; not safe for threads."""

    def __init__(self, app: ServerApp, connections: Connections, usage: Usage) -> None:
        """Start without notices.

        Args:
            app: the lab's server.
            connections: the lab's connections, with its pages.
            usage: measures what the container uses.
        """
        self._app, self._connections, self._usage = app, connections, usage
        self._running: Running = {}
        self._count: dict[str, int] = {}
        self._told: WeakKeyDictionary[Page, Mapping[str, int]] = WeakKeyDictionary()

    async def follow(self) -> None:
        """Notify pages of changes, for as long as the lab runs."""
        beat = 0
        while True:
            if pages := self._connections.pages():
                self.tell(pages, beat)
            beat += 1
            await asyncio.sleep(BEAT_SECONDS)

    def count(self) -> Mapping[str, int]:
        """Count the changes until now, by the name of JupyterLab's manager."""
        now = running(self._app)
        self._count, self._running = counted(self._count, self._running, now), now
        return self._count

    def tell(self, pages: Sequence[Page], beat: int) -> None:
        """Send pages the changes that they don't know yet, and usage on their beat.

        Args:
            pages: all open pages.
            beat: the beat's number.
        """
        self.count()
        new = [page for page in pages if page not in self._told]
        for page in pages:
            if self._told.get(page) != self._count:
                self._told[page] = self._count
                page.say({"type": "running", **self._count})
        if turn := {*new, *whose_turn(pages, beat)}:
            used = {"type": "usage", "usage": self._usage.now()}
            for page in turn:
                page.say(used)
