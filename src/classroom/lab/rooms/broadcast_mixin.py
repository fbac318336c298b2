"""Send a room's changes to all its sockets: each message is built once.

`classroom.lab.upstream.contract` names and checks what it needs of upstream beyond public hooks.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

from pycrdt import create_update_message

from classroom.lab.connections import registry
from classroom.lab.connections.notifications import Notifications
from classroom.lab.protocol import awareness, decoder, websocket_frames
from classroom.lab.rooms import fanout
from classroom.lab.rooms.awareness_mixin import Attended
from classroom.lab.rooms.fanout import Fanout
from classroom.lab.rooms.room_socket import RoomSocket
from classroom.lab.rooms.sync_record import SyncRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classroom.lab.protocol.awareness import Entry

AGAIN = 1013
"""Close code after which pages reconnect (IANA's WebSocket registry)."""
PATIENCE_SECONDS = 1.0
"""How long a save waits for the store, which may be failing."""


class Broadcasting(Attended):
    """A room that sends everybody the changes of a tick in one message.

    Put it before upstream's classes among the bases.
    """

    holds_text = True
    """Whether the room has a document to write to."""

    # In upstream they are None until the room has started; we use them only later.
    _task_group: Any
    ystore: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._fanout = Fanout(lambda updates: decoder.merged(updates, self.ydoc))
        self._cost = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._alarm = float("inf")
        self._sockets: set[RoomSocket] = set()
        self.sync_record = SyncRecord()
        super().__init__(*args, **kwargs)

    def _tell(self, news: Iterable[Entry]) -> None:
        self._fanout.presence(news)
        self._flush_or_wait()

    def people(self) -> set[str]:
        """List the people who have a page in this room."""
        return {socket.who for socket in self._sockets}

    def announce(self, sentence: str) -> None:
        """Show a sentence in every page of the people in this room.

        Args:
            sentence: plain text.
        """
        self.tell_people(self._sockets, sentence)

    @staticmethod
    def tell_people(
        sockets: Iterable[RoomSocket],
        sentence: str,
        refused: str | None = None,
        *,
        clearable: bool = False,
    ) -> None:
        """Show a sentence in every page of some people; all sockets must belong to one lab.

        Args:
            sockets: the people's sockets.
            sentence: plain text.
            refused: as for `Notifications.tell`.
            clearable: as for `Notifications.tell`.
        """
        names = {registry.name_of(socket) for socket in sockets}
        for socket in sockets:
            socket.services[Notifications].tell(names, sentence, refused, clearable=clearable)
            return

    async def abandon(self) -> None:
        """Stop without saving, and make all pages reconnect, because the document is broken."""
        for socket in tuple(self._sockets):
            registry.end(socket, AGAIN, "opened again")
        try:
            await self.stop()
        except Exception as error:  # noqa: BLE001 (a broken document may raise anything)
            self.log.warning("A room was put aside: %s", error)

    async def serve(self, channel: Any) -> None:
        """Serve a client; send it the awareness first, which upstream leaves to other pages."""
        if self.ready:
            # A separate task of upstream's starts to observe the document. Changes before that
            # would be sent to nobody.
            await self.ydoc_observed.wait()
        if isinstance(channel, RoomSocket):
            self._sockets.add(channel)
            for message in awareness.pieces(self._known):
                channel.write_frame(websocket_frames.frame(message), presence=True)
            if (shown := channel.services[Notifications]).are_standing():
                shown.refresh(channel.who)
        try:
            await super().serve(channel)
        finally:
            self._sockets.discard(channel)

    # ── Text ───────────────────────────────────────────────────────────────────────────────

    async def _watch_ready(self) -> None:
        """Observe the document as soon as it is ready to be sent."""
        await self.ready_event.wait()
        if self.ystore is not None:
            self.ystore.follow(self.ydoc)
        self._subscription = self.ydoc.observe(self._happened)
        self.ydoc_observed.set()

    def _happened(self, event: Any) -> None:
        """Store an update before it is sent, inside the transaction that has made it.

        So everything that leaves the server is stored, also an answer to a new page.
        """
        try:
            update = event.update
            if self.ystore is not None:
                self.ystore.append(update)
            self._update_send_stream.send_nowait(update)
        except Exception as error:  # noqa: BLE001 (pycrdt's Rust would swallow it)
            self._handle_exception(error)

    async def _broadcast_updates(self) -> None:
        """Send every update of the document to everybody."""
        if self.ystore is not None:
            async with self.ystore.start_lock:
                if not self.ystore.started.is_set():
                    await self._task_group.start(self.ystore.start)
        try:
            async with self._update_receive_stream:
                async for update in self._update_receive_stream:
                    self._fanout.update(update)
                    self._flush_or_wait()
        except asyncio.CancelledError:
            return

    async def written(self) -> None:
        """Wait until the journal on disk has all changes so far, but at most `PATIENCE_SECONDS`.

        If the file had a change that the journal lacks, the next start would undo it, as if the
        file were older.
        """
        if self.ystore is None or not self.started.is_set():
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.ystore.written()

    async def stop(self) -> None:
        """Send everything, then stop."""
        self._flush()
        if self.ystore is not None:
            self.ystore.leave(self.ydoc)
        if self._timer is not None:
            self._timer.cancel()
        await super().stop()
        if self.started.is_set():
            self._update_send_stream.close()  # upstream leaves it open

    # ── Out ────────────────────────────────────────────────────────────────────────────────

    def _pace(self) -> fanout.Pace:
        return fanout.pace(len(self.clients), self._cost)

    def _flush_or_wait(self) -> None:
        """Send what is due; set the timer for the rest."""
        due = self._fanout.due(self._pace())
        if due is None or due >= self._alarm:
            return  # nothing is due, or the timer runs early enough
        if self._timer is not None:
            self._timer.cancel()  # it was set for presence, and text is due earlier
            self._timer, self._alarm = None, float("inf")
        now = time.monotonic()
        if due <= now:
            self._flush()
        else:
            self._alarm = due
            self._timer = asyncio.get_running_loop().call_later(due - now, self._on_timer)

    def _on_timer(self) -> None:
        self._timer, self._alarm = None, float("inf")
        self._flush()

    def _flush(self) -> None:
        now, begun = time.monotonic(), time.thread_time()
        batch = self._fanout.flush(self._pace(), now)
        text = websocket_frames.frame(create_update_message(batch.update)) if batch.update else b""
        presence = [websocket_frames.frame(message) for message in batch.presence]
        for client in tuple(self._sockets):
            if text:
                client.write_frame(text, presence=False)
            for one in presence:
                client.write_frame(one, presence=True)
        if len(self.clients) > len(self._sockets):
            self._send_to_others(batch)
        # The smoothed time to send to everybody: a busy room collects longer.
        self._cost += 0.2 * (time.thread_time() - begun - self._cost)
        self._flush_or_wait()

    def _send_to_others(self, batch: fanout.Batch) -> None:
        """Send to channels that aren't browsers', as upstream does."""
        messages = [create_update_message(batch.update)] if batch.update else []
        messages += batch.presence
        for client in self.clients - self._sockets:
            for message in messages:
                self._task_group.start_soon(client.send, message)
