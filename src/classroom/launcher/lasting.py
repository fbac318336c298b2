"""Speak of a trouble once, and only if it doesn't pass by itself."""

from __future__ import annotations


class Lasting:
    """One kind of trouble, looked for again and again."""

    def __init__(self, seconds: float) -> None:
        """Know of no trouble.

        Args:
            seconds: how long it must go on before anybody is told.
        """
        self._seconds = seconds
        self._since: float | None = None
        self._told = False

    def see(self, *, present: bool, now: float) -> bool:
        """Take in what was found, and say whether somebody is to be told now.

        Args:
            present: whether there is trouble.
            now: seconds of a clock that only goes on.
        """
        if not present:
            self._since, self._told = None, False
            return False
        if self._since is None:
            self._since = now
        tell = not self._told and now - self._since >= self._seconds
        self._told = self._told or tell
        return tell
