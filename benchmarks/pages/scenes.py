"""The scenes: people with whole pages come, type, leave, and list a large folder."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx

from benchmarks.pages.people import RoomPeople, WholePeople
from benchmarks.pages.recording import BASE
from benchmarks.rooms import away
from benchmarks.rooms.scenes import TYPED_PER_SECOND, Found, latencies
from classroom.lab.connections import freed_memory
from classroom.lab.rooms.save_beat import beat
from tests import labs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.pages.exchange import Answers
    from benchmarks.pages.labs import Measured
    from benchmarks.pages.people import Person
    from benchmarks.rooms.away import Away
    from benchmarks.rooms.crowd import Seen

PARTS = 2
"""The number of processes that share a crowd's pages."""
BY_ONE_ADDRESS = 300
"""With more pages a crowd bypasses the front, which limits the connections of one address."""
ARRIVAL_SECONDS = 240.0
GIVEN_BACK_SECONDS = (freed_memory.EMPTY_LOOKS + 1) * freed_memory.LOOK_SECONDS
"""How long after the last page has left the lab has returned unused memory to the system."""
FOLDER, ENTRIES, LOOKERS = "many", 5000, 10
MAKE = f"""
import os, json
os.makedirs("/data/files/{FOLDER}", exist_ok=True)
for number in range({ENTRIES}):
    open(f"/data/files/{FOLDER}/file-{{number:05}}.txt", "w").close()
print(json.dumps(True))
"""
ALLOWED = frozenset({200, 201, 204, 304})


@contextlib.contextmanager
def crowds(lab: Measured, people: list[Person], typists: int, apart: float) -> Iterator[list[Away]]:
    """Divide people among `PARTS` processes; their pages don't open yet.

    Args:
        lab: the lab.
        people: the people.
        typists: the number of them who will type.
        apart: the seconds between the openings of two pages.

    Yields:
        The processes' crowds.
    """
    plan = lab.plan if len(people) <= BY_ONE_ADDRESS else lab.past
    with contextlib.ExitStack() as stack:
        made = []
        for part in range(PARTS):
            # Each part has its own range of client ids: an id belongs to the first person who used
            # it.
            some, first = people[part::PARTS], (1 + part) * 100_000
            types = typists // PARTS + (part < typists % PARTS)
            starting = away.start(WholePeople, plan, some, types, first=first, apart=apart * PARTS)
            made.append(stack.enter_context(starting))
        yield made


def together(parts: list[Away], name: str, *arguments: object) -> list[object]:
    """Call a method of all parts at the same time; return its results.

    Args:
        parts: the parts of a crowd.
        name: the method's name.
        *arguments: its arguments.
    """
    for one in parts:
        one.ask(name, *arguments)
    return [one.wait() for one in parts]


def merged(parts: list[Away]) -> Seen:
    """Return what all parts have seen together."""
    first, *others = [one.result() for one in parts]
    for other in others:
        first.sent += other.sent
        first.latencies += other.latencies
        first.lags += other.lags
        first.frames += other.frames
        first.size += other.size
        first.cpu += other.cpu
        first.texts |= other.texts
    return first


def refused(found: Found, parts: list[Away]) -> None:
    """Store how many of the pages' requests were answered, how many refused, and how fast.

    Args:
        found: the results to add to.
        parts: the parts of the crowd.
    """
    counted: list[Answers] = [one.do("counted") for one in parts]
    statuses: dict[int, int] = {}
    for one in counted:
        for status, times in one.statuses.items():
            statuses[status] = statuses.get(status, 0) + times
    seconds = sorted(second for one in counted for second in one.seconds) or [0.0]
    found.values["requests"] = sum(statuses.values())
    found.values["refused"] = sum(
        times for status, times in statuses.items() if status not in ALLOWED
    )
    found.values["answer"] = 1000 * seconds[int(len(seconds) * 0.95)]
    found.notes = ", ".join(f"{times} times {status}" for status, times in sorted(statuses.items()))


def arrivals(found: Found, lab: Measured, parts: list[Away]) -> None:
    """Let everybody open their page; store how long it took, and the CPU time of each page.

    Args:
        found: the results to add to.
        lab: the lab.
        parts: the parts of the crowd.
    """
    begun, (server, front) = time.monotonic(), lab.cpu()
    together(parts, "come", ARRIVAL_SECONDS)
    took = time.monotonic() - begun
    used = [now - before for now, before in zip(lab.cpu(), (server, front), strict=True)]
    there = sorted(one for part in together(parts, "arrivals") for one in part)  # type: ignore[attr-defined]
    found.values |= {
        "settled": 1000 * took if there and there[-1] < float("inf") else float("inf"),
        "each": 1000 * used[0] / max(1, len(there)),
        "front each": 1000 * used[1] / max(1, len(there)),
    }


