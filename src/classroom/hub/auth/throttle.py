"""Slow down guesses: after some wrong ones, answers to an address or person get slower and slower.

The right passphrase never waits, so a person who guesses can't lock out a class at the same
address. People who guess links are signed in, and are counted by name. The front limits how often
an address may try at all (nginx/front.conf); docs/security.md says what chance remains.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address

from classroom.runtime.words import gettext

FREE_ATTEMPTS = 20
"""So many wrong passphrases are answered at once, because a class also mistypes."""
FORGIVE_SECONDS = 30.0
"""After this time one wrong passphrase is forgotten."""
LONGEST_SECONDS = 30.0
MOST_WAITING_ANSWERS = 8
"""How many answers to one address may wait; further attempts are refused at once."""
MOST_ADDRESSES = 4096
"""How many addresses are remembered; the least recent one is forgotten first."""


@dataclass(frozen=True)
class Attempts:
    """The wrong passphrases of an address.

    Attributes:
        wrong: how many were wrong, without forgotten ones.
        at: the time of that number, in seconds of a monotonic clock.
    """

    wrong: float = 0.0
    at: float = 0.0

    def now(self, now: float) -> Attempts:
        """Forget wrong passphrases by the time that has passed.

        Args:
            now: the time of the same clock.
        """
        return Attempts(max(0.0, self.wrong - (now - self.at) / FORGIVE_SECONDS), now)

    @property
    def seconds(self) -> float:
        """How long the answer to the last wrong one waits; doubled for each after the free ones."""
        beyond = self.wrong - FREE_ATTEMPTS
        return 0.0 if beyond <= 0 else min(LONGEST_SECONDS, 0.5 * 2 ** min(beyond, 10))


def network(address: str) -> str:
    """Return the network that counts as one address: for IPv6 the /64, one household or school.

    Args:
        address: the address in the front's header.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Address(int(found) >> 64 << 64)) if found.version == 6 else str(found)  # noqa: PLR2004


class Guesses:
    """Wrong passphrases by address, for one event loop, without locks."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, Attempts] = OrderedDict()
        self._waiting: dict[str, int] = {}

    def wrong(self, address: str, now: float) -> float:
        """Note a wrong passphrase.

        Args:
            address: the sender's address.
            now: the time in seconds of a monotonic clock.

        Returns:
            How long its answer must wait, in seconds.
        """
        key = network(address)
        record = self._records.pop(key, Attempts(0.0, now)).now(now)
        self._records[key] = record = replace(record, wrong=record.wrong + 1)
        if len(self._records) > MOST_ADDRESSES:
            self._records.popitem(last=False)
        return record.seconds

    def are_many(self, address: str) -> bool:
        """Say whether so many answers to an address wait that further attempts are refused.

        Args:
            address: the sender's address.
        """
        return self._waiting.get(network(address), 0) >= MOST_WAITING_ANSWERS

    async def answer_wrong(self, address: str) -> str:
        """Note a wrong passphrase, and wait before it is answered.

        Args:
            address: the sender's address.

        Returns:
            A sentence for the page, if it says more than that the passphrase is wrong.
        """
        seconds, key = self.wrong(address, time.monotonic()), network(address)
        if not seconds:
            return ""
        waiting = self._waiting.get(key, 0)
        if waiting < MOST_WAITING_ANSWERS:
            self._waiting[key] = waiting + 1
            try:
                await asyncio.sleep(seconds)
            finally:
                self._waiting[key] -= 1
                if not self._waiting[key]:
                    del self._waiting[key]
        return gettext(
            "Too many wrong passphrases from your address: try again in {seconds:.0f} seconds."
        ).format(seconds=LONGEST_SECONDS)
