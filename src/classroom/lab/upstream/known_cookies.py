"""Check a person's cookies once a minute: a page sends the same ones with fifty requests.

The token's owner and their access are still checked for each request, by JupyterHub's cache, which
the lab empties if necessary (`classroom.lab.people.revocation`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60.0
"""After how long to check a cookie again, because it may have expired."""
MOST = 1000
"""How many headers to remember."""


@dataclass(frozen=True, slots=True)
class Said:
    """The content of a request's cookies.

    Attributes:
        token: the lab's token, whose signature was checked; None if there is none.
        session: JupyterHub's session id; "" if there is none.
        until: when to check the cookies again, in seconds of the clock.
    """

    token: str | None
    session: str
    until: float


class KnownCookies:
    """Remembers the content of cookie headers. For one event loop; not safe for threads."""

    def __init__(
        self,
        token: Callable[[Any], str | None],
        session: Callable[[Any], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without headers.

        Args:
            token: upstream's function that returns the token of a request's handler.
            session: upstream's function that returns the session id of a request's handler.
            clock: returns seconds.
        """
        self._token, self._session, self._clock = token, session, clock
        self._known: dict[tuple[str, str], Said] = {}

    def token(self, handler: Any) -> str | None:
        """Return the token in a request's cookies, checked; None for none.

        Args:
            handler: the request's handler.
        """
        if hasattr(handler, "_hub_auth_token_cookie"):  # this request has just set it
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
        # Upstream may ignore the cookies of a WebSocket.
        asked = headers.get("Cookie", ""), headers.get("Sec-Fetch-Mode", "")
        found = self._known.get(asked)
        if found is None or found.until <= now:
            if len(self._known) >= MOST:
                self._known.clear()
            found = Said(self._token(handler), self._session(handler), now + SECONDS)
            self._known[asked] = found
        return found


def use(hub_auth: Any) -> None:
    """Make JupyterHub's part of the server use this cache.

    Args:
        hub_auth: the lab's `HubOAuth`.
    """
    known = KnownCookies(hub_auth._get_token_cookie, hub_auth.get_session_id)  # noqa: SLF001
    hub_auth._get_token_cookie, hub_auth.get_session_id = known.token, known.session  # noqa: SLF001
