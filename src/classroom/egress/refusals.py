"""Count what the egress lock refused, and remember the last destinations, for the tutor."""

from __future__ import annotations

import datetime as dt
import json
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_DESTINATIONS = 50
"""Enough to see what a notebook tried to reach."""
LOG_SECONDS = 30
"""The shortest time between two log lines about refusals."""


@dataclass
class Destination:
    """A destination that the lock refused.

    Attributes:
        who: the unix user that tried; "" if unknown.
        what: "tcp 192.88.99.1:443", "name data.example.org".
        times: how often it was seen; of packets only a sample is seen.
        last: when it was last seen, in seconds since 1970.
    """

    who: str
    what: str
    times: int
    last: float


@dataclass
class Refusals:
    """What was refused since the start.

    Attributes:
        packets: how many packets, "out" and "in".
        names: how many look-ups of names were refused.
        last: destinations of packets, the most recent at the end.
        last_names: names, in a separate list, so that neither kind displaces the other.
    """

    packets: dict[str, int] = field(default_factory=lambda: {"out": 0, "in": 0})
    names: int = 0
    last: OrderedDict[tuple[str, str], Destination] = field(default_factory=OrderedDict)
    last_names: OrderedDict[tuple[str, str], Destination] = field(default_factory=OrderedDict)
    _told: float = float("-inf")
    _untold: int = 0
    _newest: Destination | None = None

    def note_name(self, name: str, now: float) -> None:
        """Remember a name whose look-up was refused.

        Args:
            name: the host's name.
            now: the time, in seconds since 1970.
        """
        self._remember(self.last_names, "", f"name {name}", now)

    def note(self, who: str, what: str, now: float) -> None:
        """Remember a destination of packets.

        Args:
            who: the unix user, or "".
            what: the destination in words.
            now: seconds since 1970.
        """
        self._remember(self.last, who, what, now)

    def _remember(
        self, among: OrderedDict[tuple[str, str], Destination], who: str, what: str, now: float
    ) -> None:
        found = among.pop((who, what), None) or Destination(who, what, 0, now)
        found.times += 1
        found.last = now
        among[who, what] = found
        while len(among) > MOST_DESTINATIONS:
            among.popitem(last=False)
        self._untold += 1
        self._newest = found

    def line(self, now: float) -> str:
        """Return the next line for the log; "" if there is nothing new, or it is too early.

        Args:
            now: seconds since 1970.
        """
        newest = self._newest
        if newest is None or not self._untold or now - self._told < LOG_SECONDS:
            return ""
        by = f" by {newest.who}" if newest.who else ""
        more = f" and {self._untold - 1} more" if self._untold > 1 else ""
        self._told, self._untold = now, 0
        return f"refused {newest.what}{by}{more}; all of them: make egress"

    def as_json(self, lock: str, *, counted: bool) -> str:
        """Write it down for `report`.

        Args:
            lock: which lock holds, in words.
            counted: whether the lock reports what it refuses; only nftables does.
        """
        found: dict[str, Any] = {"lock": lock}
        if counted:
            everything = [*self.last.values(), *self.last_names.values()]
            everything.sort(key=lambda found: found.last, reverse=True)
            last = [asdict(found) for found in everything]
            found |= {"packets": self.packets, "names": self.names, "last": last}
        return json.dumps(found)


def report(found: Mapping[str, Any]) -> str:
    """Format the report for a person at a terminal.

    Args:
        found: what `Refusals.as_json` wrote.
    """
    zone = dt.datetime.now(dt.UTC).astimezone().tzinfo  # the container's
    lines = [f"Egress lock: {found['lock']}"]
    if "packets" not in found:
        return "\n".join([*lines, "What it refuses is not counted; with nftables it is."])
    packets = found["packets"]
    lines += [
        f"Refused since the start: {packets['out']} packets out, {packets['in']} in, "
        f"{found['names']} names"
    ]
    if found["last"]:
        head = f"last ({dt.datetime.now(zone):%Z})"
        lines += ["", f"{head:<20}{'times':>6}  {'who':<10} what"]
    for one in found["last"]:
        when = dt.datetime.fromtimestamp(one["last"], zone).strftime("%F %T")
        lines.append(f"{when:<20}{one['times']:>6}  {one['who'] or '-':<10} {one['what']}")
    return "\n".join(lines)
