"""Record which documents are being opened, so that the next process knows one that ended the last.

pycrdt may crash on a document's history, and no exception handler sees that. Without the record the
lab server would restart, open the same document, and crash again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STRIKES = 3
"""How many ends of the process in a row, while a document was opened, can't be chance."""
LOG = logging.getLogger(__name__)


class Opening:
    """The documents that are being opened, in a file for the next process."""

    def __init__(self, file: Path) -> None:
        """Read how many processes have ended while they opened each document.

        Args:
            file: the record; created if it isn't there.
        """
        self._file = file
        self._before: dict[str, int] = {}
        self._now: dict[str, int] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.unread: set[str] = set()
        """Documents whose history was moved aside, whose users weren't notified yet."""
        self.kept: dict[str, str] = {}
        """By document, a sentence on the copy made at the start, for the next person in it."""
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                self._before = {
                    str(path): count for path, count in found.items() if isinstance(count, int)
                }

    def turn(self, path: str) -> asyncio.Lock:
        """Return the lock for recovering a document, one time after the other.

        Args:
            path: the document's name in the store.
        """
        return self._turns.setdefault(path, asyncio.Lock())

    def is_deadly(self, path: str) -> bool:
        """Say whether opening a document has ended the process in each of the last attempts.

        Args:
            path: the document's name in the store.
        """
        return self._before.get(path, 0) >= STRIKES

    def forget(self, path: str) -> None:
        """Start to count from zero: the document has a new history."""
        self._before.pop(path, None)

    @contextlib.contextmanager
    def of(self, path: str) -> Iterator[None]:
        """Record that a document is being opened, until the context ends.

        Args:
            path: the document's name in the store.
        """
        self._now[path] = self._before.get(path, 0) + 1
        self._write()
        try:
            yield
        finally:
            # The opening ended, with or without an error, but not with the process.
            self._now.pop(path, None)
            self._before.pop(path, None)
            self._write()

    def _write(self) -> None:
        # No flush is necessary: the operating system keeps it after the end of this process.
        try:
            self._file.write_text(json.dumps(self._before | self._now), encoding="utf-8")
        except OSError as error:
            LOG.debug("Documents that are being opened can't be recorded: %s", error)
