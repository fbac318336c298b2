"""End people's access to the lab as soon as the Hub has ended it.

The Hub's own part (tokens, sessions) would reach the lab only when what it remembers of the Hub's
answers is five minutes old, and an open WebSocket never.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from classroom.lab.connections import notifications, registry
from classroom.runtime import access_state, file_watch
from classroom.runtime.access_state import Standing
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from logging import Logger
    from pathlib import Path

    from classroom.lab.connections.registry import Connections

CLOSE = 1003
"""The code on which JupyterLab's document provider gives up and shows the reason's sentence."""
SENTENCE = gettext_noop("A tutor has ended your access. What you typed is kept.")
NOT_HERE = gettext_noop("You may no longer enter this lab. What you typed is kept.")
"""For who may still be in the class, and in other labs."""
AGAIN_SECONDS = 2.0
"""After so long all is done once more: an answer of the Hub's may have been under way."""


def forget(cache: Any, names: Collection[str]) -> int:
    """Forget what the Hub has said of some people.

    Args:
        cache: JupyterHub's, of user models by token.
        names: of whom.

    Returns:
        How many answers were forgotten.
    """
    theirs = [key for key, model in cache.values.items() if model and model.get("name") in names]
    for key in theirs:
        cache.values.pop(key, None)
        cache.timestamps.pop(key, None)
    return len(theirs)


class Revocation:
    """Follows how people stand."""

    def __init__(
        self,
        open_sockets: Connections,
        cache: Any,
        log: Logger,
        appoint: Callable[[Standing], None],
        owner: str = "",
    ) -> None:
        """Begin with nothing known.

        Args:
            open_sockets: everybody's.
            cache: JupyterHub's, of user models by token.
            log: where to say who has left.
            appoint: is told how people stand.
            owner: whose lab it is to the Hub; "" for the class's, in which tutors stay when they
                are none any more.
        """
        self.places: Callable[[], dict[str, Any]] = dict
        """Says in which document everybody is, for the Hub's lists of labs."""
        self._appoint = appoint
        self._owner = owner
        self._open = open_sockets
        self._cache = cache
        self._log = log
        self.standing = Standing()

    async def follow(self, file: Path, here: Path) -> None:
        """Follow the Hub's word for as long as the lab runs.

        Args:
            file: where the Hub writes how people stand.
            here: where to write who is in the lab.
        """
        self.standing = access_state.read(file)
        self._appoint(self.standing)
        before: tuple[set[str], dict[str, Any]] | None = None
        async for _ in file_watch.moments(file.parent):
            self.take(access_state.read(file))
            if (now := (self._open.people(), self.places())) != before:
                registry.write_here(here, *now)
                before = now

    def take(self, found: Standing) -> None:
        """Do what follows from how people stand now.

        Args:
            found: as the Hub has written it.
        """
        before, self.standing = self.standing, found
        ended, left = found.ended_since(before), self._left(before)
        were, are = before.guests(self._owner), found.guests(self._owner)
        others = {name for name in were | are if were.get(name) != are.get(name)}
        changed = ended | left | (found.tutors ^ before.tutors) | others
        self._appoint(found)
        if not changed:
            return
        forget(self._cache, changed)
        self._end(ended, gettext(SENTENCE))
        self._end(left - ended, gettext(NOT_HERE))
        if ended or left:
            again = ended, left, found
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._end_again, *again)

    def _left(self, before: Standing) -> frozenset[str]:
        """List who could enter this lab, as far as the configuration says, and no longer can.

        Args:
            before: how people stood.
        """
        if not self._owner:
            return frozenset()
        were = (before.tutors | before.guests(self._owner).keys()) - {self._owner}
        return were - self.standing.tutors - self.standing.guests(self._owner).keys()

    def _end(self, ended: Collection[str], sentence: str) -> None:
        for name in sorted(ended):
            count = self._open.end(name, CLOSE, notifications.closing(sentence))
            self._log.info("access: %s has left, %d sockets closed", name, count)

    def _end_again(self, ended: Collection[str], left: frozenset[str], then: Standing) -> None:
        """Find what was being opened just then, of people who haven't been let in again."""
        forget(self._cache, {*ended, *left})
        out = {name for name in ended if self.standing.ended.get(name) == then.ended.get(name)}
        back = self.standing.tutors | self.standing.guests(self._owner).keys()
        for name in out | (left - back):
            sentence = gettext(SENTENCE) if name in out else gettext(NOT_HERE)
            self._open.end(name, CLOSE, notifications.closing(sentence))
