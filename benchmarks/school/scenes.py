"""The scenes without changes of a school: all classes at work, and the time that the front adds."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.pages import scenes as page_scenes
from benchmarks.pages.scenes import ARRIVAL_SECONDS, together
from benchmarks.rooms import away
from benchmarks.rooms.scenes import TYPED_PER_SECOND, Found, latencies
from benchmarks.school import campus
from benchmarks.school.campus import FRONT, People
from benchmarks.school.results import OfClass, OfFronts
from classroom.lab.rooms.save_beat import beat
from tools.school import stacks

if TYPE_CHECKING:
    from benchmarks.pages.people import Plan
    from benchmarks.rooms.away import Away
    from benchmarks.school.campus import Course
    from benchmarks.school.results import Usage
    from tests.engines import Engine
    from tests.swarm.schools import School

TYPISTS = 5
"""One in this many people types, and two at least: everybody then receives another's words."""
SETTLE_SECONDS = 6
"""How long new pages still send messages about their arrival."""


def at_work(
    school: School, courses: list[Course], seconds: float
) -> tuple[list[OfClass], OfFronts]:
    """Let the people of all classes open their pages at once, then let one in five type.

    Args:
        school: the school.
        courses: all its classes.
        seconds: how long they type.

    Returns:
        The results of each class, and those of the fronts, still without the times of keystrokes.
    """
    homes = campus.homes(school, school.nodes)
    fronts = {f"{FRONT} of {node.name}": (FRONT, node) for node in school.nodes}
    services = fronts | {name: (stacks.name_of_service(name), node) for name, node in homes.items()}

    def used() -> dict[str, Usage]:
        return {key: campus.usage(school, *place) for key, place in services.items()}

    empty = used()
    with contextlib.ExitStack() as stack:
        crowds = [stack.enter_context(_crowd(one, one.plan)) for one in courses]
        together(crowds, "come", ARRIVAL_SECONDS)
        connections = sum(int(crowd.do("connections")) for crowd in crowds)
        together(crowds, "live", SETTLE_SECONDS)
        before = used()
        together(crowds, "work", seconds, TYPED_PER_SECOND)
        after = used()
        together(crowds, "live", 4 + beat(1, len(courses[0].people)))
        found = [
            replace(
                _of_class(school, one, crowd, seconds),
                node=homes[one.name].name,
                cores=after[one.name].cores(before[one.name]),
                memory=after[one.name].memory,
            )
            for one, crowd in zip(courses, crowds, strict=True)
        ]
    return found, OfFronts(
        connections=connections,
        idle=sum(empty[key].memory for key in fronts),
        memory=sum(after[key].memory for key in fronts),
        cores=sum(after[key].cores(before[key]) for key in fronts),
    )


def _crowd(
    course: Course, plan: Plan, network: str = ""
) -> contextlib.AbstractContextManager[Away]:
    """Make a crowd of a class's people in a process of its own.

    Args:
        course: the class.
        plan: what their pages do.
        network: the file of the network namespace to enter; "" for this machine's own.
    """
    people = course.people
    return away.start(People, network, plan, people, max(2, len(people) // TYPISTS))


def _of_class(school: School, course: Course, crowd: Away, seconds: float) -> OfClass:
    """Return the results of a class whose people have typed for some seconds."""
    seen, result = Found("classes", len(course.people), course.name), crowd.result()
    latencies(seen, result, seconds)
    page_scenes.refused(seen, [crowd])
    text, values = campus.text(school, course.name), seen.values
    return OfClass(
        name=course.name,
        by=course.by.name,
        people=len(course.people),
        arrival=float(crowd.do("arrival")),
        refused=int(values["refused"]),
        p50=values["p50"],
        p95=values["p95"],
        arrived=values["arrived"],
        equal=values["equal"] == 1,
        saved=sum(f"~{mark:016d}~" in text for mark in result.sent) / len(result.sent),
        lag=values["lag"],
    )


def both_ways(
    school: School, course: Course, turns: int, seconds: float
) -> tuple[list[float], list[float]]:
    """Let the people of one class type alternately through the front and past it.

    The people's process is on the class's own machine, so that the two ways differ only by the
    front.

    Args:
        school: the school.
        course: the class.
        turns: how often they type each way.
        seconds: how long they type each time.

    Returns:
        The 95th percentile of the time from a keystroke to another page, in ms, for each turn:
        through the front, and past it.
    """
    home = campus.homes(school, school.nodes)[course.name]
    straight = campus.own_address(school, course.name, home)
    # The front sends this header on each connection. The port here is made up.
    said = f"PROXY TCP4 {home.ip} {home.ip} 40000 443\r\n".encode()
    plan = course.plan
    ways = (
        replace(plan, place=replace(plan.place, ip=home.ip)),
        replace(plan, place=replace(plan.place, ip=straight, before=said)),
    )
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(turns):
        for way, kept in zip(ways, found, strict=True):
            kept.append(_p95(home, course, way, seconds))
    return found


def _p95(home: Engine, course: Course, plan: Plan, seconds: float) -> float:
    """Let people connect by one way and type; return p95 of a keystroke to another page, in ms."""
    network = f"/run/netns/{home.namespace}"
    people = course.people
    with _crowd(course, plan, network) as crowd:
        crowd.do("come", ARRIVAL_SECONDS)
        crowd.do("live", SETTLE_SECONDS)
        crowd.do("work", seconds, TYPED_PER_SECOND)
        crowd.do("live", 2)
        seen = Found("both ways", len(people), course.name)
        latencies(seen, crowd.result(), seconds)
    return seen.values["p95"]
