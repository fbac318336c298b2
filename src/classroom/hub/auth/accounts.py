"""Remember the GitHub account behind each name, because anybody can register an abandoned name."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from classroom.runtime import files, volume_reserve

if TYPE_CHECKING:
    from pathlib import Path


LOG = logging.getLogger(__name__)


class Accounts:
    """The numbers of the accounts that have signed in, by name; for one event loop."""

    def __init__(self, file: Path) -> None:
        """Read the known accounts.

        Args:
            file: the file, in a folder that only root can enter.

        Raises:
            OSError: the file can't be read.
            ValueError: the file is damaged.
        """
        self._file = file
        self._known: dict[str, int] = {}
        if file.exists():
            found = json.loads(file.read_text(encoding="utf-8"))
            self._known = {str(name): int(number) for name, number in found.items()}

    def __deepcopy__(self, _: Any) -> Accounts:
        """Return this object: traitlets copies values of a configuration, but there must be one."""
        return self

    def number(self, name: str) -> int | None:
        """Return the number of the account behind a name; None if unknown.

        Args:
            name: the Hub's name.
        """
        return self._known.get(name)

    def is_another(self, name: str, number: int) -> bool:
        """Say whether a name belonged to another account before.

        Args:
            name: the Hub's name.
            number: the account's number, which GitHub never gives to another account.
        """
        return self._known.get(name, number) != number

    def former_name(self, name: str, number: int) -> str:
        """Return an account's name at its last sign-in; "" if it is new, or has the same name.

        Args:
            name: its name now.
            number: its number.
        """
        found = (one for one, known in self._known.items() if known == number and one != name)
        return "" if self._known.get(name) == number else next(found, "")

    def is_former(self, name: str) -> bool:
        """Say whether the account behind a name has signed in under another name since.

        Args:
            name: the Hub's name.
        """
        number = self._known.get(name)
        return number is not None and self._newest(number) != name

    def _newest(self, number: int) -> str:
        """Return the account's latest name; names are in the order of sign-ins."""
        return next((one for one in reversed(self._known) if self._known[one] == number), "")

    def remember(self, name: str, number: int) -> None:
        """Record the account of a name, and that this is the account's latest name.

        Raises:
            OSError: it can't be written.
        """
        if self._known.get(name) != number or self.is_former(name):
            others = {one: known for one, known in self._known.items() if one != name}
            self._keep({**others, name: number})

    def forget(self, name: str) -> None:
        """Let the next account that signs in under a name have it, as a tutor has decided.

        Raises:
            OSError: it can't be written.
        """
        if name in self._known:
            self._keep({one: number for one, number in self._known.items() if one != name})

    def _keep(self, known: dict[str, int]) -> None:
        """Write the file; on a full disk a later change does it, so that people can sign in."""
        try:
            files.write_private(self._file, json.dumps(known, indent=1).encode())
        except OSError as error:
            if error.errno not in volume_reserve.FULL:
                raise
            LOG.warning("The accounts behind new names are not written down: %s", error.strerror)
        self._known = known
