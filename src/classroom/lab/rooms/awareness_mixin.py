"""A room's awareness: check what pages send about their users, and send it to the others.

`classroom.lab.upstream.contract` names and checks what it needs of upstream beyond public hooks.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from pycrdt.websocket import YRoom

from classroom.lab.protocol import awareness, awareness_state, participant
from classroom.lab.protocol.awareness import Known
from classroom.lab.protocol.participant import Owners
from classroom.lab.protocol.renewals import Renewals
from classroom.lab.storage.client_owners import Writers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from classroom.lab.protocol.awareness import Entry
    from classroom.lab.protocol.awareness_state import Clean
    from classroom.lab.protocol.messages import AwarenessUpdate

ECHOES = 64
"""How many messages without news to recognize by their bytes."""
GRACE_SECONDS = 10
"""How long to show a person whose connection broke: most reconnect at once."""


class Attended(YRoom):
    """A room that knows its participants by the names that they have signed in with."""

    says: Clean = staticmethod(awareness_state.of_document)
    """Reduces a page's awareness state to what other people may see."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._known = Known()
        self._owners = Owners()
        self._speakers: dict[int, object] = {}
        self._writers = Writers()
        self._echoes: set[int] = set()
        self._renewals = Renewals()
        super().__init__(*args, **kwargs)

    def _tell(self, news: Iterable[Entry]) -> None:
        """Send news to everybody; a subclass implements it."""
        raise NotImplementedError

    def has_heard(self, message: bytes) -> bool:
        """Say whether a message has no news: all pages send back what they receive.

        Args:
            message: the received message, of bounded length.
        """
        return hash(message) in self._echoes  # a message without news never has news later

    def presence(
        self, message: AwarenessUpdate, speaker: object, who: Mapping[str, Any], *, first: bool
    ) -> None:
        """Handle an awareness message; drop entries without news, and those of other users.

        Args:
            message: the parsed message.
            speaker: the connection that it came by.
            who: the connection's user, from `participant.identity`.
            first: whether it is the connection's first message: a client sends itself first.
        """
        entries = message.entries
        # Compare only the clocks: the owner of an entry that is dropped below may still send it.
        if not any(map(self._known.is_news, entries)):
            self._remember(message.fingerprint)
        server, name = self.awareness.client_id, who["username"]
        theirs = (one for one in entries if self._writers.of(one.client) in ("", name))
        own = self._owners.own((one for one in theirs if one.client != server), name)
        # Stamp only news, so that neither a receiver nor an echo costs anything.
        stamped = (
            participant.stamp(one, who, self.says) for one in own if self._known.is_news(one)
        )
        fitting = (one for one in stamped if one is not None and self._owners.fits(one))
        news = self._known.take(fitting, time.monotonic())
        for entry in own if first else news:
            self._speakers[entry.client] = speaker
        self._take_over(news)

    def owns(self, name: str, client: int) -> bool:
        """Say whether a person may write under a client's id, and remember that they do.

        A page sends its awareness before it writes anything. If another person could write under
        its id first, the page's own text would count as known, and would be lost.

        Args:
            name: the signed-in user's name.
            client: the client's id.
        """
        owner = self._writers.of(client) or self._owners.of(client)
        if owner == name:
            self._writers.note(client, name)  # also after a long absence
        return owner in ("", name)

    def _remember(self, fingerprint: int) -> None:
        """Remember a message without news, to recognize it without parsing.

        The room stores hashes, which nobody can predict: the messages would be megabytes a room.
        """
        if len(self._echoes) >= ECHOES:
            self._echoes.clear()
        self._echoes.add(fingerprint)

    def leave(self, speaker: object, *, at_once: bool = False) -> None:
        """Show a closed connection's clients as gone, unless they reconnect meanwhile.

        Args:
            speaker: the connection.
            at_once: whether to show them as gone immediately.
        """
        clients = [client for client, known in self._speakers.items() if known is speaker]
        if not clients:
            return
        wait = 0.0 if at_once else GRACE_SECONDS
        asyncio.get_running_loop().call_later(wait, self._gone, clients, speaker)

    def _gone(self, clients: list[int], speaker: object) -> None:
        """Show clients as gone that haven't reconnected."""
        left = [client for client in clients if self._speakers.get(client) is speaker]
        for client in left:
            del self._speakers[client]
        now = time.monotonic()
        news = self._known.leave(left, now)
        self._leave_room(news)
        if self._known.forget(now):
            self._echoes.clear()  # an echo of a forgotten client would be news again
            self._owners.keep(self._known.remembered)
        self._take_over(news)

    def _take_over(self, news: list[Entry]) -> None:
        if news:
            # The server's own awareness, for autosave, the list of users and time-outs.
            self.awareness.apply_awareness_update(awareness.encode_update(news), self)
            if due := self._renewals.due(news, time.monotonic()):
                self._tell(due)

    def send_server_awareness(self, type: str, changes: tuple[dict[str, Any], Any]) -> None:  # noqa: A002 (upstream's)
        """Send everybody the server's own state, and clients that have timed out for upstream."""
        if type != "update" or changes[1] not in {"local", "timeout"}:
            return
        clients = [client for group in changes[0].values() for client in group]
        update = self.awareness.encode_awareness_update(clients)
        news = self._known.take(awareness.parse_update(update), time.monotonic())
        self._leave_room(news)
        self._tell(self._renewals.due(news, time.monotonic()))

    def _leave_room(self, news: Iterable[Entry]) -> None:
        """Stop counting the states of clients that have left for their users."""
        for entry in news:
            if entry.gone:
                self._owners.fits(entry)
