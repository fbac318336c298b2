"""Decide on plain values what a link means for the person who has opened it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.hub.sharing import links, requests

if TYPE_CHECKING:
    from classroom.hub.sharing.grants import GuestListing
    from classroom.hub.sharing.links import Code, Link


class LinkAnswer(enum.Enum):
    """The page's answer."""

    ASK = "ask"
    """The page asks whether they want to enter the lab."""
    WRONG = "wrong"
    """The link is wrong, expired, used up or taken back: the same answer for all."""
    OWN = "own"
    TUTOR = "tutor"
    HAS = "has"
    """They may enter already, and the link gives them nothing more."""
    REFUSED = "refused"
    """The owner has ended their access."""
    FULL = "full"


@dataclass(frozen=True)
class Visitor:
    """The person who has opened a valid link.

    Attributes:
        name: the person's name.
        tutor: whether they are a tutor.
        refused: whether the owner has ended their access.
        known: the terms of their present share; None for none.
        lacks: whether the link gives scopes of JupyterHub that their share does not have.
    """

    name: str
    tutor: bool
    refused: bool
    known: GuestListing | None
    lacks: bool = False


def answer(code: Code, link: Link, visitor: Visitor, guests: int) -> LinkAnswer:
    """Decide what a link means for a person.

    Args:
        code: the link's code.
        link: the link.
        visitor: the person who has opened it.
        guests: the number of people with whom the lab is shared.
    """
    if visitor.name == code.owner:
        return LinkAnswer.OWN
    if visitor.tutor:
        return LinkAnswer.TUTOR
    if visitor.refused:
        return LinkAnswer.REFUSED
    if not (links.gives_more(link, visitor.known) or visitor.lacks):
        return LinkAnswer.HAS
    is_full = visitor.known is None and guests >= requests.MOST_PEOPLE
    return LinkAnswer.FULL if is_full else LinkAnswer.ASK
