"""Messages of pages to kernels: what each asks for, and the name of who is signed in put into it.

The kernel is told the name with each message, so that what it prints can be traced too.

Pure: plain values only.
"""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass
from typing import Any

from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)

from classroom.lab.protocol import kernel_messages
from classroom.lab.protocol.lib0 import is_flat

EXECUTE = "execute_request"
ANSWER = "input_reply"
FEWEST, MOST = 6, 4096
"""Offsets in a message: of the channel, four parts and the end, and of what widgets add."""
LONGEST_METADATA_BYTES = 1024 * 1024
"""Bytes of a message's metadata; a header's bound is a kernel's
(`classroom.lab.protocol.kernel_messages`)."""
LONGEST_TEXT_CHARACTERS = 4 * 1024 * 1024
"""Characters of a message in the older protocol, all of which is taken apart."""
CHANNELS = frozenset({"shell", "control", "stdin", "iopub"})
CELL = re.compile(r"[\w-]{1,64}")
"""What a cell's id may be (nbformat 4.5); anything else could be made to look like another line."""
IDENT = re.compile(r"[!-~]{1,200}")
"""What a message's id may be; pages make UUIDs."""


class BadKernelMessageError(ValueError):
    """Bytes that are no message to a kernel."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a message asks of a kernel.

    Attributes:
        kind: the message's type.
        ident: the message's id; "" for an id that no page creates.
        cell: the id of the cell that it runs; "" for code that is in none.
    """

    kind: str
    ident: str
    cell: str


def read(raw: bytes) -> dict[str, Any]:
    """Read one part of a message; an empty one when it can't be read, or is nested too deep."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and is_flat(found) else {}


def request(header: dict[str, Any], metadata: dict[str, Any]) -> Request:
    """Say what a message asks for.

    Args:
        header: the message's.
        metadata: the message's.
    """
    kind, found = str(header.get("msg_type")), header.get("msg_id")
    ident = found if isinstance(found, str) and IDENT.fullmatch(found) else ""
    return Request(kind, ident, cell_of(metadata))


def cell_of(metadata: dict[str, Any]) -> str:
    """Take a cell's id of a request's metadata; "" for none."""
    found = metadata.get("cellId")
    return found if isinstance(found, str) and CELL.fullmatch(found) else ""


def parts_of(message: bytes) -> tuple[str, list[bytes]]:
    """Take a message of the WebSocket protocol ``v1.kernel.websocket.jupyter.org`` apart.

    Args:
        message: as received: it begins with a number of offsets, then the offsets, 8 bytes each.

    Raises:
        BadKernelMessageError: it isn't one. Upstream would believe any number and fill the memory.
    """
    count = int.from_bytes(message[:8], "little")
    if not FEWEST <= count <= MOST or len(message) < 8 * (count + 1):
        raise BadKernelMessageError(f"{count} parts in {len(message)} bytes")
    offsets = struct.unpack_from(f"<{count}Q", message, 8)
    if (
        list(offsets) != sorted(offsets)
        or offsets[0] < 8 * (count + 1)
        or offsets[-1] > len(message)
    ):
        raise BadKernelMessageError("its parts aren't in it")
    try:
        channel, parts = deserialize_msg_from_ws_v1(message)
    except UnicodeDecodeError as error:
        raise BadKernelMessageError("its channel is no text") from error
    if channel not in CHANNELS:
        raise BadKernelMessageError("it is for no channel that there is")
    return str(channel), list(parts)


def signed(message: bytes, name: str) -> tuple[bytes, Request]:
    """Put the signed-in user's name into a message's header.

    Args:
        message: a message of the WebSocket protocol ``v1.kernel.websocket.jupyter.org``.
        name: theirs.

    Returns:
        The message, and what it asks for.

    Raises:
        BadKernelMessageError: it isn't one.
    """
    channel, parts = parts_of(message)
    if len(parts[0]) > kernel_messages.LONGEST_HEAD_BYTES or len(parts[2]) > LONGEST_METADATA_BYTES:
        raise BadKernelMessageError("its header or its metadata is too long")
    header = {**read(parts[0]), "username": name}
    parts[0] = json.dumps(header).encode()
    return serialize_msg_to_ws_v1(parts, channel), request(header, read(parts[2]))


def signed_legacy(message: str, name: str) -> tuple[str, Request]:
    """Do the same with a message of the older protocol, JSON; arguments and result alike."""
    if len(message) > LONGEST_TEXT_CHARACTERS:
        raise BadKernelMessageError(f"{len(message)} characters of the older protocol")
    found = read(message.encode())
    header, metadata = (
        part if isinstance(part := found.get(key), dict) else {} for key in ("header", "metadata")
    )
    found["header"] = {**header, "username": name}
    return json.dumps(found), request(header, metadata)


def header_of(message: str | bytes) -> dict[str, Any]:
    """Read the header of a message of either protocol.

    Raises:
        BadKernelMessageError: it isn't one.
    """
    if isinstance(message, str):
        if len(message) > LONGEST_TEXT_CHARACTERS:
            raise BadKernelMessageError(f"{len(message)} characters of the older protocol")
        found = read(message.encode()).get("header")
        return found if isinstance(found, dict) else {}
    header = parts_of(message)[1][0]
    return read(header) if len(header) <= kernel_messages.LONGEST_HEAD_BYTES else {}
