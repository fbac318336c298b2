"""Who is in a room: what their pages say of them is taken, judged, and told to the others.

What it needs of upstream beyond its public hooks is named and checked in
`classroom.lab.upstream.contract`.
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
"""How many messages that are no news are known again by their bytes."""
GRACE_SECONDS = 10
"""How long somebody whose connection broke is still shown: most come back at once."""


class Attended(YRoom):
    """A room that knows who is there, each by the name that they have signed in with."""

    says: Clean = staticmethod(awareness_state.of_document)
    """Takes of what a page says of itself what the others may be told."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._known = Known()
        self._owners = Owners()
        self._speakers: dict[int, object] = {}
        self._writers = Writers()
        self._echoes: set[int] = set()
        self._renewals = Renewals()
        super().__init__(*args, **kwargs)

    def _tell(self, news: Iterable[Entry]) -> None:
        """Tell everybody; of a room that can."""
        raise NotImplementedError

    def has_heard(self, message: bytes) -> bool:
        """Say whether a message is no news, as of everybody who sends the same back.

        Args:
            message: as received, of bounded length.
        """
        return hash(message) in self._echoes  # once no news, it stays none

    def presence(
        self, message: AwarenessUpdate, speaker: object, who: Mapping[str, Any], *, first: bool
    ) -> None:
        """Take an awareness message; what is no news, or of somebody else, ends here.

        Args:
            message: as parsed.
            speaker: the connection it came by.
            who: the user whose connection it is, of `participant.identity`.
            first: whether it is that connection's first: a client begins with itself.
        """
        entries = message.entries
        # By the clocks alone: what is somebody else's to say may yet be said by them.
        if not any(map(self._known.is_news, entries)):
            self._remember(message.fingerprint)
        server, name = self.awareness.client_id, who["username"]
        theirs = (one for one in entries if self._writers.of(one.client) in ("", name))
        own = self._owners.own((one for one in theirs if one.client != server), name)
        # Only news is stamped: it costs nothing per receiver, and nothing per echo.
        stamped = (
            participant.stamp(one, who, self.says) for one in own if self._known.is_news(one)
        )
        fitting = (one for one in stamped if one is not None and self._owners.fits(one))
        news = self._known.take(fitting, time.monotonic())
        for entry in own if first else news:
            self._speakers[entry.client] = speaker
        self._take_over(news)

    def owns(self, name: str, client: int) -> bool:
        """Say whether somebody may write under a client's id, and remember that they do.

        A page says whose it is before it writes anything. What is written under its id by somebody
        else first, it could never write itself: its own would be taken for what is there already.

        Args:
            name: the signed-in user's.
            client: the id.
        """
        owner = self._writers.of(client) or self._owners.of(client)
        if owner == name:
            self._writers.note(client, name)  # also when they have been away for long
        return owner in ("", name)

    def _remember(self, fingerprint: int) -> None:
        """Know a message again that is no news, without reading it.

        By its hash, which nobody foresees: the messages themselves would be megabytes a room.
        """
        if len(self._echoes) >= ECHOES:
            self._echoes.clear()
        self._echoes.add(fingerprint)

    def leave(self, speaker: object, *, at_once: bool = False) -> None:
        """Let those leave who spoke by a connection that has ended, unless they come back.

        Args:
            speaker: the connection.
            at_once: whether to show them as gone without waiting.
        """
        clients = [client for client, known in self._speakers.items() if known is speaker]
        if not clients:
            return
        wait = 0.0 if at_once else GRACE_SECONDS
        asyncio.get_running_loop().call_later(wait, self._gone, clients, speaker)

    def _gone(self, clients: list[int], speaker: object) -> None:
        """Show clients as gone that haven't come back by another connection."""
        left = [client for client in clients if self._speakers.get(client) is speaker]
        for client in left:
            del self._speakers[client]
        now = time.monotonic()
        news = self._known.leave(left, now)
        self._leave_room(news)
        if self._known.forget(now):
            self._echoes.clear()  # of somebody forgotten it would be news again
            self._owners.keep(self._known.remembered)
        self._take_over(news)

    def _take_over(self, news: list[Entry]) -> None:
        if news:
            # The server's own view of them: autosave, the list of users, time-outs.
            self.awareness.apply_awareness_update(awareness.encode_update(news), self)
            if due := self._renewals.due(news, time.monotonic()):
                self._tell(due)

    def send_server_awareness(self, type: str, changes: tuple[dict[str, Any], Any]) -> None:  # noqa: A002 (upstream's)
        """Tell the server's own state like everybody's, and whoever upstream found timed out."""
        if type != "update" or changes[1] not in {"local", "timeout"}:
            return
        clients = [client for group in changes[0].values() for client in group]
        update = self.awareness.encode_awareness_update(clients)
        news = self._known.take(awareness.parse_update(update), time.monotonic())
        self._leave_room(news)
        self._tell(self._renewals.due(news, time.monotonic()))

    def _leave_room(self, news: Iterable[Entry]) -> None:
        """Have what those said who have left be counted for their users no more."""
        for entry in news:
            if entry.gone:
                self._owners.fits(entry)
