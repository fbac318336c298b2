"""Report a problem once, and only if it lasts."""

from __future__ import annotations


class Lasting:
    """A kind of problem for which the caller checks again and again."""

    def __init__(self, seconds: float) -> None:
        """Begin without the problem.

        Args:
            seconds: how long the problem must last before it is reported.
        """
        self._seconds = seconds
        self._since: float | None = None
        self._told = False

    def see(self, *, present: bool, now: float) -> bool:
        """Note the result of a check, and say whether to report the problem now.

        Args:
            present: whether the problem is there.
            now: the time, in seconds of a monotonic clock.
        """
        if not present:
            self._since, self._told = None, False
            return False
        if self._since is None:
            self._since = now
        tell = not self._told and now - self._since >= self._seconds
        self._told = self._told or tell
        return tell
