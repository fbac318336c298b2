"""Encode the write-ahead log's records: one update of one document each, with a checksum."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from pycrdt import merge_updates

from classroom.runtime import background_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = struct.Struct("<II")
"""The body's length, and its CRC-32."""
BODY = struct.Struct("<QdHI")
"""Number, seconds since the epoch, length of the path, length of the metadata."""
END = bytes(HEAD.size)
"""Marks the end of the records in the reserve; older records may follow it."""


@dataclass(frozen=True)
class Row:
    """One update of one document.

    Attributes:
        path: the document's name in the store.
        update: an update of the Yjs protocol.
        metadata: the metadata to store with it.
        timestamp: seconds since the epoch.
    """

    path: str
    update: bytes
    metadata: bytes
    timestamp: float


def encode(number: int, row: Row) -> bytes:
    """Encode a row as a record.

    Args:
        number: the record's number, which gives the order.
        row: the row.
    """
    path = row.path.encode()
    body = BODY.pack(number, row.timestamp, len(path), len(row.metadata))
    body = b"".join((body, path, row.metadata, row.update))
    return HEAD.pack(len(body), zlib.crc32(body)) + body


def decode(data: bytes) -> Iterator[tuple[int, Row]]:
    """Iterate over a file's records, up to the first incomplete one.

    The last record may be incomplete if its process was killed while it wrote it. Such an update
    hadn't been sent to anybody.

    Args:
        data: the whole file's bytes.
    """
    at = 0
    while len(data) - at >= HEAD.size:
        length, crc = HEAD.unpack_from(data, at)
        body = data[at + HEAD.size : at + HEAD.size + length]
        if not BODY.size <= length == len(body) or zlib.crc32(body) != crc:
            return
        number, timestamp, path, metadata = BODY.unpack_from(body)
        name, update = BODY.size + path, BODY.size + path + metadata
        if update > length:
            return
        yield (
            number,
            Row(
                body[BODY.size : name].decode(errors="replace"),
                body[update:],
                body[name:update],
                timestamp,
            ),
        )
        at += HEAD.size + length


def together(rows: list[Row]) -> list[Row]:
    """Merge each document's updates since the last commit into one row.

    Args:
        rows: the rows of all documents, in order.

    Returns:
        One row for each document and metadata; each document's rows are in order.
    """
    found = []
    for (path, metadata), same in groupby(
        sorted(rows, key=lambda row: row.path), key=lambda row: (row.path, row.metadata)
    ):
        some = list(same)
        try:
            updates = [row.update for row in some]
            one = updates[0] if len(updates) == 1 else merge_updates(*updates)
        except BaseException as error:  # noqa: BLE001 (pycrdt's panics are no Exception)
            background_tasks.reraise_if_meant(error)
            found += some  # the error concerns only this document, when it is opened
        else:
            found.append(Row(path, one, metadata, some[-1].timestamp))
    return found
