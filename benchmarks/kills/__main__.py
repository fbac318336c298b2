"""Kill the lab server two hundred times while two people type; count the kills that lose words.

Run by ``make soak``. Every tenth kill ends the whole container. The two pages never reconnect with
their copies: a new page must find all words that each had seen from the other, each only once.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from benchmarks.kills import rounds
from benchmarks.soak import lab
from benchmarks.soak.lab import enter, room
from benchmarks.soak.people import Place
from tests import labs, loops, web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.labs import Lab

LAB = "classroom.lab --config"
WHOLE = 10
"""Every tenth kill ends the whole container instead of the lab server."""
MOST_SECONDS = 1.5
"""The longest time that people type before a kill."""
LOG = Path("artifacts/kills.log")


class Killing:
    """A lab to kill again and again, and its document.

    Attributes:
        lab: the container.
        seen: the number of words that pages have seen from others, of all kills.
    """

    def __init__(self, lab: Lab) -> None:
        """Sign in and make the document.

        Args:
            lab: a lab with a volume.
        """
        self.lab = lab
        self._hosts = lab.hosts
        with contextlib.closing(enter(self._hosts, "ada")) as client:
            cookies = "; ".join(f"{c.name}={c.value}" for c in client.cookies.jar)
            headers = {"Cookie": cookies, "Origin": labs.ADDRESS}
            self._place = Place(room(client, "kills.ipynb"), headers, self._where)
        self._words = itertools.count()
        self.seen = 0

    def _where(self) -> tuple[str, int]:
        return self._hosts[labs.HOST], 8443

    def _answers(self) -> bool:
        with web.browser(self._hosts) as client:
            status = client.get(f"{labs.ADDRESS}/services/classroom/api").status_code
            return bool(status == httpx.codes.OK)

    def server(self) -> None:
        """Kill the lab server."""
        assert self.lab.run("pkill", "-KILL", "-f", LAB)[0] == 0  # noqa: S101 (none was killed)

    def container(self) -> None:
        """Kill the container, and start it again."""
        self.lab.container.kill("SIGKILL")
        self.lab.container.wait()
        self.lab.container.start()
        self._hosts.update(self.lab.hosts)

    def once(self, kill: Callable[[], None]) -> list[str]:
        """Let two people type, kill, and compare; return a line for each error.

        Args:
            kill: `server` or `container`.
        """
        moment = random.uniform(0.1, MOST_SECONDS)
        pages = loops.run(rounds.until_killed(self._place, self._words, kill, moment))
        self.seen += sum(len(page.seen) for page in pages)
        labs.wait_until(self._answers, "the lab again", 180, ignoring=labs.AWAY)
        return rounds.wrong(pages, loops.run(rounds.look(self._place)))


@contextlib.contextmanager
def started() -> Iterator[Killing]:
    """Start a lab to kill."""
    with lab.started("kills") as made:
        yield Killing(made)


@contextlib.contextmanager
def kept_log(lab: Lab) -> Iterator[None]:
    """Store the lab's log in `LOG` if an exception is raised meanwhile."""
    try:
        yield
    except BaseException:
        LOG.parent.mkdir(exist_ok=True)
        LOG.write_text(lab.log, encoding="utf-8")
        print(f"The lab's whole log is in {LOG}.")
        raise


def main() -> int:
    """Kill it many times; return 1 if a kill lost a word, or doubled one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    random.seed(asked.seed)
    bad = 0
    with started() as killing, kept_log(killing.lab):
        for number in range(1, asked.kills + 1):
            found = killing.once(killing.server if number % WHOLE else killing.container)
            bad += bool(found)
            if found or number % WHOLE == 0:
                words = (
                    f"{number} kills, {bad} with a word lost or doubled, {killing.seen} words seen"
                )
                print(f"{words} {found or ''}", flush=True)
    print(f"{asked.kills} kills: {bad} lost or doubled a word that another page had seen")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
