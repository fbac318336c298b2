"""Protect a document's root type ``state``: its file, the hash, and whether it is unsaved.

Pages act on it: if ``path`` changes, they rename their tab and request that the server moves the
kernel's session. Only the lab may write there. A page may only write that something is unsaved, and
which document this is. The lab removes all other changes from a page's update before anybody
receives it. Restoring the old value afterwards wouldn't help: a page acts on every change of
``path``, even on one to the same value. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.lab.protocol.lib0 import CLOCKS, Reader, write_uint
from classroom.lab.protocol.update_bounds import (
    ANY,
    DELETED,
    GC,
    HAS_KEY,
    HAS_ORIGIN,
    HAS_RIGHT_ORIGIN,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from classroom.lab.protocol.lib0 import Id
    from classroom.lab.protocol.update_bounds import Struct

STATE = "state"
"""Name of the root type (jupyter_ydoc)."""
DIRTY, DOCUMENT = "dirty", "document_id"
"""Keys that pages may write: whether something is unsaved, and the name of the document's room."""
BOOLEANS = (b"\x01\x78", b"\x01\x79")
"""A single value, true or false, as encoded in an update (lib0)."""
TEXT = b"\x01\x77"
"""Beginning of a single value that is a text."""


def is_lasting(key: str | None) -> bool:
    """Say whether pages may not delete the state's value of a key."""
    return key != DIRTY


def may_write(update: bytes, struct: Struct, key: str | None, room_id: str) -> bool:
    """Say whether a page may write an item into the state.

    Args:
        update: the update that contains it.
        struct: the item to write.
        key: the key to write.
        room_id: the name of the document's room.
    """
    if key not in (DIRTY, DOCUMENT):
        return False
    if struct.kind == DELETED:
        return True  # from a page that reconnects: it has been replaced since
    found = _content(update, struct) if struct.kind == ANY else b""
    if key == DIRTY:
        return found in BOOLEANS
    name = room_id.encode()
    return found == TEXT + write_uint(len(name)) + name


def _content(update: bytes, struct: Struct) -> bytes:
    """Return the encoded content of a map's struct."""
    reader = Reader(update, struct.begin)
    info = reader.byte()
    if info & HAS_ORIGIN:
        reader.id()
    if info & HAS_RIGHT_ORIGIN:
        reader.id()
    if not info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN):
        if reader.uint(2):
            reader.text()
        else:
            reader.id()
        if info & HAS_KEY:
            reader.text()
    return update[reader.at : struct.stop]


def emptied(update: bytes, structs: Iterable[Struct]) -> bytes:
    """Replace structs of an update by deleted ones, which use their clocks and have no content.

    Args:
        update: the update that contains them.
        structs: any structs of it.
    """
    for struct in sorted(structs, key=lambda one: one.begin, reverse=True):
        nothing = bytes([GC]) + write_uint(struct.end - struct.clock)
        update = update[: struct.begin] + nothing + update[struct.stop :]
    return update


def spared(update: bytes, tail: int, kept: Collection[Id]) -> bytes:
    """Remove some elements from the deletions of an update.

    Args:
        update: an update within bounds.
        tail: the position of its deletions.
        kept: the ids of the elements to keep.
    """
    reader = Reader(update, tail)
    written: list[bytes] = []
    for _ in range(reader.uint()):
        client = reader.uint()
        clocks = sorted(clock for owner, clock in kept if owner == client)
        ranges: list[tuple[int, int]] = []
        for _ in range(reader.uint()):
            start = reader.uint(CLOCKS)
            end = start + reader.uint(CLOCKS)
            for clock in clocks:
                if start <= clock < end:
                    ranges.append((start, clock))
                    start = clock + 1
            ranges.append((start, end))
        some = [write_uint(start) + write_uint(end - start) for start, end in ranges if end > start]
        if some:
            written.append(b"".join((write_uint(client), write_uint(len(some)), *some)))
    return b"".join((update[:tail], write_uint(len(written)), *written))
