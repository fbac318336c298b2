"""Cut an update into pieces that can be applied one after the other.

What an update costs the decoder (yrs) nobody can tell from it: an element that is put where many
others compete for the place is compared with each of them, and with a large document that is
minutes for one message. In pieces it can be stopped in between, and an honest page's update, as of
thousands of cells that are pasted, needs no limit of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.lab.protocol.lib0 import write_uint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from classroom.lab.protocol.update_bounds import Struct

PIECE = 64
"""Structs in a piece: few enough that one takes well below a second, whatever they are."""


def cut(update: bytes, order: Sequence[Struct], tail: int) -> Iterator[bytes]:
    """Cut an update into pieces.

    Args:
        update: all of whose structs are new, and each client's without gaps.
        order: the structs, each behind all that it builds on.
        tail: where in the update begins what it deletes.

    Yields:
        Updates; the last one deletes.
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
