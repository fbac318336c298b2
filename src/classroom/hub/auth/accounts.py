"""Remember which GitHub account is behind a name: anybody can register a name that was given up."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from classroom.runtime import files, volume_reserve

if TYPE_CHECKING:
    from pathlib import Path


LOG = logging.getLogger(__name__)


class Accounts:
    """The numbers of the accounts that have signed in, by name. One event loop's."""

    def __init__(self, file: Path) -> None:
        """Read what is known.

        Args:
            file: where it is kept, in a folder that is root's.

        Raises:
            OSError: it can't be read.
            ValueError: it is damaged.
        """
        self._file = file
        self._known: dict[str, int] = {}
        if file.exists():
            found = json.loads(file.read_text(encoding="utf-8"))
            self._known = {str(name): int(number) for name, number in found.items()}

    def __deepcopy__(self, _: Any) -> Accounts:
        """Stay the one there is: traitlets copies what stands in a configuration."""
        return self

    def number(self, name: str) -> int | None:
        """Return the number of the account behind a name; None if it isn't known.

        Args:
            name: the Hub's.
        """
        return self._known.get(name)

    def is_another(self, name: str, number: int) -> bool:
        """Say whether a name belonged to another account before.

        Args:
            name: the Hub's.
            number: the account's, which GitHub never gives to another.
        """
        return self._known.get(name, number) != number

    def former_name(self, name: str, number: int) -> str:
        """Return the name under which an account was here before; "" if it wasn't, or by this one.

        Args:
            name: the one that it has now.
            number: its own.
        """
        found = (one for one, known in self._known.items() if known == number and one != name)
        return "" if self._known.get(name) == number else next(found, "")

    def is_former(self, name: str) -> bool:
        """Say whether the account behind a name has signed in by another one since.

        Args:
            name: the Hub's.
        """
        number = self._known.get(name)
        return number is not None and self._newest(number) != name

    def _newest(self, number: int) -> str:
        """Return the name by which an account came last; names stand in that order."""
        return next((one for one in reversed(self._known) if self._known[one] == number), "")

    def remember(self, name: str, number: int) -> None:
        """Write down to whom a name belongs, and that the account has that name now.

        Raises:
            OSError: it can't be written.
        """
        if self._known.get(name) != number or self.is_former(name):
            others = {one: known for one, known in self._known.items() if one != name}
            self._keep({**others, name: number})

    def forget(self, name: str) -> None:
        """Let the next account that comes by a name have it, as a tutor has decided.

        Raises:
            OSError: it can't be written.
        """
        if name in self._known:
            self._keep({one: number for one, number in self._known.items() if one != name})

    def _keep(self, known: dict[str, int]) -> None:
        """Write it down; on a full disk with the next change, so that people can sign in."""
        try:
            files.write_private(self._file, json.dumps(known, indent=1).encode())
        except OSError as error:
            if error.errno not in volume_reserve.FULL:
                raise
            LOG.warning("The accounts behind new names are not written down: %s", error.strerror)
        self._known = known
