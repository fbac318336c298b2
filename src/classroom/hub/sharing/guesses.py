"""Slow down people who open wrong links: answers get slower, and in the end are refused.

Wrong links are counted by signed-in person, not by address: a class at one address may open a
used-up link all at once, and a person who guesses must not lock out others.
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
    """Check that a person may open a link, before it is looked up.

    Args:
        name: the person's name.

    Raises:
        HTTPError: 429, too many answers to this person wait already.
    """
    if GUESSES.are_many(name):
        raise web.HTTPError(429, gettext(TOO_MANY).format(seconds=LONGEST_SECONDS))


async def wrong(name: str) -> None:
    """Note that a person has opened a wrong link, and wait before it is answered.

    Args:
        name: the person's name.
    """
    await GUESSES.answer_wrong(name)
