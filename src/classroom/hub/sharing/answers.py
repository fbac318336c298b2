"""What a link means for whoever has opened it: a decision on plain values."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.hub.sharing import links, requests

if TYPE_CHECKING:
    from classroom.hub.sharing.grants import GuestListing
    from classroom.hub.sharing.links import Code, Link


class LinkAnswer(enum.Enum):
    """What the page says."""

    ASK = "ask"
    """Whether they want to come."""
    WRONG = "wrong"
    """Of a link that is wrong, over, used up or taken back: all alike."""
    OWN = "own"
    TUTOR = "tutor"
    HAS = "has"
    """They may enter already, and get no more by the link."""
    REFUSED = "refused"
    """The owner has ended their access."""
    FULL = "full"


@dataclass(frozen=True)
class Visitor:
    """Who has opened a link that lets people in.

    Attributes:
        name: theirs.
        tutor: whether they are a tutor.
        refused: whether the owner has ended their access.
        known: what they may in the lab by a share; None for nothing.
        lacks: whether the link lets do something at JupyterHub that their share does not.
    """

    name: str
    tutor: bool
    refused: bool
    known: GuestListing | None
    lacks: bool = False


def answer(code: Code, link: Link, visitor: Visitor, guests: int) -> LinkAnswer:
    """Decide what a link means for somebody.

    Args:
        code: of the link.
        link: what it gives.
        visitor: who has opened it.
        guests: with how many people the lab is shared.
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
