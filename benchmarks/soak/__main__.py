"""A class and labs of people's own type for twenty minutes while all that serves them is killed.

Run by ``make soak``. At the end every copy of every document is the same, has every word that
anybody typed, and so has its file; and who was cut off was so by something of their own lab's, or
of everybody's. Anything else is an error.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from benchmarks.soak import groups
from benchmarks.soak.faults import FAULTS, OWN, bring_about, disturbed, in_turn, of_own_lab
from benchmarks.soak.groups import Group
from benchmarks.soak.lab import CONFIG, started
from benchmarks.soak.report import REOPENED, Happened, whole
from tests import labs, logs, own_labs, web

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.soak.faults import Fault
    from benchmarks.soak.people import Person
    from tests.labs import Lab

BETWEEN_WORDS_SECONDS = 1.0
REST_SECONDS = (5.0, 20.0)
HERE_SECONDS = 60
CONVERGE_SECONDS = 60
KNOWN = (
    r"ended with -9|is back|doesn't start|\[error\]|\[crit\]|\[alert\]",
    r"AsyncIOLoopKernelRestarter|died, removing from map|kernel [\w-]+ (restarted|ended)",
    r"Recovered what was typed last|could not be adopted",
    r"Task exception was never retrieved|wrote error|499 |503 |50\d GET",
    r"(?s)^\[E [^\n]* ServerApp\] \{\n",
    *(*own_labs.EXPECTED, own_labs.NEW_TOKENS),
)
"""What the log may say when things are killed."""
LOG = Path("artifacts/soak.log")
"""Where the lab's whole log is kept when something is wrong."""


class Soak:
    """The class and the labs of people's own, and what befalls them."""

    def __init__(self, lab: Lab, people: int, notebooks: int, own: int) -> None:
        """Sign everybody in, and have them open a document each.

        Args:
            lab: with a volume.
            people: how many are in the class.
            notebooks: how many documents they share.
            own: how many others have a lab of their own.
        """
        self.lab = lab
        self.hosts = lab.hosts
        self.groups = [groups.of_class(self.hosts, self.where, people, notebooks)]
        self.groups += [groups.of_own(self.hosts, self.where, number) for number in range(own)]
        self.faults = [*FAULTS]
        for group in self.groups[1:]:
            self.faults += of_own_lab(group.name, own_labs.number(lab, group.name))
        self.happened: list[Happened] = []
        self.wrong: list[str] = []

    def where(self) -> tuple[str, int]:
        """Return where the lab is now."""
        return self.hosts[labs.HOST], 8443

    def answers(self, path: str) -> bool:
        """Say whether the lab answers at a path."""
        self.hosts.update(self.lab.hosts)
        with web.browser(self.hosts) as client:
            # One that doesn't run is answered for by the Hub, from elsewhere.
            answer = client.get(f"{labs.ADDRESS}{path}")
            return answer.status_code == httpx.codes.OK and answer.url.path == path

    @property
    def people(self) -> list[Person]:
        """Everybody, wherever they type."""
        return [person for group in self.groups for person in group.people]

    async def run(self, seconds: float, kinds: list[str] | None) -> None:
        """Type and kill for so long.

        Args:
            seconds: how long.
            kinds: what may be killed; None for everything.
        """
        staying = [asyncio.create_task(person.stay()) for person in self.people]
        typing = [asyncio.create_task(person.type(BETWEEN_WORDS_SECONDS)) for person in self.people]
        faults = in_turn([one for one in self.faults if not kinds or one.name in kinds])
        end = asyncio.get_running_loop().time() + seconds
        try:
            while asyncio.get_running_loop().time() < end:
                await asyncio.sleep(random.uniform(*REST_SECONDS))
                await self._break(next(faults))
        except (AssertionError, TimeoutError) as error:
            self.wrong.append(str(error))
        for task in typing:
            task.cancel()
        self.wrong += await self._converge()
        for task in staying:
            task.cancel()

    async def _break(self, fault: Fault) -> None:
        """Kill something, wait until all is well again, and see whom it has disturbed.

        Raises:
            AssertionError: something doesn't come back.
            TimeoutError: somebody doesn't.
        """
        await self._each(Group.start_kernels)
        await self._until_here({})
        before = {group.name: group.cut for group in self.groups}
        least = {
            person.name: person.cut + fault.reaches(group.name)
            for group in self.groups
            for person in group.people
        }
        took = await asyncio.to_thread(bring_about, fault, self.lab, self.answers)
        if took is None:
            return
        if not fault.pattern and len(self.groups) > 1:
            self.happened.append(Happened(REOPENED, took + await self._reopen(), {}))
        await self._until_here(least)
        cut = {group.name: group.cut - before[group.name] for group in self.groups}
        self.happened.append(Happened(fault.name, took, cut))
        self.wrong += disturbed(fault, cut)
        print(f"  {fault.name} {fault.user} back after {took:.1f} s", flush=True)

    async def _reopen(self) -> float:
        """Have people open their own labs again, all at the same moment; return the seconds.

        Raises:
            AssertionError: one doesn't open.
        """
        begun = time.monotonic()
        health = "/hub/health"
        await asyncio.to_thread(
            labs.wait_until, lambda: self.answers(health), health, ignoring=labs.AWAY
        )
        await self._each(Group.reopen)
        return time.monotonic() - begun

    async def _each(self, do: Callable[[Group], None]) -> None:
        """Do something for the class and for each lab, at the same moment."""
        await asyncio.gather(*(asyncio.to_thread(do, group) for group in self.groups))

    async def _until_here(self, least: Mapping[str, int]) -> None:
        """Wait until everybody is connected.

        Args:
            least: connections that each person must have lost before: an end is noticed late.

        Raises:
            TimeoutError: somebody isn't.
        """
        end = asyncio.get_running_loop().time() + HERE_SECONDS
        while away := [
            person.name
            for person in self.people
            if not person.is_here or person.cut < least.get(person.name, 0)
        ]:
            if asyncio.get_running_loop().time() > end:
                raise TimeoutError(f"not here again after {HERE_SECONDS} s: {', '.join(away)}")
            await asyncio.sleep(0.1)

    async def _converge(self) -> list[str]:
        """Wait until all is the same everywhere; return what isn't in the end."""
        wrong = [""]
        end = asyncio.get_running_loop().time() + CONVERGE_SECONDS
        while wrong and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(1)
            wrong = await asyncio.to_thread(self._differences)
        return wrong

    def _differences(self) -> list[str]:
        return [words for group in self.groups for words in group.differences()]


def main() -> int:
    """Run the soak; 1 when anything was lost, or the log says something that it shouldn't."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--notebooks", type=int, default=5)
    parser.add_argument("--labs", type=int, default=5, help="labs of people's own; 0: the class")
    kinds = [*(fault.name for fault in FAULTS), *OWN]
    parser.add_argument("--faults", nargs="+", choices=kinds)
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    random.seed(asked.seed)
    own = groups.SETTINGS.format(labs=asked.labs) if asked.labs else ""
    with started("soak", CONFIG + own) as lab:
        soak = Soak(lab, asked.people, asked.notebooks, asked.labs)
        asyncio.run(soak.run(asked.minutes * 60, asked.faults))
        alarming = logs.unexpected(lab.log, KNOWN)
        wrong = [*soak.wrong, *(f"the log says: {line[:300]}" for line in alarming[:5])]
        print(whole(soak.happened, soak.groups, wrong))
        if wrong:
            LOG.parent.mkdir(exist_ok=True)
            LOG.write_text(lab.log, encoding="utf-8")
            print(f"The lab's whole log is in {LOG}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
