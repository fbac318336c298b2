"""Hand-made updates of documents that no page would send (Yjs' update format v1)."""

from __future__ import annotations

Id = tuple[int, int]


def uint(number: int) -> bytes:
    """Return a number as lib0 writes it."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes((*found, number))


def text(value: str | bytes) -> bytes:
    """Return a text with its length in front."""
    raw = value if isinstance(value, bytes) else value.encode()
    return uint(len(raw)) + raw


def ident(one: Id) -> bytes:
    return uint(one[0]) + uint(one[1])


def struct(
    kind: int,
    content: bytes,
    parent: str | Id | None = None,
    key: str | None = None,
    origin: Id | None = None,
    right: Id | None = None,
) -> bytes:
    """Return one struct; `classroom.lab.protocol.update_bounds` lists the content of each kind."""
    info = kind | 0x80 * (origin is not None) | 0x40 * (right is not None)
    info |= 0x20 * (key is not None)
    found = bytes([info])
    found += ident(origin) if origin is not None else b""
    found += ident(right) if right is not None else b""
    if origin is None and right is None:
        assert parent is not None
        found += b"\x01" + text(parent) if isinstance(parent, str) else b"\x00" + ident(parent)
        found += text(key) if key is not None else b""
    return found + content


def update(
    structs: list[bytes], client: int = 1, clock: int = 0, deletes: bytes = b"\x00"
) -> bytes:
    """Return an update with the structs of one client."""
    if not structs:
        return b"\x00" + deletes
    head = b"\x01" + uint(len(structs)) + uint(client) + uint(clock)
    return head + b"".join(structs) + deletes


def values(*each: bytes) -> bytes:
    return uint(len(each)) + b"".join(each)


def nested(levels: int) -> bytes:
    """Return an empty list inside nested lists."""
    return b"\x75\x01" * (levels - 1) + b"\x75\x00"


def in_lists(levels: int) -> bytes:
    """Return an update that puts nested lists into a notebook's cells."""
    return update([struct(8, values(nested(levels)), "cells")])


def in_maps(levels: int) -> bytes:
    """Return an update that puts nested maps into a notebook's cells."""
    deep = b"\x76\x01\x00" * (levels - 1) + b"\x76\x00"
    return update([struct(8, values(deep), "meta", "deep")])


def in_types(levels: int) -> bytes:
    """Return an update with nested shared arrays."""
    inner = [struct(7, b"\x00", (1, clock)) for clock in range(levels - 1)]
    return update([struct(7, b"\x00", "cells"), *inner])


def write(body: bytes) -> bytes:
    """Return the message that carries an update."""
    return b"\x00\x02" + text(body)


def ask(state: bytes) -> bytes:
    """Return the message that asks for what a state lacks."""
    return b"\x00\x00" + text(state)


MANY = uint(2**28 - 1)

BREAKING: dict[str, bytes] = {
    "27 KB of nested lists": write(in_lists(13_500)),
    "6 KB of nested lists": write(in_lists(3_000)),
    "1.8 KB of nested lists": write(in_lists(900)),
    "65 nested lists": write(in_lists(65)),
    "nested maps": write(in_maps(5_000)),
    "nested types": write(in_types(5_000)),
    "65 nested types": write(in_types(65)),
    "nested JSON in an embed": write(update([struct(5, text("[" * 200 + "]" * 200), "source")])),
    "a question about 268 million clients": ask(MANY),
    "268 million clients": write(MANY + b"\x00"),
    "268 million structs": write(b"\x01" + MANY + b"\x01\x00\x00"),
    "268 million values": write(update([struct(8, MANY, "cells")])),
    "a map of 268 million": write(update([struct(8, b"\x01\x76" + MANY, "cells")])),
    "268 million deletes": write(update([], deletes=b"\x01\x01" + MANY)),
    "a clock that overflows": write(update([b"\x00" + uint(2**32 - 1)], clock=2**32 - 5)),
    "structs of no length": write(update([b"\x00\x00"])),
    "a client without structs": write(b"\x01\x00\x01\x00\x00"),
    "a client twice": write(b"\x02" + b"\x01\x01\x00\x00\x01" * 2 + b"\x00"),
    "a text that isn't UTF-8": write(update([struct(4, text(b"\xff\xfe"), "source")])),
    "half an update": write(update([struct(4, text("x"), "source")])[:-4]),
    "more behind it": write(update([struct(4, text("x"), "source")]) + b"\x00"),
    "JSON content": write(update([struct(2, b"\x01" + text("1") * 2, "cells")])),
    "a kind that there isn't": write(update([struct(13, b"\x01", "cells")])),
    "a text in a list": write(update([struct(4, text("xyz"), "cells")])),
    "a list's value in a map": write(update([struct(8, values(b"\x7e"), "meta")])),
    "neighbours in different types": write(
        update(
            [
                struct(8, values(b"\x7e"), "cells"),
                struct(7, b"\x00", "mine"),
                struct(8, values(b"\x7e"), origin=(1, 0), right=(1, 1)),
            ]
        )
    ),
    "what builds on itself": write(update([struct(8, values(b"\x7e"), origin=(1, 0))])),
    "a document in a document": write(update([struct(9, text("guid") + b"\x76\x00", "cells")])),
    "300 KB of presence": b"\x01" + text(b"\x01\x05\x01" + text(b'"' + b"x" * 300_000 + b'"')),
}
"""Messages that no page sends; each one closes its sender's connection and does nothing else."""

ONLY_IN_NOTEBOOKS = {"a text in a list", "a list's value in a map"}
"""Those that fit a document without a notebook's root types; the rules of a chat reject them."""
