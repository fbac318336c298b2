"""Answer pages' sync steps 1, in turns, and charge the time to their users."""

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
"""Most waiting sync steps 1 of one page; an ordinary page sends one, when it connects."""
ANSWERING = 0.1
"""Share of the server's time for one person's questions, from all their pages."""
ROOM_SECONDS = 0.2
"""Seconds between two checks whether a large answer can be sent."""


class Answering(Disconnecting):
    """A page's socket that answers sync steps 1 after the room has started to serve it."""

    _questions = 0

    def _ask(self, message: SyncStep1) -> None:
        """Queue a sync step 1, to answer it in its turn.

        Raises:
            TooMuchError: too many are waiting.
        """
        self._questions += 1
        if self._questions > MOST_QUESTIONS:
            raise TooMuchError
        self._message_queue.put_nowait(message)

    async def __anext__(self) -> Any:
        """Return the next message for upstream's room; answer sync steps 1 here.

        The answer to four bytes may be the whole document. So its time is charged to the sender,
        who then waits: nobody gets more than a share of the server's time, however many pages they
        open.
        """
        while True:
            message = await super().__anext__()
            if not isinstance(message, SyncStep1):
                return message
            self._questions -= 1
            # Wait for memory: without it the answer would be built in vain, and requested again at
            # once. So a class gets a large notebook a few pages at a time.
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
