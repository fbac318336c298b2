"""Which documents are being opened: one that ends the whole process is known at the next start.

What pycrdt makes of a journal may end in a crash, which no exception handler sees. Without this
the lab server would be started again, open the same document, and end again.
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
"""So many ends of the process in a row while a document was opened aren't chance."""
LOG = logging.getLogger(__name__)


class Opening:
    """The documents that are being opened, in a file for the next process."""

    def __init__(self, file: Path) -> None:
        """Read how many processes have ended while they opened which document.

        Args:
            file: made when it isn't there.
        """
        self._file = file
        self._before: dict[str, int] = {}
        self._now: dict[str, int] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.unread: set[str] = set()
        """Documents whose history was put aside, and nobody was told yet."""
        self.kept: dict[str, str] = {}
        """Sentences on copies that the lab made at its start; the next person in it reads them."""
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                self._before = {
                    str(path): count for path, count in found.items() if isinstance(count, int)
                }

    def turn(self, path: str) -> asyncio.Lock:
        """Return the lock under which a document is recovered, one time after the other.

        Args:
            path: the document's, as the store names it.
        """
        return self._turns.setdefault(path, asyncio.Lock())

    def is_deadly(self, path: str) -> bool:
        """Say whether opening a document has ended the process each of the last times.

        Args:
            path: the document's, as the store names it.
        """
        return self._before.get(path, 0) >= STRIKES

    def forget(self, path: str) -> None:
        """Begin to count again: the document's journal is another now."""
        self._before.pop(path, None)

    @contextlib.contextmanager
    def of(self, path: str) -> Iterator[None]:
        """Be opening a document.

        Args:
            path: the document's, as the store names it.
        """
        self._now[path] = self._before.get(path, 0) + 1
        self._write()
        try:
            yield
        finally:
            # It ended, however: not with the process.
            self._now.pop(path, None)
            self._before.pop(path, None)
            self._write()

    def _write(self) -> None:
        # Given to the kernel, which has it when this process is no more: nothing else is needed.
        try:
            self._file.write_text(json.dumps(self._before | self._now), encoding="utf-8")
        except OSError as error:
            LOG.debug("Documents that are being opened can't be recorded: %s", error)
