"""Parse pages' messages to kernels, and put the signed-in user's name into them.

The kernel receives the name with each message, so that its output can be traced, too.

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
"""Fewest and most offsets in a message: channel, four parts, the end, and widgets' buffers."""
LONGEST_METADATA_BYTES = 1024 * 1024
"""Most bytes of a message's metadata; the bound of headers is that of kernels' messages
(`classroom.lab.protocol.kernel_messages`)."""
LONGEST_TEXT_CHARACTERS = 4 * 1024 * 1024
"""Most characters of a message in the legacy protocol, which the lab parses completely."""
CHANNELS = frozenset({"shell", "control", "stdin", "iopub"})
CELL = re.compile(r"[\w-]{1,64}")
"""Valid ids of cells (nbformat 4.5); any other text could look like a separate line of the log."""
IDENT = re.compile(r"[!-~]{1,200}")
"""Valid ids of messages; pages use UUIDs."""


class BadKernelMessageError(ValueError):
    """The bytes aren't a valid message to a kernel."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a message requests from a kernel.

    Attributes:
        kind: the message's type.
        ident: the message's id; "" for an id that no page creates.
        cell: the id of the cell that it runs; "" for code outside cells.
    """

    kind: str
    ident: str
    cell: str


def read(raw: bytes) -> dict[str, Any]:
    """Parse one part of a message; return {} if it is invalid, or nested too deep."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and is_flat(found) else {}


def request(header: dict[str, Any], metadata: dict[str, Any]) -> Request:
    """Return what a message requests.

    Args:
        header: the message's header.
        metadata: the message's metadata.
    """
    kind, found = str(header.get("msg_type")), header.get("msg_id")
    ident = found if isinstance(found, str) and IDENT.fullmatch(found) else ""
    return Request(kind, ident, cell_of(metadata))


def cell_of(metadata: dict[str, Any]) -> str:
    """Return the cell's id in a request's metadata; "" if there is none."""
    found = metadata.get("cellId")
    return found if isinstance(found, str) and CELL.fullmatch(found) else ""


def parts_of(message: bytes) -> tuple[str, list[bytes]]:
    """Split a message of the WebSocket protocol ``v1.kernel.websocket.jupyter.org``.

    Args:
        message: the received bytes: the number of offsets, then the offsets, 8 bytes each.

    Raises:
        BadKernelMessageError: it is invalid. Upstream accepts any number, which can fill memory.
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
        name: the user's name.

    Returns:
        The message, and what it requests.

    Raises:
        BadKernelMessageError: the message is invalid.
    """
    channel, parts = parts_of(message)
    if len(parts[0]) > kernel_messages.LONGEST_HEAD_BYTES or len(parts[2]) > LONGEST_METADATA_BYTES:
        raise BadKernelMessageError("its header or its metadata is too long")
    header = {**read(parts[0]), "username": name}
    parts[0] = json.dumps(header).encode()
    return serialize_msg_to_ws_v1(parts, channel), request(header, read(parts[2]))


def signed_legacy(message: str, name: str) -> tuple[str, Request]:
    """Do the same as `signed` with a message of the legacy protocol, which is JSON."""
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
        BadKernelMessageError: the message is invalid.
    """
    if isinstance(message, str):
        if len(message) > LONGEST_TEXT_CHARACTERS:
            raise BadKernelMessageError(f"{len(message)} characters of the older protocol")
        found = read(message.encode()).get("header")
        return found if isinstance(found, dict) else {}
    header = parts_of(message)[1][0]
    return read(header) if len(header) <= kernel_messages.LONGEST_HEAD_BYTES else {}