def typing(lab: Measured, people: list[Person], seconds: float) -> tuple[Found, Found]:
    """Let everybody open their page within a second, then let one in five type.

    Args:
        lab: the lab.
        people: the people.
        seconds: how long they type.

    Returns:
        The results of the arrival, and those of the typing.
    """
    came = Found("whole pages arrive", len(people), "ours")
    found = Found("whole pages in one notebook", len(people), "ours")
    many = max(1, len(people) // 5)
    with crowds(lab, people, many, 1 / len(people)) as parts:
        arrivals(came, lab, parts)
        refused(came, parts)
        together(parts, "live", 12)
        before, begun, used = merged(parts), time.monotonic(), lab.cpu()
        together(parts, "work", seconds, TYPED_PER_SECOND)
        now, took = lab.cpu(), time.monotonic() - begun
        found.values |= {
            "cores": (now[0] - used[0]) / took,
            "proxy": (now[1] - used[1]) / took,
            "MB": lab.memory(),
        }
        together(parts, "live", 4 + beat(1, len(people)))
        seen = merged(parts)
        seen.frames -= before.frames
        seen.size -= before.size
        latencies(found, seen, seconds)
        refused(found, parts)
        text = lab.text()
    found.values["saved"] = sum(f"~{one:016d}~" in text for one in seen.sent) / len(seen.sent)
    return came, found


def rooms_only(lab: Measured, people: list[Person], seconds: float) -> Found:
    """Let the same people type, with sockets only to the notebook's room.

    Args:
        lab: the lab.
        people: the people, of whom one in five types.
        seconds: how long they type.
    """
    found = Found("rooms only", len(people), "ours")
    plan = lab.plan if len(people) <= BY_ONE_ADDRESS else lab.past
    with away.start(RoomPeople, plan, people, max(1, len(people) // 5)) as crowd:
        crowd.do("settle", 60)
        crowd.do("live", 4)
        begun, used = time.monotonic(), lab.cpu()
        crowd.do("work", seconds, TYPED_PER_SECOND)
        now, took = lab.cpu(), time.monotonic() - begun
        found.values |= {"cores": (now[0] - used[0]) / took, "proxy": (now[1] - used[1]) / took}
        crowd.do("live", 3)
        latencies(found, crowd.result(), seconds)
    return found


def visits(lab: Measured, people: list[Person], times: int) -> Found:
    """Let people open their pages again and again; measure the memory that the lab server keeps.

    Both readings are of a lab that everybody has left and that has returned unused memory.

    Args:
        lab: the lab.
        people: the people.
        times: how often each of them opens a page between the readings.
    """
    found = Found("memory after page visits", len(people) * times, "ours")
    with crowds(lab, people, 0, 0.0) as parts:
        for turn in range(times + 1):
            together(parts, "come", ARRIVAL_SECONDS)
            together(parts, "leave")
            if turn == 0:  # the modules that the first visit loads are no leak
                time.sleep(GIVEN_BACK_SECONDS)
                found.values["MB"] = lab.memory()
        time.sleep(GIVEN_BACK_SECONDS)
    found.values["more MB"] = lab.memory() - found.values["MB"]
    found.values["MB"] = lab.memory()
    return found


def listing(lab: Measured, people: list[Person]) -> Found:
    """Let one person list a folder of 5,000 files, then ten people at the same time.

    Args:
        lab: the lab; the requests bypass the front.
        people: the people.

    Raises:
        ValueError: the listing isn't complete.
        httpx.HTTPStatusError: the lab refused a request.
    """
    found = Found("a folder of 5,000", LOOKERS, "ours")
    assert lab.started.lab.look(MAKE)  # noqa: S101 (`look` raises errors)
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(
                httpx.Client(transport=httpx.HTTPTransport(uds=lab.past.place.unix), timeout=120)
            )
            for _ in range(LOOKERS)
        ]
        path = f"http://lab{BASE}/api/contents/{FOLDER}?content=1"

        def ask(number: int) -> int:
            headers = {"Cookie": people[number % len(people)].cookies, "Sec-Fetch-Mode": "cors"}
            headers |= {"Sec-Fetch-Site": "same-origin", "Host": f"{labs.HOST}:8443"}
            answer = clients[number].get(path, headers=headers)
            answer.raise_for_status()
            return len(answer.json()["content"])

        if ask(0) != ENTRIES:
            raise ValueError("the folder isn't listed as a whole")
        begun, used = time.monotonic(), lab.cpu()[0]
        ask(0)
        found.values["one"] = 1000 * (time.monotonic() - begun)
        workers = stack.enter_context(ThreadPoolExecutor(LOOKERS))
        begun = time.monotonic()
        list(workers.map(ask, range(LOOKERS)))
        found.values["ten"] = 1000 * (time.monotonic() - begun)
        found.values["cpu"] = 1000 * (lab.cpu()[0] - used)
    return found
