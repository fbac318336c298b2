"""Guests whom the owner of a lab, or a tutor, has removed from it: kept on the volume.

The Hub would let them in: a group of the configuration, or a share, says that they may enter. What
these say of the class, and of other labs, stays.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from classroom.runtime import files
from classroom.runtime.words import gettext_noop

if TYPE_CHECKING:
    from pathlib import Path

LOG = logging.getLogger("classroom.access")
REMOVED = gettext_noop("You were removed from this lab. What you typed is kept.")


def decode(text: bytes) -> frozenset[str]:
    """Read what `RemovedGuests` has written.

    Args:
        text: a JSON list of names.

    Raises:
        ValueError: it is something else.
    """
    found = json.loads(text)
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ValueError("it is no list of names")
    return frozenset(found)


class RemovedGuests:
    """Who was removed from one lab. One event loop's: nothing here is for threads."""

    def __init__(self) -> None:
        self.names: frozenset[str] = frozenset()
        self._file: Path | None = None

    def load(self, file: Path) -> None:
        """Go on with what held before the lab was restarted.

        Args:
            file: where it is kept. What can't be read keeps nobody out, and the log says so.
        """
        self._file = file
        try:
            self.names = decode(file.read_bytes())
        except FileNotFoundError:
            self.names = frozenset()
        except (OSError, ValueError) as error:
            LOG.warning("Who was removed from this lab can't be read; remove them anew: %s", error)
            self.names = frozenset()

    def remove(self, name: str) -> None:
        """Keep a guest out from now on.

        Args:
            name: the guest's.

        Raises:
            OSError: it can't be kept, and doesn't hold.
        """
        self._keep(self.names | {name})

    def let_in(self, name: str) -> None:
        """Keep a guest out no more.

        Args:
            name: the guest's.

        Raises:
            OSError: it can't be kept, and doesn't hold.
        """
        self._keep(self.names - {name})

    def _keep(self, names: frozenset[str]) -> None:
        if self._file is not None:
            files.write_private(self._file, json.dumps(sorted(names)).encode())
        self.names = names
