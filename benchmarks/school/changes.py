"""Change a school, and end one of its machines, while people type in all its classes."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import TYPE_CHECKING

from benchmarks.school import campus, report, staying
from benchmarks.school.results import Change
from benchmarks.school.staying import Lag, Person
from benchmarks.soak.people import Place
from tests import labs, web
from tests.swarm import schools
from tests.swarm.schools import DOMAIN, HTTPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.school.campus import Course
    from tests.engines import Engine
    from tests.swarm.schools import School

ADDED = "geometry"
CONVERGE_SECONDS = 180
UP_SECONDS = 240


class Befalling:
    """Changes and failures of a school with people in all its classes."""

    def __init__(self, school: School, courses: list[Course], people: list[Person]) -> None:
        """Remember the school, and let nobody type yet.

        Args:
            school: the school.
            courses: its classes with people.
            people: the people, who type during each change.
        """
        self.school = school
        self.courses = courses
        self.people = people
        self.may = asyncio.Event()
        self.lag = Lag()

    def more(self) -> float:
        """Add a class; return the seconds that it took."""
        self.school.classes[ADDED] = self.school.shared(ADDED)
        return command(self.school)

    def image(self) -> float:
        """Give all classes another image; return the seconds that it took."""
        following = f"{labs.IMAGE}:next"
        for node in self.school.nodes:
            node.docker("tag", labs.IMAGE, following)
        self.school.content["image"] = following
        return command(self.school)

    def kill(self, victim: Engine, moving: set[str]) -> float:
        """End a machine as a power failure does; return the seconds until its classes answer.

        Args:
            victim: the machine.
            moving: the names of the classes that run on it, which start on other machines.

        Raises:
            AssertionError: a class did not answer within `UP_SECONDS`.
        """
        begun = time.monotonic()
        victim.cut()  # first cut off its network: a machine without power sends nothing at all
        victim.kill()
        for name in moving:
            labs.wait_until(
                lambda name=name: answers(self.school, name),  # type: ignore[misc]
                f"{name} is up elsewhere",
                UP_SECONDS,
                ignoring=labs.AWAY,
            )
        return time.monotonic() - begun

    async def during(self, what: str, do: Callable[[], float], concerned: set[str]) -> Change:
        """Make a change while people type; then wait until all pages and files have the same text.

        Args:
            what: the change's title.
            do: makes the change in a thread, and returns the seconds that it took.
            concerned: the names of the classes whose pages may have to wait.
        """
        before = {person.name: len(person.typed) for person in self.people}
        self.lag.most = 0.0
        for person in self.people:
            person.begin()
        self.may.set()
        took = await asyncio.to_thread(do)
        await self._all_heard()
        longest: dict[bool, list[float]] = {True: [0.0], False: [0.0]}
        for person in self.people:
            person.listen()  # a person who has received nothing yet has waited until now
            longest[person.class_ in concerned].append(person.longest)
        self.may.clear()
        typed = {word for one in self.people for word in one.typed[before[one.name] :]}
        lost, unequal = await self._converge(typed)
        return Change(
            what,
            took,
            waited=max(longest[True]) if concerned else None,
            others=max(longest[False]) if len(concerned) < len(self.courses) else None,
            typed=len(typed),
            lost=lost,
            unequal=unequal,
            lag=self.lag.most,
        )

    async def _all_heard(self) -> None:
        """Wait until everybody has received a word that another person typed after this moment."""
        counts = {person.name: len(person.typed) for person in self.people}
        end = time.monotonic() + CONVERGE_SECONDS
        while time.monotonic() < end:
            await asyncio.sleep(0.2)
            if all(self._hears(person, counts) for person in self.people):
                return

    def _hears(self, person: Person, counts: dict[str, int]) -> bool:
        new = {
            word
            for one in self.people
            if one.class_ == person.class_ and one is not person
            for word in one.typed[counts[one.name] :]
        }
        return not new.isdisjoint(staying.words(person.text))

    async def _converge(self, typed: set[str]) -> tuple[int, int]:
        """Wait until no word is missing, or for `CONVERGE_SECONDS`.

        Returns:
            The number of missing words, and the number of classes whose pages differ.
        """
        end = time.monotonic() + CONVERGE_SECONDS
        while True:
            await asyncio.sleep(1)
            lost = unequal = 0
            for course in self.courses:
                people = [one for one in self.people if one.class_ == course.name]
                own = {word for one in people for word in one.typed} & typed
                pages = {one.text for one in people}
                disk = await asyncio.to_thread(campus.text, self.school, course.name)
                lost += len(staying.lost(own, [*pages, disk]))
                unequal += len(pages) > 1
            if not (lost or unequal) or time.monotonic() > end:
                return lost, unequal


def command(school: School) -> float:
    """Run `make school`; return the seconds that it took.

    Raises:
        RuntimeError: it failed; the message is its output.
    """
    begun = time.monotonic()
    status, said = school.command()
    if status:
        raise RuntimeError(said)
    return time.monotonic() - begun


def answers(school: School, name: str) -> bool:
    """Say whether a class answers through the front of the swarm's manager."""
    with web.browser({f"{name}.{DOMAIN}": school.nodes[0].ip}) as client:
        return client.get(schools.api(name), timeout=3).status_code == 200


def staying_people(school: School, courses: list[Course]) -> list[Person]:
    """Return all people of all classes, each with their class's notebook.

    With each connection they try the next machine, as browsers do if a name has several addresses.
    """
    found = []
    for number, course in enumerate(courses):
        for index, who in enumerate(course.people):
            ips = [node.ip for node in school.nodes]
            turned = itertools.cycle(ips[number % len(ips) :] + ips[: number % len(ips)])
            headers = {"Cookie": who.cookies, "Origin": schools.address(course.name)}
            address = f"wss://{course.name}.{DOMAIN}:{HTTPS}{course.room}"
            place = Place(address, headers, lambda turned=turned: (next(turned), HTTPS))  # type: ignore[misc]
            found.append(Person(f"{course.name}-{index}", course.name, place))
    return found


async def befall(school: School, courses: list[Course]) -> list[Change]:
    """Make all changes, one after the other; return their results.

    Args:
        school: the school.
        courses: its classes with people.
    """
    people = staying_people(school, courses)
    all_ = {course.name for course in courses}
    befalling = Befalling(school, courses, people)
    async with staying.there(people, befalling.may, befalling.lag):
        await befalling.during("", lambda: 0.0, set())  # wait until everybody is there
        found = [await befalling.during(report.MORE, befalling.more, set())]
        found.append(await befalling.during(report.IMAGE, befalling.image, all_))
        victim = school.nodes[-1]
        moving = {
            name for name, node in campus.homes(school, school.nodes).items() if node is victim
        }
        kill = await befalling.during(
            report.KILLED, lambda: befalling.kill(victim, moving), moving & all_
        )
        return [*found, kill]
