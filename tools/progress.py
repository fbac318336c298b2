"""Show in one line what is being done, and for how long, on a terminal."""

from __future__ import annotations

import sys
import time

WIDTH = 78


class Progress:
    """A line that is overwritten on a terminal; without a terminal each step is printed once."""

    def __init__(self) -> None:
        """Begin to count the seconds."""
        self._begun = time.monotonic()
        self._watched = sys.stdout.isatty()

    @property
    def seconds(self) -> float:
        """The seconds since the beginning."""
        return time.monotonic() - self._begun

    def show(self, what: str) -> None:
        """Show what is being done; only on a terminal.

        Args:
            what: a few words about it.
        """
        if self._watched:
            line = f"{what} … {self.seconds:.0f} s"[:WIDTH]
            print(f"\r{line:<{WIDTH}}", end="", flush=True)

    def end(self, what: str = "") -> None:
        """Replace the line by a sentence.

        Args:
            what: the sentence; "" for none.
        """
        if self._watched:
            print("\r" + " " * WIDTH + "\r", end="", flush=True)
        if what:
            print(what, flush=True)
