"""The welcome notebook: put into a new lab, and opened for everybody once.

It is an ordinary file of the lab's from then on: whoever deletes, moves or changes it has the last
word. Once means once for a person, on whichever device, and once more for another notebook.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from traitlets import Unicode
from traitlets.config import Configurable

from classroom.lab.chat.schema import SUFFIX
from classroom.lab.files import atomic_write, listing
from classroom.runtime import files

if TYPE_CHECKING:
    from pathlib import Path

    from classroom.lab.files.beneath import Root

LOG = logging.getLogger(__name__)
FILE = "welcome.json"
"""Below the lab's history: what was put where, and who has seen it."""
MOUNTED = "materials"
"""What a new lab's folder has without anybody's doing, besides chats."""
LONGEST_CHARACTERS = 64
"""Characters of a message."""


class WelcomeNotebook(Configurable):
    """Which one it is; rendered by `classroom.lab.server_config`."""

    name = Unicode("", config=True, help="The notebook's name in the lab; empty for none.")
    text = Unicode("", config=True, help="What it has in it.")
    of_tutor = Unicode("", config=True, help='"yes": the tutor\'s own, also for a lab in use.')


def who(user: Any) -> str:
    """Tell a person from all others, by their account where it is known: names are changed.

    Args:
        user: jupyter_server's, signed in.
    """
    info = (getattr(user, "hub_user", None) or {}).get("user_info") or {}
    account = info.get("account")
    return f"#{account}" if isinstance(account, int) else str(user.username)


def is_opened(message: str | bytes) -> bool:
    """Say whether a page's message says that it has opened the notebook.

    Args:
        message: as received; a page may send anything.
    """
    if not isinstance(message, str) or len(message) > LONGEST_CHARACTERS:
        return False
    try:
        return bool(json.loads(message) == {"type": "welcomed"})
    except (ValueError, RecursionError):
        return False


class Greeting:
    """Who is still to see the notebook, in one lab. One event loop's."""

    def __init__(self) -> None:
        """Have none: so it is where only the rooms are measured."""
        self.name = ""
        self._file: Path | None = None
        self._seen: dict[str, list[str]] = {}

    def begin(self, root: Root, file: Path, given: WelcomeNotebook) -> None:
        """Put the notebook into the lab's folder, if it is to be there and wasn't before.

        Args:
            root: the lab's folder.
            file: where it is kept what was put there, and who has seen it.
            given: the notebook.
        """
        self._file = file
        try:
            self._seen = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
            if given.name and given.name not in self._seen:
                self._put(root, given)
        except (OSError, ValueError) as error:
            LOG.warning("There is no welcome notebook: %s", error)
            return
        # A lab in use has a list without the notebook: it was there before, and gets none.
        self.name = given.name if given.name in self._seen else ""

    def _put(self, root: Root, given: WelcomeNotebook) -> None:
        names = listing.names(root, ())
        in_use = self._seen or any(name != MOUNTED and not name.endswith(SUFFIX) for name in names)
        if in_use and not given.of_tutor:
            return
        if given.name not in names:
            atomic_write.write(root, (given.name,), given.text.encode(), new=True)
        self._keep({**self._seen, given.name: []})

    def offers(self, user: Any) -> bool:
        """Say whether somebody hasn't seen it.

        Args:
            user: jupyter_server's, signed in.
        """
        return bool(self.name) and who(user) not in self._seen[self.name]

    def opened(self, user: Any) -> None:
        """Remember that somebody's page has opened it.

        Args:
            user: jupyter_server's, signed in.
        """
        if not self.offers(user):
            return
        seen = [*self._seen[self.name], who(user)]
        try:
            self._keep({**self._seen, self.name: seen})
        except OSError as error:
            LOG.warning("Who has seen the welcome notebook is not written down: %s", error)

    def _keep(self, seen: dict[str, list[str]]) -> None:
        self._seen = seen
        if self._file is not None:
            files.write_private(self._file, json.dumps(seen).encode())
