"""Read the server's name in the first message of TLS (SNI: RFC 8446, 4.1.2; RFC 6066, 3)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from classroom.config.hosts import LABEL

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_BYTES = 16 * 1024
MOST_SECONDS = 5.0
HANDSHAKE, CLIENT_HELLO, SERVER_NAME, HOST_NAME = 22, 1, 0, 0
RECORD_HEADER_BYTES, MESSAGE_HEADER_BYTES = 5, 4


class NotTlsError(ValueError):
    """The data is no first message of TLS."""


class Pieces:
    """Reads bytes piece by piece; raises `NotTlsError` if there are too few."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if len(self._data) < size:
            raise NotTlsError
        found, self._data = self._data[:size], self._data[size:]
        return found

    def number(self, size: int) -> int:
        """Return the next number."""
        return int.from_bytes(self.take(size))

    def vector(self, size: int) -> bytes:
        """Return bytes that follow their number."""
        return self.take(self.number(size))

    def __bool__(self) -> bool:
        """Say whether bytes are left."""
        return bool(self._data)


def message(data: bytes) -> bytes | None:
    """Join the first handshake message, which may be in several records.

    Args:
        data: all received bytes.

    Returns:
        The message's body; None if it is not complete yet.

    Raises:
        NotTlsError: it is no handshake message.
    """
    found = b""
    while len(data) >= RECORD_HEADER_BYTES:
        if data[0] != HANDSHAKE:
            raise NotTlsError
        size = int.from_bytes(data[3:5])
        found += data[RECORD_HEADER_BYTES : RECORD_HEADER_BYTES + size]
        data = data[RECORD_HEADER_BYTES + size :]
        if len(found) >= MESSAGE_HEADER_BYTES:
            if found[0] != CLIENT_HELLO:
                raise NotTlsError
            end = MESSAGE_HEADER_BYTES + int.from_bytes(found[1:4])
            if len(found) >= end:
                return found[MESSAGE_HEADER_BYTES:end]
    if data[:1] not in {b"", bytes([HANDSHAKE])}:
        raise NotTlsError
    return None


def name_in(body: bytes) -> str:
    """Read the server's name in a ClientHello; "" if there is none.

    Raises:
        NotTlsError: it is no ClientHello.
    """
    hello = Pieces(body)
    hello.take(2 + 32)
    for size in (1, 2, 1):  # session, ciphers, compression
        hello.vector(size)
    extensions = Pieces(hello.vector(2) if hello else b"")
    while extensions:
        kind, value = extensions.number(2), extensions.vector(2)
        if kind != SERVER_NAME:
            continue
        names = Pieces(Pieces(value).vector(2))
        while names:
            kind, name = names.number(1), names.vector(2)
            if kind == HOST_NAME:
                return name.decode("ascii", errors="replace").lower()
    return ""


async def read(
    reader: asyncio.StreamReader, is_allowed: Callable[[str], bool]
) -> tuple[str, bytes]:
    """Read up to the end of the first message.

    Args:
        reader: a new connection.
        is_allowed: tells whether a host may be reached.

    Returns:
        The server's name, and all bytes that were read.

    Raises:
        NotTlsError: it names no host that may be reached.
        TimeoutError: it does not come in time.
    """
    data = b""
    async with asyncio.timeout(MOST_SECONDS):
        while (body := message(data)) is None:
            more = await reader.read(LONGEST_BYTES)
            data += more
            if not more or len(data) > LONGEST_BYTES:
                raise NotTlsError
    name = name_in(body)
    # It becomes a line of a request: only labels, as nginx has already checked.
    if not all(map(LABEL.fullmatch, name.split("."))) or not is_allowed(name):
        raise NotTlsError
    return name, data
