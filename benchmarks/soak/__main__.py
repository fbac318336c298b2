"""Thirty people type for twenty minutes while all that serves them is killed again and again.

Run by ``make soak``. At the end every copy of every document is the same, has every word that
anybody typed, and so has its file; anything else is an error.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import statistics
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from benchmarks.soak.faults import FAULTS, bring_about
from benchmarks.soak.lab import API, enter, room, started
from benchmarks.soak.people import Person, Place
from tests import labs, logs, web

if TYPE_CHECKING:
    from benchmarks.soak.faults import Fault
    from tests.labs import Lab

BETWEEN_WORDS = 1.0
REST_SECONDS = (5.0, 20.0)
CONVERGE_SECONDS = 60
KNOWN = (
    r"ended with -9|is back|doesn't start|\[error\]|\[crit\]|\[alert\]",
    r"AsyncIOLoopKernelRestarter|died, removing from map|kernel [\w-]+ (restarted|ended)",
    r"Recovered what was typed last|could not be adopted",
    r"Task exception was never retrieved|wrote error|499 |503 |50\d GET",
    r"(?s)^\[E [^\n]* ServerApp\] \{\n",
)
"""What the log may say when things are killed."""
LOG = Path("artifacts/soak.log")
"""Where the lab's whole log is kept when something is wrong."""


class Soak:
    """The class, and what befalls it."""

    def __init__(self, lab: Lab, people: int, notebooks: int, faults: list[Fault]) -> None:
        """Sign everybody in, and have them open a document each.

        Args:
            lab: with a volume.
            people: how many.
            notebooks: how many documents they share.
            faults: what may befall them.
        """
        self.lab = lab
        self.faults = faults
        self.hosts = lab.hosts
        self.client = enter(self.hosts, "tutor-of-the-soak")
        self.names = [f"soak{number}.ipynb" for number in range(notebooks)]
        rooms = [room(self.client, name) for name in self.names]
        self.people: list[Person] = []
        for number in range(people):
            with contextlib.closing(enter(self.hosts, f"p{number}")) as client:
                cookies = "; ".join(f"{c.name}={c.value}" for c in client.cookies.jar)
            headers = {"Cookie": cookies, "Origin": labs.ADDRESS}
            place = Place(rooms[number % notebooks], headers, self.where)
            self.people.append(Person(f"p{number}", place))
        self.recoveries: dict[str, list[float]] = defaultdict(list)

    def where(self) -> tuple[str, int]:
        """Return where the lab is now."""
        return self.hosts[labs.HOST], 8443

    def answers(self, path: str) -> bool:
        """Say whether the lab answers at a path."""
        self.hosts.update(self.lab.hosts)
        with web.browser(self.hosts) as client:
            return bool(client.get(f"{labs.ADDRESS}{path}").status_code == httpx.codes.OK)

    def break_something(self) -> None:
        """Kill something at random and wait until it is back."""
        (fault,) = random.choices(self.faults, [fault.weight for fault in self.faults])
        took = bring_about(fault, self.lab, self.answers)
        if took is not None:
            self.recoveries[fault.name].append(took)
            print(f"  {fault.name} back after {took:.1f} s", flush=True)

    async def run(self, seconds: float) -> list[str]:
        """Type and kill for so long; return what is wrong at the end."""
        staying = [asyncio.create_task(person.stay()) for person in self.people]
        typing = [asyncio.create_task(person.type(BETWEEN_WORDS)) for person in self.people]
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(random.uniform(*REST_SECONDS))
            self.client.post(f"{API}/kernels")
            await asyncio.to_thread(self.break_something)
        for task in typing:
            task.cancel()
        wrong = await self._converge()
        for task in staying:
            task.cancel()
        return wrong

    async def _converge(self) -> list[str]:
        """Wait until all is the same everywhere; return what isn't in the end."""
        wrong = [""]
        end = asyncio.get_running_loop().time() + CONVERGE_SECONDS
        while wrong and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(1)
            wrong = await asyncio.to_thread(self._differences)
        return wrong

    def _differences(self) -> list[str]:
        found = []
        for number, name in enumerate(self.names):
            group = self.people[number :: len(self.names)]
            texts = {person.text for person in group}
            if len(texts) > 1:
                found.append(f"{name}: {len(texts)} different copies")
            text = group[0].text
            typed = [word for person in group for word in person.typed]
            if lost := [word for word in typed if word not in text]:
                found.append(f"{name}: {len(lost)} words lost, such as {lost[:3]}")
            if len(text) != sum(map(len, typed)):
                found.append(f"{name}: {len(text)} characters of {sum(map(len, typed))} typed")
            cells = self.client.get(f"{API}/contents/{name}").json()["content"]["cells"]
            if cells[0]["source"] != text:
                found.append(f"{name}: the file has {len(cells[0]['source'])} characters")
        return found

    def report(self, wrong: list[str]) -> str:
        """Word what happened."""
        typed = sum(len(person.typed) for person in self.people)
        faults = sum(map(len, self.recoveries.values()))
        lost = sum((person.lost for person in self.people), Counter[str]())
        lines = [
            f"{faults} faults survived, {typed} edits by {len(self.people)} people, "
            f"{lost.total()} reconnections",
            f"{'fault':<10} {'times':>5} {'median s':>9} {'longest s':>9}",
        ]
        lines += [
            f"{name:<10} {len(took):>5} {statistics.median(took):>9.1f} {max(took):>9.1f}"
            for name, took in sorted(self.recoveries.items())
        ]
        lines += [f"{times:>5} times: {why}" for why, times in lost.most_common()]
        lines.append("edits lost: 0" if not wrong else "WRONG: " + "; ".join(wrong))
        return "\n".join(lines)


def main() -> int:
    """Run the soak; 1 when anything was lost, or the log says something that it shouldn't."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--notebooks", type=int, default=5)
    parser.add_argument("--faults", nargs="+", choices=[fault.name for fault in FAULTS])
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    random.seed(asked.seed)
    with started("soak") as lab:
        faults = [f for f in FAULTS if not asked.faults or f.name in asked.faults]
        soak = Soak(lab, asked.people, asked.notebooks, faults)
        wrong = asyncio.run(soak.run(asked.minutes * 60))
        alarming = logs.unexpected(lab.log, KNOWN)
        wrong += [f"the log says: {line[:300]}" for line in alarming[:5]]
        print(soak.report(wrong))
        if wrong:
            LOG.parent.mkdir(exist_ok=True)
            LOG.write_text(lab.log, encoding="utf-8")
            print(f"The lab's whole log is in {LOG}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
