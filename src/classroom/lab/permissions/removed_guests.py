"""Keep the guests whom a lab's owner or a tutor has removed from it, on the volume.

The Hub still lets them in, because a group of the configuration or a share allows it. Their access
to the class and to other labs doesn't change.
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
    """Parse what `RemovedGuests` has written.

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
    """The removed guests of one lab. For one event loop; not safe for threads."""

    def __init__(self) -> None:
        self.names: frozenset[str] = frozenset()
        self._file: Path | None = None

    def load(self, file: Path) -> None:
        """Load the removed guests from before the lab's restart.

        Args:
            file: the saved list. If it can't be read, no guest is removed, and the log says so.
        """
        self._file = file
        try:
            self.names = decode(file.read_bytes())
        except FileNotFoundError:
            self.names = frozenset()
        except (OSError, ValueError) as error:
            LOG.warning("The list of removed guests can't be read; remove them again: %s", error)
            self.names = frozenset()

    def remove(self, name: str) -> None:
        """Remove a guest from now on.

        Args:
            name: the guest's name.

        Raises:
            OSError: it can't be saved, and isn't applied.
        """
        self._keep(self.names | {name})

    def let_in(self, name: str) -> None:
        """Let a guest enter again.

        Args:
            name: the guest's name.

        Raises:
            OSError: it can't be saved, and isn't applied.
        """
        self._keep(self.names - {name})

    def _keep(self, names: frozenset[str]) -> None:
        if self._file is not None:
            files.write_private(self._file, json.dumps(sorted(names)).encode())
        self.names = names
