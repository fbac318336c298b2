"""Who the others see somebody as: what the server knows, whatever their page says of itself."""

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
"""Of jupyter_server's identity model, as JupyterLab puts it into presence."""
MANY = 100
"""Clients that one person may have in a room, those who left in the last minutes among them."""
LONG_BYTES = 64 * 1024
"""Bytes that a page may say of itself; JupyterLab's say some hundreds."""
TOGETHER_BYTES = 64 * 1024
"""Bytes that all pages of one person's may say of themselves, as they are told: everybody keeps
them, and sends them back."""
ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
COLOUR = re.compile(r"[a-zA-Z0-9#(),.%\s-]{1,64}")
"""What a page may choose as its colour, where the server has none: it becomes part of a style."""


def identity(user: Any) -> dict[str, Any]:
    """Take of a signed-in user what the others see.

    Args:
        user: jupyter_server's.
    """
    return {name: getattr(user, name) for name in FIELDS}


def stamp(
    entry: Entry, who: Mapping[str, Any], clean: Clean = awareness_state.of_document
) -> Entry | None:
    """Put the server's word in the place of what a page says of its user.

    Args:
        entry: what a page says of itself.
        who: the result of `identity`.
        clean: takes of what it says besides what the others may be told.

    Returns:
        The entry as the others shall see it; None when it can't be read.
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
        # Python reads and writes numbers that no page can: one would end what it hears of all.
        told = ENCODER.encode(state)
    except (ValueError, RecursionError):
        return None
    return replace(entry, state=told.encode())


def colour(said: Any) -> str | None:
    """Take over the colour that a page has chosen, if it can be one."""
    found = said.get("color") if isinstance(said, dict) else None
    is_one = isinstance(found, str) and COLOUR.fullmatch(found)
    return found if is_one else None


class Owners:
    """Whose each client is: a page speaks for itself, and for its user's other pages.

    Client ids are made by the pages, at random. Who says one first has it until nothing is known
    of it any more; a page that comes back by a new connection keeps its id.
    """

    def __init__(self) -> None:
        self._of: dict[int, str] = {}
        self._count: Counter[str] = Counter()
        self._sizes: dict[int, int] = {}
        self._together: Counter[str] = Counter()

    def own(self, entries: Iterable[Entry], name: str) -> list[Entry]:
        """Pick what somebody may say: of clients that are theirs, or nobody's yet.

        Args:
            entries: what was said.
            name: the person's name.
        """
        return [entry for entry in entries if self._owns(entry, name)]

    def _owns(self, entry: Entry, name: str) -> bool:
        if len(entry.state) > LONG_BYTES:
            return False
        owner = self._of.get(entry.client)
        # Pages also tell of others whom they miss, as after a restart: that makes nobody theirs.
        if owner is None and not entry.gone and self._count[name] < MANY:
            self._of[entry.client] = owner = name
            self._count[name] += 1
        return owner == name

    def fits(self, entry: Entry) -> bool:
        """Say whether there is room for what a client says; if so, it counts from now on.

        Args:
            entry: as it is told to the others; of somebody's own client.
        """
        name, size = self.of(entry.client), 0 if entry.gone else len(entry.state)
        more = size - self._sizes.get(entry.client, 0)
        if more > 0 and self._together[name] + more > TOGETHER_BYTES:
            return False
        self._sizes[entry.client] = size
        self._together[name] += more
        return True

    def of(self, client: int) -> str:
        """Return whose a client is; "" while it is nobody's."""
        return self._of.get(client, "")

    def keep(self, clients: Iterable[int]) -> None:
        """Forget all but these."""
        known = set(clients)
        self._of = {client: name for client, name in self._of.items() if client in known}
        self._count = Counter(self._of.values())
        self._sizes = {client: self._sizes.get(client, 0) for client in self._of}
        self._together = Counter()
        for client, size in self._sizes.items():
            self._together[self._of[client]] += size
