"""End people's access to the lab as soon as the Hub has ended it.

The Hub revokes tokens and sessions. But the lab caches the Hub's answers for five minutes, and
never asks again about an open WebSocket.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from tornado.web import HTTPError

from classroom.lab.connections import notifications, registry
from classroom.runtime import access_state, background_tasks, file_watch
from classroom.runtime.access_state import Standing
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from logging import Logger
    from pathlib import Path

    from tornado.web import RequestHandler

    from classroom.lab.connections.registry import Connections

CLOSE = 1003
"""The code on which JupyterLab's document provider gives up and shows the reason's sentence."""
SENTENCE = gettext_noop("A tutor has ended your access. What you typed is kept.")
NOT_HERE = gettext_noop("You may no longer enter this lab. What you typed is kept.")
"""Sentence for a person who may still enter the class and other labs."""
AGAIN_SECONDS = 2.0
"""When to close connections once more: an answer of the Hub may have been under way."""
TURNS = 3
"""How often to ask the Hub about connections that a person has opened during the last request."""


def forget(cache: Any, names: Collection[str]) -> int:
    """Remove the Hub's answers about some people from the cache.

    Args:
        cache: JupyterHub's cache of user models by token.
        names: the people's names.

    Returns:
        How many answers were removed.
    """
    theirs = [key for key, model in cache.values.items() if model and model.get("name") in names]
    for key in theirs:
        cache.values.pop(key, None)
        cache.timestamps.pop(key, None)
    return len(theirs)


async def is_in(hub_auth: Any, handler: RequestHandler) -> bool:
    """Ask the Hub whether it still accepts the sign-in by which a person opened a socket.

    Args:
        hub_auth: JupyterHub's `HubOAuth`, whose cache has no answer about the person.
        handler: the handler of the socket, or of a request.

    Returns:
        Whether it does; False also if the Hub doesn't answer, because people can reconnect.
    """
    try:
        model = await hub_auth.user_for_token(
            hub_auth.get_token(handler) or "",
            session_id=hub_auth.get_session_id(handler),
            sync=False,
        )
    except HTTPError:
        return False
    return bool(model) and bool(hub_auth.check_scopes(hub_auth.access_scopes, model))


class Revocation:
    """Applies the Hub's changes of people's access."""

    def __init__(
        self,
        open_sockets: Connections,
        hub_auth: Any,
        log: Logger,
        appoint: Callable[[Standing], None],
        owner: str = "",
    ) -> None:
        """Start without knowing anybody's access.

        Args:
            open_sockets: everybody's connections.
            hub_auth: JupyterHub's `HubOAuth`, with its cache of user models by token.
            log: the log to write to.
            appoint: receives people's access after each change.
            owner: the person who owns the lab in the Hub; "" for the class's lab, in which former
                tutors may stay.
        """
        self.places: Callable[[], dict[str, Any]] = dict
        """Returns everybody's document, for the Hub's lists of labs."""
        self._appoint = appoint
        self._owner = owner
        self._open = open_sockets
        self._hub_auth = hub_auth
        self._log = log
        self.standing = Standing()
        """People's access now: ended shares are removed, also while the Hub doesn't run."""

    async def follow(self, file: Path, here: Path) -> None:
        """Follow the Hub's file for as long as the lab runs.

        Args:
            file: the file in which the Hub writes who has access.
            here: the file that lists the people who are in the lab.
        """
        self.standing = access_state.read(file).at(time.time())
        self._appoint(self.standing)
        before: tuple[set[str], dict[str, Any]] | None = None
        async for _ in file_watch.moments(file.parent):
            self.take(access_state.read(file))
            # Only tutors in other labs need everybody's document.
            places = self.places() if self.standing.several else {}
            if (now := (self._open.people(), places)) != before:
                registry.write_here(here, *now)
                before = now

    def take(self, found: Standing) -> None:
        """Apply people's access.

        Args:
            found: the access that the Hub has written.
        """
        before, self.standing = self.standing, found.at(time.time())
        found = self.standing
        ended, left = found.ended_since(before), self._left(before)
        were, are = before.guests(self._owner), found.guests(self._owner)
        others = {name for name in were | are if were.get(name) != are.get(name)}
        changed = ended | left | (found.tutors ^ before.tutors) | others
        self._appoint(found)
        if not changed:
            return
        forget(self._hub_auth.cache, changed)
        self._end(ended, gettext(SENTENCE))
        self._end(left - ended, gettext(NOT_HERE))
        if ended or left:
            work = self._end_again(ended, left, found)
            background_tasks.start(work, "Disconnecting people again", self._log)

    def _left(self, before: Standing) -> frozenset[str]:
        """List the people who could enter this lab by the configuration or a share, and can't now.

        Args:
            before: people's access before.
        """
        if not self._owner:
            return frozenset()
        were = (before.tutors | before.guests(self._owner).keys()) - {self._owner}
        were |= self.standing.gone_since(before, self._owner)
        return were - self.standing.tutors - self.standing.guests(self._owner).keys()

    def _end(self, ended: Collection[str], sentence: str) -> None:
        for name in sorted(ended):
            count = self._open.end(name, CLOSE, notifications.closing(sentence))
            self._log.info("access: %s has left, %d sockets closed", name, count)

    async def _end_again(
        self, ended: Collection[str], left: frozenset[str], then: Standing
    ) -> None:
        """Close connections that were opening meanwhile, unless the person has access again."""
        await asyncio.sleep(AGAIN_SECONDS)
        forget(self._hub_auth.cache, {*ended, *left})
        for name in ended:
            if self.standing.ended.get(name) == then.ended.get(name):
                closing = notifications.closing(gettext(SENTENCE))
                self._open.end(name, CLOSE, closing, await self._newly_in(name))
        back = self.standing.tutors | self.standing.guests(self._owner).keys()
        for name in left - back - set(ended):
            self._open.end(name, CLOSE, notifications.closing(gettext(NOT_HERE)))

    async def _newly_in(self, name: str) -> set[RequestHandler]:
        """List a person's sockets and requests with a new sign-in, which the Hub accepts."""
        asked: dict[RequestHandler, bool] = {}
        for _ in range(TURNS):
            if not (new := [one for one in self._open.of(name) if one not in asked]):
                break
            for handler in new:
                asked[handler] = await is_in(self._hub_auth, handler)
        return {handler for handler, may in asked.items() if may}
