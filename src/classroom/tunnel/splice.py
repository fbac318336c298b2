"""Copy bytes between two connections until both have ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classroom.tunnel.ways import Stream

PIECE_BYTES = 64 * 1024


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy all bytes of one connection to the other, and its end.

    Raises:
        OSError: one of them is broken.
    """
    while data := await reader.read(PIECE_BYTES):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


async def both(one: Stream, other: Stream) -> None:
    """Copy in both directions; then close both connections.

    Args:
        one: a connection.
        other: the other connection.
    """
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(carry(one[0], other[1]))
            group.create_task(carry(other[0], one[1]))
    except* OSError:
        pass
    finally:
        for _, writer in (one, other):
            writer.close()
