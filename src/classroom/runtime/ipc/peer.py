"""Find the user at the other end of a unix socket, as the operating system tells it."""

from __future__ import annotations

import socket
import struct

UCRED = struct.Struct("iII")
"""``struct ucred``: process, user, group (unix(7))."""


def caller(connection: socket.socket) -> int:
    """Return the number of the user at the other end of a unix socket."""
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, UCRED.size)
    return int(UCRED.unpack(found)[1])
