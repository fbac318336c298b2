"""Parse each message of a page to a room, once, into a typed value.

The length of a message is checked by its type before it is parsed. Each length within it is limited
by the bytes that are left. The formats are those of y-protocols
(https://github.com/yjs/y-protocols/blob/master/PROTOCOL.md) and, for saving, of
jupyter-collaboration. Pure: nothing here knows who sent a message, or what its room holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from classroom.lab.protocol import awareness
from classroom.lab.protocol.lib0 import (
    FRAME_BYTES,
    OutOfBoundsError,
    Reader,
    write_uint,
)
from classroom.lab.protocol.update_bounds import Update, read_state, read_update

if TYPE_CHECKING:
    from classroom.lab.protocol.awareness import Entry

SYNC, AWARENESS, RAW = 0, awareness.AWARENESS, 2
"""Types of messages, their first byte; RAW is jupyter-collaboration's."""
STEP_1, STEP_2, UPDATE = 0, 1, 2
"""Types of sync messages, their second byte."""
EMPTY = b"\x00\x00"
"""An empty update: the step 2 of a page that has nothing new."""
SAVE = b"save"
"""The request in a RAW message."""


class SyncStep1(NamedTuple):
    """A page requests what it lacks.

    Attributes:
        state: a valid state vector of what the page has.
    """

    state: bytes


class SyncUpdate(NamedTuple):
    """A page writes to the document (sync step 2, or an update).

    Attributes:
        body: the encoded update, for the document.
        content: the parsed update.
        is_step_2: whether it answers a step 1: a reconnecting page sends everything it has.
    """

    body: bytes
    content: Update
    is_step_2: bool


class AwarenessUpdate(NamedTuple):
    """A page sends its awareness, or sends other pages' awareness back.

    Attributes:
        entries: the entries of its clients.
        fingerprint: a hash of the message; equal bytes have equal hashes.
    """

    entries: list[Entry]
    fingerprint: int


class SaveRequest(NamedTuple):
    """A page asks to save the document.

    Attributes:
        number: the page's number for the request, which the answer repeats.
    """

    number: int


class Unknown(NamedTuple):
    """A message of a type that rooms don't use. It is dropped.

    Attributes:
        kind: the message's first byte.
    """

    kind: int


Message = SyncStep1 | SyncUpdate | AwarenessUpdate | SaveRequest | Unknown


def parse(raw: bytes | str) -> Message:
    """Parse a message.

    Args:
        raw: the received message.

    Raises:
        OutOfBoundsError: the message is invalid; the text says why.
    """
    if isinstance(raw, str) or not raw:
        raise OutOfBoundsError("it is empty, or text")
    kind = raw[0]
    if kind == SYNC:
        return _sync(raw)
    if kind == AWARENESS:
        if len(raw) > awareness.LONGEST_BYTES:
            raise OutOfBoundsError(f"awareness is longer than {awareness.LONGEST_BYTES} bytes")
        return AwarenessUpdate(awareness.parse(raw), hash(raw))
    if len(raw) > FRAME_BYTES:
        raise OutOfBoundsError(f"it is longer than {FRAME_BYTES} bytes")
    return _raw(raw) if kind == RAW else Unknown(kind)


def _sync(raw: bytes) -> SyncStep1 | SyncUpdate:
    if len(raw) > FRAME_BYTES:
        raise OutOfBoundsError(f"it is longer than {FRAME_BYTES} bytes")
    reader = Reader(raw, 1)
    step, body = reader.uint(UPDATE + 1), reader.take()
    reader.done()
    if step == STEP_1:
        read_state(body)
        return SyncStep1(body)
    return SyncUpdate(body, read_update(body), step == STEP_2)


def _raw(raw: bytes) -> SaveRequest | Unknown:
    reader = Reader(raw, 1)
    if reader.take() != SAVE:
        return Unknown(RAW)
    number = reader.uint()
    reader.done()
    return SaveRequest(number)


def encode(message: Message) -> bytes:
    """Encode a message for `parse`.

    Args:
        message: a message of any type that rooms use.

    Raises:
        ValueError: it is `Unknown`, which has only the type.
    """
    match message:
        case SyncStep1(state):
            return _with_length(bytes([SYNC, STEP_1]), state)
        case SyncUpdate(body, _, is_step_2):
            return _with_length(bytes([SYNC, STEP_2 if is_step_2 else UPDATE]), body)
        case AwarenessUpdate(entries):
            return awareness.encode(entries)
        case SaveRequest(number):
            return _with_length(bytes([RAW]), SAVE) + write_uint(number)
        case Unknown(kind):
            raise ValueError(f"the content of a message of type {kind} isn't known")


def step_2(update: bytes) -> bytes:
    """Encode the message that answers a step 1.

    Args:
        update: what the page lacks.
    """
    return _with_length(bytes([SYNC, STEP_2]), update)


def _with_length(head: bytes, body: bytes) -> bytes:
    return head + write_uint(len(body)) + body
