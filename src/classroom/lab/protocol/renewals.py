"""Decide when to send an unchanged awareness state to the others again.

A page repeats its state whenever it has listed a folder, some twenty times while it opens, and
every 15 seconds, so that others don't consider it gone. Sending each of these to everybody would
cost the square of the class's size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classroom.lab.protocol.awareness import Entry

AGAIN_SECONDS = 11.0
"""After how long to send an unchanged state again. Pages consider a client gone after 30 seconds
without a message, and each page repeats its state every 15 seconds: that makes 26 at most."""


class Renewals:
    """The last state of each client that was sent, and when."""

    def __init__(self) -> None:
        self._told: dict[int, tuple[bytes, float]] = {}

    def due(self, news: Iterable[Entry], now: float) -> list[Entry]:
        """Select the entries to send now.

        Args:
            news: entries with new clocks (`classroom.lab.protocol.awareness.Known`).
            now: seconds of a monotonic clock.
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
