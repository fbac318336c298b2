"""What a person's cookies say, checked once a minute: a page sends the same with fifty requests.

Whose the token is, and whether they may still come, is asked for each request all the same: that is
JupyterHub's cache, which the lab empties (`classroom.lab.people.revocation`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60.0
"""After so long a cookie is checked again: it may have expired."""
MOST = 1000
"""Headers that are remembered."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a request's cookies say.

    Attributes:
        token: the lab's own, once its signature was checked; None for none.
        session: JupyterHub's id of the session; "" for none.
        until: when they are checked again, in seconds of the clock.
    """

    token: str | None
    session: str
    until: float


class KnownCookies:
    """Remembers what the headers say that come. For one event loop; not safe for threads."""

    def __init__(
        self,
        token: Callable[[Any], str | None],
        session: Callable[[Any], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Know of none yet.

        Args:
            token: upstream's way to the token, by a request's handler.
            session: upstream's way to the session's id, likewise.
            clock: tells seconds.
        """
        self._token, self._session, self._clock = token, session, clock
        self._known: dict[tuple[str, str], Said] = {}

    def token(self, handler: Any) -> str | None:
        """Return the token in a request's cookies, checked; None for none.

        Args:
            handler: the request's handler.
        """
        if hasattr(handler, "_hub_auth_token_cookie"):  # it was given to them with this request
            return self._token(handler)
        return self._of(handler).token

    def session(self, handler: Any) -> str:
        """Return the session's id in a request's cookies; "" for none.

        Args:
            handler: the request's handler.
        """
        return self._of(handler).session

    def _of(self, handler: Any) -> Said:
        headers, now = handler.request.headers, self._clock()
        # Upstream may take no cookies of a WebSocket.
        asked = headers.get("Cookie", ""), headers.get("Sec-Fetch-Mode", "")
        found = self._known.get(asked)
        if found is None or found.until <= now:
            if len(self._known) >= MOST:
                self._known.clear()
            found = Said(self._token(handler), self._session(handler), now + SECONDS)
            self._known[asked] = found
        return found


def use(hub_auth: Any) -> None:
    """Have JupyterHub's half of the server ask here.

    Args:
        hub_auth: its `HubOAuth`.
    """
    known = KnownCookies(hub_auth._get_token_cookie, hub_auth.get_session_id)  # noqa: SLF001
    hub_auth._get_token_cookie, hub_auth.get_session_id = known.token, known.session  # noqa: SLF001
