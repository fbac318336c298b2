"""Put the server's name and colours of a user into their page's awareness."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from classroom.lab.protocol import awareness_state
from classroom.lab.protocol.lib0 import is_flat

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from classroom.lab.protocol.awareness import Entry
    from classroom.lab.protocol.awareness_state import Clean

FIELDS = ("username", "name", "display_name", "initials", "avatar_url", "color")
"""Fields of jupyter_server's identity model that JupyterLab puts into presence."""
MANY = 100
"""Most clients of one person in a room, including those that left in the last minutes."""
LONG_BYTES = 64 * 1024
"""Most bytes of a page's state; JupyterLab's pages send some hundreds."""
TOGETHER_BYTES = 64 * 1024
"""Most bytes of the states of one person's pages together: every page keeps them, and sends them
back."""
ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
COLOUR = re.compile(r"[a-zA-Z0-9#(),.%\s-]{1,64}")
"""Valid colours from a page, if the server has none: the colour becomes part of a style."""


def identity(user: Any) -> dict[str, Any]:
    """Return what other people see of a signed-in user.

    Args:
        user: jupyter_server's user.
    """
    return {name: getattr(user, name) for name in FIELDS}


def stamp(
    entry: Entry, who: Mapping[str, Any], clean: Clean = awareness_state.of_document
) -> Entry | None:
    """Replace the user in a page's entry by what the server knows.

    Args:
        entry: the page's entry.
        who: the result of `identity`.
        clean: reduces the rest of the state to what others may see.

    Returns:
        The entry for the others; None if the state can't be parsed.
    """
    if entry.gone:
        return entry
    try:
        state = json.loads(entry.state)
    except (ValueError, RecursionError):
        return None
    if not isinstance(state, dict) or not is_flat(state):
        return None
    said = state.get("user")
    user = dict(who)
    if not user.get("color"):
        user["color"] = colour(said)
    state = clean(state)
    state["user"] = {name: value for name, value in user.items() if value is not None}
    try:
        # Python accepts numbers that no page can parse; such a number would end its awareness.
        told = ENCODER.encode(state)
    except (ValueError, RecursionError):
        return None
    return replace(entry, state=told.encode())


def colour(said: Any) -> str | None:
    """Return the colour that a page has chosen, if it is valid."""
    found = said.get("color") if isinstance(said, dict) else None
    is_one = isinstance(found, str) and COLOUR.fullmatch(found)
    return found if is_one else None


class Owners:
    """The owner of each client: a page may send entries of its user's pages only.

    Pages choose their client ids at random. The first person who sends an id owns it until it is
    forgotten; a page that reconnects keeps its id.
    """

    def __init__(self) -> None:
        self._of: dict[int, str] = {}
        self._count: Counter[str] = Counter()
        self._sizes: dict[int, int] = {}
        self._together: Counter[str] = Counter()

    def own(self, entries: Iterable[Entry], name: str) -> list[Entry]:
        """Select the entries that a person may send: of their own clients, or of unowned ones.

        Args:
            entries: the received entries.
            name: the person's name.
        """
        return [entry for entry in entries if self._owns(entry, name)]

    def _owns(self, entry: Entry, name: str) -> bool:
        if len(entry.state) > LONG_BYTES:
            return False
        owner = self._of.get(entry.client)
        # Pages also report others as gone, as after a restart: that doesn't make them owners.
        if owner is None and not entry.gone and self._count[name] < MANY:
            self._of[entry.client] = owner = name
            self._count[name] += 1
        return owner == name

    def fits(self, entry: Entry) -> bool:
        """Say whether there is room for a client's state, and count it if so.

        Args:
            entry: the entry for the others; its client has an owner.
        """
        name, size = self.of(entry.client), 0 if entry.gone else len(entry.state)
        more = size - self._sizes.get(entry.client, 0)
        if more > 0 and self._together[name] + more > TOGETHER_BYTES:
            return False
        self._sizes[entry.client] = size
        self._together[name] += more
        return True

    def of(self, client: int) -> str:
        """Return the name of a client's owner; "" if it has none."""
        return self._of.get(client, "")

    def keep(self, clients: Iterable[int]) -> None:
        """Forget all clients except these."""
        known = set(clients)
        self._of = {client: name for client, name in self._of.items() if client in known}
        self._count = Counter(self._of.values())
        self._sizes = {client: self._sizes.get(client, 0) for client in self._of}
        self._together = Counter()
        for client, size in self._sizes.items():
            self._together[self._of[client]] += size
