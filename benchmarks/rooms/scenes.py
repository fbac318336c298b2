"""The scenes: each fills a server's rooms with people, and returns the measured values.

The arguments of the functions in `SCENES` are the server, the number of people, and the seconds of
typing.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.rooms import away
from benchmarks.rooms.servers import GLOBAL, Server, cpu, memory
from classroom.lab.rooms.save_beat import beat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.rooms.away import Away
    from benchmarks.rooms.crowd import Seen

TYPED_PER_SECOND = 4
MEGABYTE = 1 << 20


@dataclass
class Found:
    """The results of a scene.

    Attributes:
        scene: the scene's name.
        people: the number of people.
        kind: the kind of server, or the way to it.
        values: the values by column: ms, cores, MB, shares of one.
        notes: further text for the report.
    """

    scene: str
    people: int
    kind: str
    values: dict[str, float] = field(default_factory=dict)
    notes: str = ""


@contextlib.contextmanager
def using(server: Server, found: Found) -> Iterator[None]:
    """Store the cores that a server uses during the context, and its memory at the end, in MB.

    Args:
        server: the server.
        found: the results to add to.
    """
    begun, used = time.monotonic(), cpu(server.pid)
    yield
    found.values["cores"] = (cpu(server.pid) - used) / (time.monotonic() - begun)
    found.values["MB"] = memory(server.pid)


def latencies(found: Found, seen: Seen, seconds: float) -> None:
    """Store the latencies, and the other values of a crowd that has typed.

    Args:
        found: the results to add to.
        seen: what the crowd has seen.
        seconds: how long it has typed.
    """
    milliseconds = sorted(1000 * one for one in seen.latencies) or [float("inf")]
    lags = sorted(1000 * one for one in seen.lags)
    found.values |= {
        "p50": statistics.median(milliseconds),
        "p95": milliseconds[int(len(milliseconds) * 0.95)],
        "arrived": len(seen.latencies) / len(seen.sent) / found.people,
        "equal": 1.0 if len(seen.texts) == 1 else 0.0,
        "crowd": seen.cpu / seconds,
        "lag": lags[int(len(lags) * 0.95)],
        "frames": seen.frames / seconds,
        "bytes": seen.size / max(1, seen.frames),
    }


def typing(server: Server, people: int, seconds: float, typists: int | None = None) -> Found:
    """Let people of a notebook type.

    Args:
        server: the server.
        people: the number of people.
        seconds: how long they type.
        typists: the number of people who type; None for one in five.
    """
    found = Found("one notebook", people, server.kind)
    many = max(1, people // 5) if typists is None else typists
    with away.crowd([server.room("n")], people, many) as crowd:
        crowd.do("settle", 30)
        crowd.do("live", 4)
        before = crowd.result()
        with using(server, found):
            crowd.do("work", seconds, TYPED_PER_SECOND)
        crowd.do("live", 4 + beat(1, people))
        seen = crowd.result()
    seen.frames -= before.frames
    seen.size -= before.size
    latencies(found, seen, seconds)
    text = server.text("n")
    if text is not None:
        found.values["saved"] = sum(f"~{one:016d}~" in text for one in seen.sent) / len(seen.sent)
    return found


def lone(server: Server, people: int, seconds: float) -> Found:
    """Let one person of a notebook type, so that no other keystrokes delay theirs."""
    found = typing(server, people, seconds, typists=1)
    found.scene = "a lone typist"
    return found


def many(server: Server, people: int, seconds: float) -> Found:
    """Let one person type in each of many notebooks with four people."""
    found = Found("notebooks of four", people, server.kind)
    places = [server.room(f"n{number}") for number in range(people // 4)]
    with away.crowd(places, 4, 1) as crowd:
        crowd.do("settle", 30)
        crowd.do("live", 3)
        with using(server, found):
            crowd.do("work", seconds, TYPED_PER_SECOND)
        crowd.do("live", 3)
        seen = crowd.result()
    latencies(found, seen, seconds)
    found.values["arrived"] *= len(places)
    del found.values["equal"], found.values["frames"]  # the texts of the notebooks differ
    return found


def storm(server: Server, people: int, _: float) -> Found:
    """Let everybody connect at once."""
    found = Found("all come at once", people, server.kind)
    place = server.room("n")
    with using(server, found), away.crowd([place], people, 0) as crowd:
        found.values["settled"] = 1000 * crowd.do("settle", 30)
        found.values["frames"] = crowd.result().frames
    return found


def presence(server: Server, people: int, seconds: float) -> Found:
    """Let people only send awareness: each 30 messages as a page loads, then one every 5 s."""
    found = Found("only presence", people, server.kind)
    with away.crowd([server.room(GLOBAL)], people, 0) as crowd:
        used = cpu(server.pid)
        crowd.do("say", 30)
        crowd.do("live", 5)
        loading = cpu(server.pid) - used
        begun, before = time.monotonic(), crowd.result().frames
        with using(server, found):
            for _ in range(max(1, int(seconds // 5))):
                crowd.do("say", 1)
                crowd.do("live", 5)
        took = time.monotonic() - begun
        found.values["loading"] = loading
        found.values["frames"] = (crowd.result().frames - before) / took
    return found


def outputs(server: Server, people: int, seconds: float) -> Found:
    """Let one in five type while a cell prints a megabyte every other second."""
    found = Found("1 MB outputs", people, server.kind)
    place = server.room("n")
    with (
        away.crowd([place], people - 1, people // 5) as crowd,
        away.crowd([place], 1, 1, first=people) as printer,
    ):
        crowd.do("settle", 1)
        printer.do("live", 2)
        printer.ask("print_outputs", MEGABYTE, int(seconds // 2), 2.0)
        with using(server, found):
            crowd.do("work", seconds, TYPED_PER_SECOND)
        printer.wait()
        crowd.do("live", 3)
        latencies(found, crowd.result(), seconds)
    found.values["arrived"] *= people / (people - 1)
    return found


def late(server: Server, people: int, seconds: float) -> Found:
    """Let a person open a document of 10 MB while others type."""
    found = Found("a late joiner, 10 MB", people, server.kind)
    place = server.room("n")
    with away.crowd([place], people, people // 5) as crowd:
        crowd.do("settle", 1)
        crowd.do("print_outputs", 10 * MEGABYTE, 1, 5.0)
        crowd.ask("work", seconds, TYPED_PER_SECOND)
        with using(server, found):
            time.sleep(seconds / 3)
            with away.crowd([place], 1, 0, first=people + 1) as comer:
                found.values["settled"] = joined(comer)
            crowd.wait()
        crowd.do("live", 2)
        latencies(found, crowd.result(), seconds)
    return found


def joined(comer: Away) -> float:
    """Wait until a new page has the whole document.

    Args:
        comer: the crowd of the new page alone.

    Returns:
        The milliseconds that it took, or infinity after a minute.
    """
    begun = time.monotonic()
    while comer.result().size < 10 * MEGABYTE:
        if time.monotonic() > begun + 60:
            return float("inf")
        comer.do("live", 0.01)
    return 1000 * (time.monotonic() - begun)


def deaf(server: Server, people: int, _: float) -> Found:
    """Let a page stop reading while a cell prints outputs of 1 MB: 150, then 150 more."""
    found = Found("one stops reading", people, server.kind)
    with away.crowd([server.room("n")], people, 1) as crowd:
        crowd.do("settle", 5)
        crowd.do("stop_reading", 1)
        before = memory(server.pid)
        for column in ("more MB", "then MB"):
            crowd.do("print_outputs", MEGABYTE, 150, 0.05)
            crowd.do("live", 2)
            found.values[column] = memory(server.pid) - before
            before = memory(server.pid)
    return found


def through(way: str, people: int, seconds: float, front: list[int], crowd: Away) -> Found:
    """Let a crowd type in a whole lab, through the front or past it.

    Args:
        way: the name of the way.
        people: the number of people in the crowd.
        seconds: how long they type.
        front: the process ids of the front.
        crowd: the crowd, which is connected by this way.
    """
    found = Found("the whole lab", people, way)
    used, begun = sum(map(cpu, front)), time.monotonic()
    crowd.do("work", seconds, TYPED_PER_SECOND)
    found.values["proxy"] = (sum(map(cpu, front)) - used) / (time.monotonic() - begun)
    crowd.do("live", 2)
    latencies(found, crowd.result(), seconds)
    return found


SCENES = {
    "typing": typing,
    "lone": lone,
    "many": many,
    "storm": storm,
    "presence": presence,
    "outputs": outputs,
    "late": late,
    "deaf": deaf,
}
