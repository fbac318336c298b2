"""Wrong links: a person may open some, then answers get slower and slower, and then there is none.

They are counted by who is signed in: a class at one address opens a link that is used up, all at
once, and whoever guesses keeps nobody else out.
"""

from __future__ import annotations

from tornado import web

from classroom.hub.auth.throttle import LONGEST_SECONDS, Guesses
from classroom.runtime.words import gettext, gettext_noop

GUESSES = Guesses()
TOO_MANY = gettext_noop(
    "You have opened too many links that lead nowhere: try again in {seconds:.0f} seconds."
)


def check(name: str) -> None:
    """See that somebody may open a link, before it is looked for.

    Args:
        name: theirs.

    Raises:
        HTTPError: 429, too many answers to them wait already.
    """
    if GUESSES.are_many(name):
        raise web.HTTPError(429, gettext(TOO_MANY).format(seconds=LONGEST_SECONDS))


async def wrong(name: str) -> None:
    """Take note that somebody has opened a wrong link, and wait before it is answered.

    Args:
        name: theirs.
    """
    await GUESSES.answer_wrong(name)
