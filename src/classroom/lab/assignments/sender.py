"""A stream that is written in a thread and sent on the event loop, at the reader's pace."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PIECE_BYTES = 256 * 1024
"""Bytes that are sent at a time, or more."""


class Sender(io.RawIOBase):
    """Sends what is written to it."""

    def __init__(
        self, send: Callable[[bytes], Awaitable[None]], loop: asyncio.AbstractEventLoop
    ) -> None:
        """Begin.

        Args:
            send: sends some bytes, and returns when they are on their way.
            loop: that it runs on.
        """
        super().__init__()
        self._send, self._loop = send, loop
        self._pending = bytearray()

    def writable(self) -> bool:
        """Say that it is written."""
        return True

    def write(self, data: Any, /) -> int:
        """Send data, in pieces of some size.

        Raises:
            OSError: nobody reads it any more.
        """
        self._pending += data
        if len(self._pending) >= PIECE_BYTES:
            self.finish()
        return len(data)

    def finish(self) -> None:
        """Send the rest.

        Raises:
            OSError: nobody reads it any more.
        """
        piece, self._pending = bytes(self._pending), bytearray()

        async def send() -> None:
            await self._send(piece)

        asyncio.run_coroutine_threadsafe(send(), self._loop).result()
