"""WebSocket frames without a library (RFC 6455, 5.2): a crowd of clients must cost very little."""

from __future__ import annotations

import struct

BINARY, CLOSE, PING, PONG = 2, 8, 9, 10


def masked(message: bytes, kind: int = BINARY) -> bytes:
    """Return a client's frame of a message, with a mask of zeros, which leaves the bytes unchanged.

    Args:
        message: the message.
        kind: the frame's opcode.
    """
    size, first = len(message), 0x80 | kind
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + bytes(4) + message


def take_frame(buffer: bytearray, at: int) -> tuple[int, bytes, int] | None:
    """Parse one frame of a server, which has no mask.

    Args:
        buffer: the bytes that have arrived.
        at: the position of the frame.

    Returns:
        Its opcode, its payload and the position of the next frame; None if it isn't complete.
    """
    if len(buffer) < at + 2:
        return None
    size, start = buffer[at + 1] & 127, at + 2
    wide = {126: "!H", 127: "!Q"}.get(size)
    if wide is not None:
        if len(buffer) < start + struct.calcsize(wide):
            return None
        (size,) = struct.unpack_from(wide, buffer, start)
        start += struct.calcsize(wide)
    if len(buffer) < start + size:
        return None
    return buffer[at] & 15, bytes(memoryview(buffer)[start : start + size]), start + size
