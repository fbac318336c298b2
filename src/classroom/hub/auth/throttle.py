"""Guesses: each address, or person, may make some, then answers get slower and slower.

The right passphrase is never made to wait: somebody who guesses can't keep a class out that comes
from the same address. Whoever guesses links is signed in, and counted by name. How often an
address may try at all is bounded by the front (nginx/front.conf); what chance that leaves is in
docs/security.md.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address

from classroom.runtime.words import gettext

FREE_ATTEMPTS = 20
"""Wrong passphrases that are answered at once: a class mistypes too."""
FORGIVE_SECONDS = 30.0
"""After so long one of them is forgotten."""
LONGEST_SECONDS = 30.0
MOST_WAITING_ANSWERS = 8
"""Answers that wait for one address at the same time; further ones are refused at once."""
MOST_ADDRESSES = 4096
"""Addresses that are remembered; the one that was heard of longest ago is forgotten first."""


@dataclass(frozen=True)
class Attempts:
    """What is remembered of an address.

    Attributes:
        wrong: passphrases, those forgiven taken off.
        at: when that was so, seconds of a clock that only goes forward.
    """

    wrong: float = 0.0
    at: float = 0.0

    def now(self, now: float) -> Attempts:
        """Forgive what time has.

        Args:
            now: the same clock's.
        """
        return Attempts(max(0.0, self.wrong - (now - self.at) / FORGIVE_SECONDS), now)

    @property
    def seconds(self) -> float:
        """How long the answer to the last wrong one waits: doubled with each beyond the free."""
        beyond = self.wrong - FREE_ATTEMPTS
        return 0.0 if beyond <= 0 else min(LONGEST_SECONDS, 0.5 * 2 ** min(beyond, 10))


def network(address: str) -> str:
    """Return what counts as one address: of IPv6 the /64, which is one household's or school's.

    Args:
        address: as the front says it.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Address(int(found) >> 64 << 64)) if found.version == 6 else str(found)  # noqa: PLR2004


class Guesses:
    """Wrong passphrases by address. One event loop's: nothing here is for threads."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, Attempts] = OrderedDict()
        self._waiting: dict[str, int] = {}

    def wrong(self, address: str, now: float) -> float:
        """Take note of a wrong passphrase.

        Args:
            address: whose.
            now: seconds of a clock that only goes forward.

        Returns:
            How long its answer has to wait, seconds.
        """
        key = network(address)
        record = self._records.pop(key, Attempts(0.0, now)).now(now)
        self._records[key] = record = replace(record, wrong=record.wrong + 1)
        if len(self._records) > MOST_ADDRESSES:
            self._records.popitem(last=False)
        return record.seconds

    def are_many(self, address: str) -> bool:
        """Say whether as many wrong answers wait as may: whoever makes them can be refused more.

        Args:
            address: whose.
        """
        return self._waiting.get(network(address), 0) >= MOST_WAITING_ANSWERS

    async def answer_wrong(self, address: str) -> str:
        """Take note of a wrong passphrase, and wait before it is answered.

        Args:
            address: whose.

        Returns:
            What the page says, when it isn't only that the passphrase is wrong.
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
