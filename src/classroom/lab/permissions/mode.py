"""Decide which students are view-only, and what they may still do. Pure rules.

Everything that isn't listed here as reading is rejected. So a new handler of an extension is
rejected until somebody has checked it; the lab's log names it.
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
"""How many outdated copies of one person to remember: more pages than anybody opens."""
QUIET_REQUESTS = frozenset({"kernel_info_request", "comm_info_request", "history_request"})
"""Requests that a page sends to a kernel when it connects; they run no code."""


@dataclass(frozen=True)
class Mode:
    """Which students are view-only.

    Attributes:
        driver: the tutor who has switched all students to view-only; "" while they may write.
        people: students with a different mode: whether they are view-only.
    """

    driver: str = ""
    people: Mapping[str, bool] = field(default_factory=dict)

    def is_view_only(self, name: str, tutors: frozenset[str]) -> bool:
        """Say whether a person is view-only; a tutor never is.

        Args:
            name: the signed-in user's name.
            tutors: the current tutors.
        """
        return name not in tutors and self.people.get(name, bool(self.driver))

    def for_all(self, driver: str) -> Mode:
        """Return the mode after all students were switched, which drops single students' modes.

        Args:
            driver: the tutor who drives from now on; "" if all students may write.
        """
        return Mode(driver)

    def for_one(self, name: str, *, view_only: bool) -> Mode:
        """Return the mode after one student was switched.

        Args:
            name: the student's name.
            view_only: whether the student is view-only from now on.
        """
        others = {one: held for one, held in self.people.items() if one != name}
        if view_only != bool(self.driver):
            others[name] = view_only
        return Mode(self.driver, others)

    def encode(self) -> bytes:
        """Encode the mode for `decode`."""
        return json.dumps({"driver": self.driver, "people": dict(self.people)}).encode()


KEYS = ("driver", "people")
SAFE = Mode("a tutor")
"""The mode if the saved one can't be read: all students are view-only."""


def decode(text: bytes) -> Mode:
    """Parse what `Mode.encode` has written.

    Raises:
        ValueError: it is something else.
    """
    found = json.loads(text)
    driver, people = (found.get(key) if isinstance(found, dict) else None for key in KEYS)
    if not isinstance(driver, str) or not isinstance(people, dict):
        raise ValueError("it doesn't say who drives")  # noqa: TRY004
    return Mode(driver, {str(name): held is True for name, held in people.items()})


def writes(message: SyncUpdate | SaveRequest, deleted: Callable[[], bytes]) -> bool:
    """Say whether a message would write something new to a room's document.

    Args:
        message: a message of a person who may not write.
        deleted: returns an update that has only the document's deletions, as
            ``doc.get_update(doc.get_state())`` does.

    Returns:
        False only for the message of a page that reconnects, which lists known deletions. True for
        everything else.
    """
    if not isinstance(message, SyncUpdate) or message.content.structs:
        return True
    try:
        return not is_within(joined(message.content.ranges), joined(read_deleted(deleted())))
    except OutOfBoundsError:
        return True


def joined(ranges: Iterable[Range]) -> list[Range]:
    """Sort ranges, and join those that touch.

    Args:
        ranges: deleted ranges, in any order.
    """
    found: list[Range] = []
    for client, clock, end in sorted(ranges):
        if found and found[-1][0] == client and clock <= found[-1][2]:
            found[-1] = (client, found[-1][1], max(end, found[-1][2]))
        else:
            found.append((client, clock, end))
    return found


def is_within(some: Sequence[Range], known: Sequence[Range]) -> bool:
    """Say whether some ranges are within others; both are results of `joined`."""
    for client, clock, end in some:
        at = bisect_right(known, (client, clock, CLIENTS)) - 1
        if at < 0 or known[at][0] != client or known[at][2] < end:
            return False
    return True


class Outdated:
    """Pages' copies of documents that contain a dropped change; their updates are dropped, too.

    Each copy has an id of its own. The copy would send the dropped change again with its next
    message, or when it reconnects. Only a new copy agrees with the shared document.
    """

    def __init__(self) -> None:
        self._of: dict[str, deque[int]] = {}

    def add(self, name: str, clients: Iterable[int]) -> None:
        """Remember a person's copies.

        Args:
            name: the person's name, because pages choose the copies' ids.
            clients: the copies' ids.
        """
        known = self._of.setdefault(name, deque(maxlen=REMEMBERED))
        known.extend(client for client in clients if client not in known)

    def among(self, name: str, clients: Iterable[int]) -> bool:
        """Say whether one of these copies of a person is outdated."""
        known = self._of.get(name)
        return known is not None and any(client in known for client in clients)

    def knows(self, name: str) -> bool:
        """Say whether a person has any outdated copies."""
        return name in self._of

    def of(self, name: str) -> list[int]:
        """List a person's outdated copies."""
        return list(self._of.get(name, ()))


def is_quiet(header: Mapping[str, Any]) -> bool:
    """Say whether a message to a kernel runs no code; view-only people may send only these.

    Args:
        header: the message's header.
    """
    return header.get("msg_type") in QUIET_REQUESTS
