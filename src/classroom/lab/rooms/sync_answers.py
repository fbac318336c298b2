"""Answer a page that asks for what it lacks of a document: in turns, at its person's cost."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from classroom.lab.connections.cpu_budget import TooMuchError
from classroom.lab.connections.receive_limits import PIECE_BYTES
from classroom.lab.protocol import decoder, messages, websocket_frames
from classroom.lab.protocol.decoder import BrokenError, UnreadableError
from classroom.lab.protocol.messages import SyncStep1
from classroom.lab.rooms.disconnection import Disconnecting

MOST_QUESTIONS = 16
"""Waiting sync steps 1 of one page; an ordinary page sends one, when it connects."""
ANSWERING = 0.1
"""Share of the server's time for one person's questions, from all their pages."""
ROOM_SECONDS = 0.2
"""Seconds between two checks whether a large answer can be sent."""


class Answering(Disconnecting):
    """A page's socket that answers sync steps 1 when the room has begun to serve it."""

    _questions = 0

    def _ask(self, message: SyncStep1) -> None:
        """Queue a question, to be answered in its turn.

        Raises:
            TooMuchError: they are too many.
        """
        self._questions += 1
        if self._questions > MOST_QUESTIONS:
            raise TooMuchError
        self._message_queue.put_nowait(message)

    async def __anext__(self) -> Any:
        """Return the next message for upstream's room; answer questions here.

        An answer may be the whole document, for four bytes: its sender pays for it, and then
        waits, so that nobody has more than a share of the server's time, whatever pages they have.
        """
        while True:
            message = await super().__anext__()
            if not isinstance(message, SyncStep1):
                return message
            self._questions -= 1
            # What nobody has room for would be made in vain, and asked for again at once: a class
            # that arrives at a large notebook comes in a few at a time.
            while not self._has_space():  # noqa: ASYNC110 (room is made in many places)
                await asyncio.sleep(ROOM_SECONDS)
            async with self.cpu.answering(self.who):
                begun = time.thread_time()
                with self.cpu.charged(self.who):
                    self._answer(message)
                await asyncio.sleep((time.thread_time() - begun) * (1 / ANSWERING - 1))

    def _has_space(self) -> bool:
        size = self.record.answer_bytes
        return size <= PIECE_BYTES or self.memory.has_space(size)

    def _answer(self, question: SyncStep1) -> None:
        try:
            with decoder.DECODING:
                update = self.room.ydoc.get_update(question.state)
        except (UnreadableError, BrokenError) as error:
            self._refuse(str(error))
            return
        self.record.answer_bytes = len(update)
        self.write_frame(websocket_frames.frame(messages.step_2(update)), presence=False)
