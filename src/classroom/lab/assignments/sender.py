"""A stream that is written in a thread, and sent on the event loop at the reader's pace."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PIECE_BYTES = 256 * 1024
"""Fewest bytes to send at a time."""


class Sender(io.RawIOBase):
    """Sends what is written to it."""

    def __init__(
        self, send: Callable[[bytes], Awaitable[None]], loop: asyncio.AbstractEventLoop
    ) -> None:
        """Use a function that sends.

        Args:
            send: sends bytes, and returns when they are on their way.
            loop: the event loop that `send` runs on.
        """
        super().__init__()
        self._send, self._loop = send, loop
        self._pending = bytearray()

    def writable(self) -> bool:
        """Say that the stream is writable."""
        return True

    def write(self, data: Any, /) -> int:
        """Send data, in pieces of at least `PIECE_BYTES`.

        Raises:
            OSError: the reader is gone.
        """
        self._pending += data
        if len(self._pending) >= PIECE_BYTES:
            self.finish()
        return len(data)

    def finish(self) -> None:
        """Send the rest.

        Raises:
            OSError: the reader is gone.
        """
        piece, self._pending = bytes(self._pending), bytearray()

        async def send() -> None:
            await self._send(piece)

        asyncio.run_coroutine_threadsafe(send(), self._loop).result()
