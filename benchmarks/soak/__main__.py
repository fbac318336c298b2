"""Let people type in a class and in personal labs for twenty minutes, and kill what serves them.

Run by ``make soak``. At the end all copies of a document must be the same, and they and its file
must have all words that anybody typed. A person's connection may end only if the killed process
belongs to their own lab, or serves everybody. Anything else is an error.
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
"""Log lines that are expected if processes are killed."""
LOG = Path("artifacts/soak.log")
"""The file for the lab's whole log, if there are errors."""


class Soak:
    """The class and the personal labs, and the faults.

    Attributes:
        lab: the container.
        hosts: its address, by its name.
        groups: the class, and the personal labs.
        faults: all faults that may happen.
        happened: the faults that have happened.
        wrong: a line for each error.
    """

    def __init__(self, lab: Lab, people: int, notebooks: int, own: int) -> None:
        """Sign everybody in, and open the personal labs.

        Args:
            lab: a lab with a volume.
            people: the number of people in the class.
            notebooks: the number of documents that they share.
            own: the number of other people, who have personal labs.
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
        """Return the lab's present IP address and port."""
        return self.hosts[labs.HOST], 8443

    def answers(self, path: str) -> bool:
        """Say whether the lab answers at a path, after its container may have a new address."""
        self.hosts.update(self.lab.hosts)
        with web.browser(self.hosts) as client:
            # If a lab doesn't run, the Hub answers instead, after a redirect to another path.
            answer = client.get(f"{labs.ADDRESS}{path}")
            return answer.status_code == httpx.codes.OK and answer.url.path == path

    @property
    def people(self) -> list[Person]:
        """All people, of the class and of the personal labs."""
        return [person for group in self.groups for person in group.people]

    async def run(self, seconds: float, kinds: list[str] | None) -> None:
        """Let everybody type, and kill processes; add the errors to `wrong`.

        Args:
            seconds: how long.
            kinds: the names of the faults that may happen; None for all.
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
        """Kill something, wait until everything works again, and list the labs that it disturbed.

        Raises:
            AssertionError: a process, a lab or a kernel doesn't come back.
            TimeoutError: a person doesn't reconnect.
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
        """Have people open their own labs again, all at once; return the seconds that it took.

        Raises:
            AssertionError: a lab doesn't open.
        """
        begun = time.monotonic()
        health = "/hub/health"
        await asyncio.to_thread(
            labs.wait_until, lambda: self.answers(health), health, ignoring=labs.AWAY
        )
        await self._each(Group.reopen)
        return time.monotonic() - begun

    async def _each(self, do: Callable[[Group], None]) -> None:
        """Call a function for the class and for each personal lab, all at once."""
        await asyncio.gather(*(asyncio.to_thread(do, group) for group in self.groups))

    async def _until_here(self, least: Mapping[str, int]) -> None:
        """Wait until everybody is connected.

        Args:
            least: the number of connections that must have ended for each person before, because
                a client notices late that its connection has ended.

        Raises:
            TimeoutError: a person isn't connected after `HERE_SECONDS`.
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
        """Wait until all copies and files are the same; return the differences that remain."""
        wrong = [""]
        end = asyncio.get_running_loop().time() + CONVERGE_SECONDS
        while wrong and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(1)
            wrong = await asyncio.to_thread(self._differences)
        return wrong

    def _differences(self) -> list[str]:
        return [words for group in self.groups for words in group.differences()]


def main() -> int:
    """Run the soak, print the report, and return 1 for any error or unexpected log line."""
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
