"""Build WebSocket frames once for everybody, and limit what a slow client may leave unread."""

from __future__ import annotations

import struct
from enum import Enum

FINAL_BINARY = 0x82
NO_PRESENCE_BYTES = 256 * 1024
"""Unsent bytes above which a client gets no presence, so that text comes first."""
TOO_MUCH_BYTES = 32 * 1024 * 1024
"""Unsent bytes above which a client is disconnected; it reconnects and requests what it missed."""


def frame(message: bytes) -> bytes:
    """Wrap a message into one binary, unmasked frame, as servers send it (RFC 6455, 5.2)."""
    size = len(message)
    if size < 126:  # noqa: PLR2004 (RFC 6455's own numbers)
        return struct.pack("!BB", FINAL_BINARY, size) + message
    if size < 1 << 16:
        return struct.pack("!BBH", FINAL_BINARY, 126, size) + message
    return struct.pack("!BBQ", FINAL_BINARY, 127, size) + message


class Verdict(Enum):
    """What to do with a message to a client."""

    SEND = "send"
    SKIP = "skip"
    CLOSE = "close"


def verdict(unsent: int, *, presence: bool) -> Verdict:
    """Decide for one client.

    Args:
        unsent: bytes that it hasn't read yet.
        presence: whether the message is only presence.
    """
    if unsent > TOO_MUCH_BYTES:
        return Verdict.CLOSE
    if presence and unsent > NO_PRESENCE_BYTES:
        return Verdict.SKIP
    return Verdict.SEND
