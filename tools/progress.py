"""Show on a terminal, in one line, what a command does and for how long."""

from __future__ import annotations

import sys
import time

WIDTH = 78


class Progress:
    """A line on a terminal that each step overwrites; elsewhere only `end` prints something."""

    def __init__(self) -> None:
        """Begin to count the seconds."""
        self._begun = time.monotonic()
        self._watched = sys.stdout.isatty()

    @property
    def seconds(self) -> float:
        """The seconds since the beginning."""
        return time.monotonic() - self._begun

    def show(self, what: str) -> None:
        """Show the present step and the seconds so far, if standard output is a terminal.

        Args:
            what: the step in a few words.
        """
        if self._watched:
            line = f"{what} … {self.seconds:.0f} s"[:WIDTH]
            print(f"\r{line:<{WIDTH}}", end="", flush=True)

    def end(self, what: str = "") -> None:
        """Delete the line, and print a sentence.

        Args:
            what: the sentence; "" for none.
        """
        if self._watched:
            print("\r" + " " * WIDTH + "\r", end="", flush=True)
        if what:
            print(what, flush=True)
