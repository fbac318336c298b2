"""One line that shows what is being done and for how long, where a person watches."""

from __future__ import annotations

import sys
import time

WIDTH = 78


class Progress:
    """A line that is written over itself on a terminal; elsewhere each step is said once."""

    def __init__(self) -> None:
        """Begin to count the seconds."""
        self._begun = time.monotonic()
        self._watched = sys.stdout.isatty()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._begun

    def show(self, what: str) -> None:
        """Show what is being done; where nobody watches, nothing.

        Args:
            what: a few words.
        """
        if self._watched:
            line = f"{what} … {self.seconds:.0f} s"[:WIDTH]
            print(f"\r{line:<{WIDTH}}", end="", flush=True)

    def end(self, what: str = "") -> None:
        """Put a sentence in the line's place.

        Args:
            what: the sentence; "" for none.
        """
        if self._watched:
            print("\r" + " " * WIDTH + "\r", end="", flush=True)
        if what:
            print(what, flush=True)
