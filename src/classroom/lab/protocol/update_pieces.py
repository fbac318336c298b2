"""Cut an update into pieces that can be applied one after the other.

An update doesn't show how long the decoder (yrs) needs for it. An element that is inserted where
many others compete for the place is compared with each of them, which takes minutes for one message
to a large document. Between pieces the lab can stop. So an honest page's update, such as thousands
of pasted cells, needs no special limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.lab.protocol.lib0 import write_uint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from classroom.lab.protocol.update_bounds import Struct

PIECE = 64
"""Structs in a piece: few enough that any piece takes well below a second."""


def cut(update: bytes, order: Sequence[Struct], tail: int) -> Iterator[bytes]:
    """Cut an update into pieces.

    Args:
        update: the update; all its structs are new, and each client's have no gaps.
        order: the structs, each after those that it builds on.
        tail: the position of the deletions in the update.

    Yields:
        Updates; the last one has the deletions.
    """
    for at in range(0, len(order), PIECE):
        clients: dict[int, list[Struct]] = {}
        for struct in order[at : at + PIECE]:
            clients.setdefault(struct.client, []).append(struct)
        piece = bytearray(write_uint(len(clients)))
        for client, structs in clients.items():
            for number in (len(structs), client, structs[0].clock):
                piece += write_uint(number)
            for struct in structs:
                piece += update[struct.begin : struct.stop]
        yield bytes(piece) + b"\x00"
    yield b"\x00" + update[tail:]
