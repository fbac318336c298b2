"""Tell pages what JupyterLab would ask for again and again.

That is which kernels, sessions and terminals there are, every ten seconds, and every five how much
the container uses: in a class of a hundred some sixty requests a second, nearly all of which are
answered as before. A page that has this connection asks when it hears that something has changed
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
"""How often is looked."""
TURNS = 5
"""Beats between two words to a page of what is used; the others have theirs in another beat, since
all at once would hold up what people type."""

Running = Mapping[str, Hashable]


def running(app: ServerApp) -> Running:
    """Find what is running, by what JupyterLab's manager of it is called.

    Only what there is counts: that a kernel was busy a moment ago would be news all the time.

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
    """Count the changes.

    Args:
        count: the number of changes so far.
        before: what was running when they were counted.
        now: what is.
    """
    return {name: count.get(name, 0) + (before.get(name) != found) for name, found in now.items()}


def whose_turn(pages: Sequence[Page], beat: int) -> Sequence[Page]:
    """Choose the pages that are told in a beat: each once in `TURNS`, whatever their number.

    Args:
        pages: all, in an order that stays.
        beat: its number.
    """
    return pages[beat % TURNS :: TURNS]


class PageNotices:
    """Of one lab. One event loop's: nothing here is for threads."""

    def __init__(self, app: ServerApp, connections: Connections, usage: Usage) -> None:
        """Tell nobody anything yet.

        Args:
            app: the lab's server.
            connections: the lab's, with its pages.
            usage: measures what the container uses.
        """
        self._app, self._connections, self._usage = app, connections, usage
        self._running: Running = {}
        self._count: dict[str, int] = {}
        self._told: WeakKeyDictionary[Page, Mapping[str, int]] = WeakKeyDictionary()

    async def follow(self) -> None:
        """Tell pages what is new, for as long as the lab runs."""
        beat = 0
        while True:
            if pages := self._connections.pages():
                self.tell(pages, beat)
            beat += 1
            await asyncio.sleep(BEAT_SECONDS)

    def count(self) -> Mapping[str, int]:
        """Count the changes until now, by what JupyterLab's manager of it is called."""
        now = running(self._app)
        self._count, self._running = counted(self._count, self._running, now), now
        return self._count

    def tell(self, pages: Sequence[Page], beat: int) -> None:
        """Tell pages what they haven't heard.

        Args:
            pages: all that are open.
            beat: its number.
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
