"""Apply made-up updates to a document, in a process of its own, which the decoder may crash.

Read numbers, one a line. Make some updates from each number, apply those that are admitted, do with
the document what the lab does with one, and answer ``ok``.
"""

from __future__ import annotations

import random
import resource
import sys
from collections import defaultdict
from typing import Any

import pycrdt
from jupyter_ydoc import YNotebook
from pycrdt import Array, Doc, Map

from classroom.lab.protocol import update_pieces
from classroom.lab.protocol.decoder import UnreadableError
from classroom.lab.protocol.document_runs import Where
from classroom.lab.protocol.lib0 import OutOfBoundsError
from classroom.lab.protocol.update_bounds import read_update
from classroom.lab.rooms.update_admission import Admission
from classroom.lab.storage import document_indexes
from tests.updates import ident, struct, text, uint, values

SECONDS = 20
"""CPU seconds for each number: a document that never ends would use all the time there is."""
CELLS = [
    {"cell_type": "code", "id": "a", "source": "print(1)\n😀 é", "metadata": {}, "outputs": []},
    {"cell_type": "markdown", "id": "b", "source": "text", "metadata": {}},
]
NOTEBOOK = {"cells": CELLS, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
ROOTS = ("cells", "meta", "state", "mine", "source")
KEYS = ("source", "outputs", "id", "metadata", "cell_type", "nbformat")
TEXTS = ("a", "hello", "😀", "x😀y", "\x00", "ž")
IN = {0: (8, 8, 7, 7, 1, 3), 1: (8, 8, 7, 7, 1, 3), 2: (4, 4, 4, 7, 1, 6, 5)}
KINDS = (0, 1, 3, 4, 4, 4, 5, 6, 7, 7, 8, 8)


def value(dice: random.Random, deep: int = 0) -> bytes:
    """Make a random value."""
    kinds = (127, 126, 125, 124, 123, 122, 121, 120, 119, 118, 117, 116)
    kind = dice.choice(kinds if deep < 3 else kinds[:8])
    more = [value(dice, deep + 1) for _ in range(dice.randrange(3))] if kind in (117, 118) else []
    if kind == 118:
        more = [text(dice.choice(KEYS)) + one for one in more]
    content = {
        125: uint(dice.choice((0, 5, 63))),
        124: dice.randbytes(4),
        123: dice.randbytes(8),
        122: dice.randbytes(8),
        119: text(dice.choice(("", *TEXTS))),
        118: values(*more),
        117: values(*more),
        116: text(b"\x00\xff"),
    }
    return bytes([kind]) + content.get(kind, b"")


class Maker:
    """Makes updates from what an index knows of a document."""

    def __init__(self, dice: random.Random, index: Any) -> None:
        """Read what exists in the document."""
        self._dice = dice
        self._places: dict[Where | None, list[tuple[int, int]]] = defaultdict(list)
        self._ends: dict[int, int] = defaultdict(int)
        for client, runs in index._runs.items():
            for start, end, where in zip(runs.starts, runs.ends, runs.wheres, strict=True):
                some = {start, end - 1, (start + end) // 2, dice.randrange(start, end)}
                self._places[where] += [(client, clock) for clock in sorted(some)]
            self._ends[client] = runs.end
        self._kinds = {name: nested.kind for name, nested in index._types.items()}

    def update(self) -> bytes:
        """Make one update."""
        dice = self._dice
        clients = sorted({*self._ends, 1, 2, 3, 50})
        chosen = dice.sample(clients, dice.choice((1, 1, 1, 2, 3)))
        return uint(len(chosen)) + b"".join(map(self._client, chosen)) + self._deletes(clients)

    def _client(self, client: int) -> bytes:
        start = clock = max(0, self._ends[client] - self._dice.choice((0,) * 8 + (1, 3)))
        structs = []
        for _ in range(self._dice.choice((1, 1, 2, 3, 8))):
            made, length = self._struct(client, clock)
            structs.append(made)
            clock += length
        self._ends[client] = max(clock, self._ends[client])
        return uint(len(structs)) + uint(client) + uint(start) + b"".join(structs)

    def _struct(self, client: int, clock: int) -> tuple[bytes, int]:
        dice = self._dice
        kind = dice.choice(KINDS)
        if not kind:
            length = dice.choice((1, 2, 1000, 2**20))
            self._places[None] += [(client, clock), (client, clock + length - 1)]
            return b"\x00" + uint(length), length
        where = dice.choice(sorted(self._places, key=str))
        beside = self._places[where]
        origin = dice.choice(beside) if beside and dice.random() < 0.7 else None
        right = dice.choice(beside) if beside and dice.random() < 0.4 else None
        if (origin is None and right is None) and (where is None or dice.random() < 0.5):
            where = Where(dice.choice([*ROOTS, *self._kinds]), None)
        if where is not None and dice.random() < 0.9:
            above = self._kinds.get(where.parent, dice.choice((0, 1, 2)))
            kind = dice.choice(IN[above])
            if origin is None and right is None:
                where = Where(where.parent, dice.choice(KEYS) if above == 1 else None)
        content, length = self._content(kind, client, clock, alone=bool(where and where.key))
        self._places[where] += [(client, clock), (client, clock + length - 1)]
        parent, key = (where.parent, where.key) if where is not None else ("mine", None)
        named = origin is None and right is None
        return struct(kind, content, parent, key if named else None, origin, right), length

    def _content(self, kind: int, client: int, clock: int, *, alone: bool) -> tuple[bytes, int]:
        dice = self._dice
        if kind == 4:
            said = dice.choice(TEXTS)
            return text(said), len(said.encode("utf-16-le")) // 2
        if kind == 8:
            count = 1 if alone else dice.choice((1, 1, 2, 4))
            return values(*(value(dice) for _ in range(count))), count
        if kind == 7:
            made = dice.choice((0, 1, 2))
            self._kinds[client, clock] = made
            return uint(made), 1
        if kind == 1:
            length = dice.choice((1, 2, 7, 2**20))
            return uint(length), length
        embed = text(dice.choice(("1", '{"a":[{}]}', '"s"', "null")))
        return {6: text("bold") + embed, 5: embed, 3: text(b"ab")}[kind], 1

    def _deletes(self, clients: list[int]) -> bytes:
        dice = self._dice
        some = [one for one in dice.sample(clients, dice.choice((0, 0, 1, 2))) if self._ends[one]]
        found = [uint(len(some))]
        for client in some:
            ranges = [self._range(self._ends[client]) for _ in range(dice.choice((1, 2, 3)))]
            found.append(uint(client) + values(*ranges))
        return b"".join(found)

    def _range(self, end: int) -> bytes:
        start = self._dice.randrange(end)
        return ident((start, self._dice.randrange(1, min(end - start, 100) + 1)))


def look(events: Any) -> None:
    """Read events as the lab's observers do."""
    for event in events:
        _ = event.path, getattr(event, "delta", None), getattr(event, "keys", None)


def tried(what: Any) -> Any:
    """Do something that may fail, but must not end the process."""
    try:
        return what()
    except Exception:  # noqa: BLE001 (a document with nonsense in it may raise anything)
        return None


def live(number: int) -> int:
    """Apply the updates made from a number to a document; return how many were admitted."""
    dice = random.Random(number)  # noqa: S311
    notebook = YNotebook(Doc(client_id=7))
    notebook.set(NOTEBOOK)
    document, told = notebook.ydoc, list[bytes]()
    watched = [document.get("cells", type=Array), document.get("meta", type=Map)]
    for one in watched:
        one.observe_deep(look)
    document.observe(lambda event: told.append(event.update))
    notebook.observe(lambda *_: None)
    update_pieces.PIECE = dice.choice((1, 3, 64))  # any size of pieces must work
    page, taken = Admission(document), 0
    index = document_indexes.of(document).index
    index.learn(document.get_update(index.state()))
    for _ in range(dice.choice((4, 16, 40))):
        body = Maker(dice, index).update()
        try:
            page.take(body, read_update(body))
            taken += 1
        except (OutOfBoundsError, UnreadableError):
            continue
        tried(lambda: watched[1].update({"t": dice.random()}))
        tried(notebook.get)
        whole = document.get_update()
        Doc().apply_update(whole)
        if told:
            merged: Doc[Any] = Doc()
            merged.apply_update(pycrdt.merge_updates(*told))
            merged.get_update()
    watched[0].clear()
    Doc().apply_update(document.get_update())
    return taken


def main() -> None:
    """Read each number, and answer it."""
    for line in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime) + SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
        print("ok", live(int(line)), flush=True)


if __name__ == "__main__":
    main()
