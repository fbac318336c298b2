"""Put the welcome notebook into a new lab, and open it once for each person.

It is an ordinary file then: people may delete, move or change it. Each person sees it once, on any
device, and once more if the notebook is another one.
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
"""Records which notebooks the lab has got, and who has seen them; below the lab's history."""
MOUNTED = "materials"
"""A name that a new lab's folder may have besides chats."""
LONGEST_CHARACTERS = 64
"""Most characters of a message."""


class WelcomeNotebook(Configurable):
    """The notebook's configuration, which `classroom.lab.server_config` writes."""

    name = Unicode("", config=True, help="The notebook's name in the lab; empty for none.")
    text = Unicode("", config=True, help="What it has in it.")
    of_tutor = Unicode("", config=True, help='"yes": the tutor\'s own, also for a lab in use.')


def who(user: Any) -> str:
    """Return what identifies a person: the account if it is known, because names can change.

    Args:
        user: jupyter_server's signed-in user.
    """
    info = (getattr(user, "hub_user", None) or {}).get("user_info") or {}
    account = info.get("account")
    return f"#{account}" if isinstance(account, int) else str(user.username)


def is_opened(message: str | bytes) -> bool:
    """Say whether a message reports that the page has opened the notebook.

    Args:
        message: the received message; a page may send anything.
    """
    if not isinstance(message, str) or len(message) > LONGEST_CHARACTERS:
        return False
    try:
        return bool(json.loads(message) == {"type": "welcomed"})
    except (ValueError, RecursionError):
        return False


class Greeting:
    """Knows who has seen the notebook in one lab. For one event loop."""

    def __init__(self) -> None:
        """Start without a notebook, as if only the rooms are measured."""
        self.name = ""
        self._file: Path | None = None
        self._seen: dict[str, list[str]] = {}

    def begin(self, root: Root, file: Path, given: WelcomeNotebook) -> None:
        """Put the notebook into the lab's folder, unless it was put there before.

        Args:
            root: the lab's folder.
            file: the record of which notebooks were put there, and who has seen them.
            given: the notebook.
        """
        self._file = file
        try:
            self._seen = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
            if given.name and given.name not in self._seen:
                self._put(root, given)
        except (OSError, ValueError) as error:
            LOG.warning("The welcome notebook could not be added: %s", error)
            return
        # A lab that was in use before gets no notebook, so its record doesn't have this one.
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
        """Say whether a person hasn't seen it yet.

        Args:
            user: jupyter_server's signed-in user.
        """
        return bool(self.name) and who(user) not in self._seen[self.name]

    def opened(self, user: Any) -> None:
        """Record that a person's page has opened it.

        Args:
            user: jupyter_server's signed-in user.
        """
        if not self.offers(user):
            return
        seen = [*self._seen[self.name], who(user)]
        try:
            self._keep({**self._seen, self.name: seen})
        except OSError as error:
            LOG.warning("Could not record who has seen the welcome notebook: %s", error)

    def _keep(self, seen: dict[str, list[str]]) -> None:
        self._seen = seen
        if self._file is not None:
            files.write_private(self._file, json.dumps(seen).encode())
