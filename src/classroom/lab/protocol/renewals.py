"""Which of what pages say of themselves the others are told, although nothing of it is new.

A page says the same again whenever it has listed a folder, some twenty times while it opens, and
every 15 seconds so that it isn't taken for gone. Told to everybody it costs the square of a class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classroom.lab.protocol.awareness import Entry

AGAIN_SECONDS = 11.0
"""After so long the same is told again. Pages take somebody for gone after 30 seconds without a
word, and each page says something at least every 15: that is 26 seconds at most."""


class Renewals:
    """What was told of each client last, and when."""

    def __init__(self) -> None:
        self._told: dict[int, tuple[bytes, float]] = {}

    def due(self, news: Iterable[Entry], now: float) -> list[Entry]:
        """Choose what is to be told now.

        Args:
            news: by their clocks (`classroom.lab.protocol.awareness.Known`).
            now: seconds, of any clock that doesn't go back.
        """
        found = []
        for entry in news:
            state, when = self._told.get(entry.client, (b"", now))
            if entry.state == state and now - when < AGAIN_SECONDS:
                continue
            found.append(entry)
            if entry.gone:
                self._told.pop(entry.client, None)
            else:
                self._told[entry.client] = entry.state, now
        return found
