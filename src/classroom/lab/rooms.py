"""The rooms of a class: of a file, saved on a fixed beat, and of presence in the whole lab.

Subclasses of jupyter-server-ydoc's rooms. What they need of upstream beyond its public hooks is
named and checked in `classroom.lab.upstream`.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any
from weakref import WeakKeyDictionary

from jupyter_server_ydoc.rooms import DocumentRoom, TransientRoom

from classroom.lab import cells
from classroom.lab.broadcasting import Broadcasting

SHARE = 0.1
"""How much of the server's time saving may take, all documents together."""
LONGEST_PAUSE = 1.0
"""Seconds after which the next document is saved in any case, however long the last one took."""
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


def pause(took: float) -> float:
    """Decide how long nothing is saved after a document was: seconds from seconds."""
    return min(LONGEST_PAUSE, took * (1 / SHARE - 1))


class ClassDocumentRoom(Broadcasting, DocumentRoom):
    """The room of a file: saved on a fixed beat, however steadily people type."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Keep nothing to undo: pages undo by themselves. The arguments are upstream's.

        Upstream's undo manager remembers every change without end, and with it all that was
        deleted: each output that a running cell has replaced. Told to track an origin that no
        change has, it lets go of them. The timeline's documents have undo managers of their own.
        """
        self._beat: asyncio.Task[None] | None = None
        self._due = False
        super().__init__(*args, **kwargs)
        self._document.undo_manager.include_origin("nobody")

    async def initialize(self) -> None:
        """Load the document; of cells that ran when the server ended none runs any more."""
        was_ready = self.ready
        await super().initialize()
        for cell in () if was_ready else getattr(self._document, "ycells", ()):
            if cell.get("execution_state") == cells.RUNNING:
                cell["execution_state"] = cells.IDLE

    def _on_document_change(self, target: str, event: Any) -> None:  # noqa: ARG002 (upstream's)
        """Save a beat after the first change; later ones don't push it back.

        Upstream waits until nobody has typed for a while, which in a class may be never. Of the
        document's own state only being dirty is a reason to save.
        """
        if self._due:
            return
        if target == "state" and not self._document.dirty:
            return
        states = [state for state in self.awareness.states.values() if state]
        if self._update_lock.locked() or (
            states and not any(state.get("autosave", True) for state in states)
        ):
            return
        if self._save_delay is None:
            return
        self._due = True
        self._beat = asyncio.create_task(self._save_on_the_beat(self._save_delay))

    async def _save_on_the_beat(self, delay: float) -> None:
        await asyncio.sleep(delay)
        turns = _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        async with turns:
            begun = time.thread_time()
            await self._save()
            # Thirty notebooks, saved every second, would leave those who type in them no time.
            await asyncio.sleep(pause(time.thread_time() - begun))

    async def _save(self) -> None:
        # From here on a change is for the next beat: what is saved is read right after.
        self._due = False
        await self._maybe_save_document(None, save_now=True)

    async def stop(self) -> None:
        """Stop, with what is due saved first: at the next start the file wins over the store."""
        if self._due and self._beat is not None:
            self._beat.cancel()
            await self._save()
        await super().stop()


class ClassTransientRoom(Broadcasting, TransientRoom):
    """The room of presence in the whole lab."""
