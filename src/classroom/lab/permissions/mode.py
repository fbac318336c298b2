"""Who drives: which students are view-only, and what that leaves them. Pure rules.

What isn't named here as reading is refused: an extension's new handler is refused until somebody
has looked at it, and the lab's log names it.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from classroom.lab.protocol.lib0 import CLIENTS, OutOfBoundsError
from classroom.lab.protocol.messages import SyncUpdate
from classroom.lab.protocol.update_bounds import read_deleted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from classroom.lab.protocol.messages import SaveRequest
    from classroom.lab.protocol.update_bounds import Range

REMEMBERED = 1000
"""Documents of one person's that are remembered as out of date: more pages than anybody opens."""
QUIET_REQUESTS = frozenset({"kernel_info_request", "comm_info_request", "history_request"})
"""What a page asks a kernel when it connects, which runs nothing of anybody's."""


@dataclass(frozen=True)
class Mode:
    """Who is view-only.

    Attributes:
        driver: the tutor who has switched all students to view-only; "" while they may write.
        people: students for whom something else holds: whether they are view-only.
    """

    driver: str = ""
    people: Mapping[str, bool] = field(default_factory=dict)

    def is_view_only(self, name: str, tutors: frozenset[str]) -> bool:
        """Say whether somebody may only look on; a tutor never.

        Args:
            name: the signed-in user's.
            tutors: the current tutors.
        """
        return name not in tutors and self.people.get(name, bool(self.driver))

    def for_all(self, driver: str) -> Mode:
        """Return the mode after all were switched, whatever held for anybody before.

        Args:
            driver: the tutor who drives from now on; "" for nobody.
        """
        return Mode(driver)

    def for_one(self, name: str, *, view_only: bool) -> Mode:
        """Return the mode after one student was switched.

        Args:
            name: the student's.
            view_only: whether they are from now on.
        """
        others = {one: held for one, held in self.people.items() if one != name}
        if view_only != bool(self.driver):
            others[name] = view_only
        return Mode(self.driver, others)

    def encode(self) -> bytes:
        """Return what `decode` reads."""
        return json.dumps({"driver": self.driver, "people": dict(self.people)}).encode()


KEYS = ("driver", "people")
SAFE = Mode("a tutor")
"""All are view-only: when it can't be read what holds."""


def decode(text: bytes) -> Mode:
    """Read what `Mode.encode` has written.

    Raises:
        ValueError: it is something else.
    """
    found = json.loads(text)
    driver, people = (found.get(key) if isinstance(found, dict) else None for key in KEYS)
    if not isinstance(driver, str) or not isinstance(people, dict):
        raise ValueError("it doesn't say who drives")  # noqa: TRY004
    return Mode(driver, {str(name): held is True for name, held in people.items()})


def writes(message: SyncUpdate | SaveRequest, deleted: Callable[[], bytes]) -> bool:
    """Say whether a message would write to a room's document, as far as the lab knows it.

    Args:
        message: a message of a person who may not write.
        deleted: makes an update that has all that is deleted in the document and nothing else, as
            ``doc.get_update(doc.get_state())`` does.

    Returns:
        Whether it isn't plainly what a page sends that only comes back: it names all that it knows
        is deleted.
    """
    if not isinstance(message, SyncUpdate) or message.content.structs:
        return True
    try:
        return not is_within(joined(message.content.ranges), joined(read_deleted(deleted())))
    except OutOfBoundsError:
        return True


def joined(ranges: Iterable[Range]) -> list[Range]:
    """Return ranges in order, those that touch as one.

    Args:
        ranges: what is deleted, in any order.
    """
    found: list[Range] = []
    for client, clock, end in sorted(ranges):
        if found and found[-1][0] == client and clock <= found[-1][2]:
            found[-1] = (client, found[-1][1], max(end, found[-1][2]))
        else:
            found.append((client, clock, end))
    return found


def is_within(some: Sequence[Range], known: Sequence[Range]) -> bool:
    """Say whether everything in some ranges is in others; both as `joined` returns them."""
    for client, clock, end in some:
        at = bisect_right(known, (client, clock, CLIENTS)) - 1
        if at < 0 or known[at][0] != client or known[at][2] < end:
            return False
    return True


class Outdated:
    """Documents in pages that have what was not taken: nothing more of them is.

    Each copy in a page has an id of its own. What was dropped once would come in with
    the next message that the copy sends, or when it reconnects: only a new copy is the shared one.
    """

    def __init__(self) -> None:
        self._of: dict[str, deque[int]] = {}

    def add(self, name: str, clients: Iterable[int]) -> None:
        """Take note of somebody's copies.

        Args:
            name: theirs: a copy's id is only what they say.
            clients: the copies' ids.
        """
        known = self._of.setdefault(name, deque(maxlen=REMEMBERED))
        known.extend(client for client in clients if client not in known)

    def among(self, name: str, clients: Iterable[int]) -> bool:
        """Say whether one of somebody's copies is out of date."""
        known = self._of.get(name)
        return known is not None and any(client in known for client in clients)

    def knows(self, name: str) -> bool:
        """Say whether any of somebody's copies are out of date."""
        return name in self._of

    def of(self, name: str) -> list[int]:
        """List somebody's."""
        return list(self._of.get(name, ()))


def is_quiet(header: Mapping[str, Any]) -> bool:
    """Say whether a message to a kernel runs nothing: who is view-only may send no other.

    Args:
        header: the message's header.
    """
    return header.get("msg_type") in QUIET_REQUESTS
