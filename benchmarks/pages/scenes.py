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
"""Processes that a crowd is spread over."""
BY_ONE_ADDRESS = 300
"""Pages that come through the front: beyond, one address would have too many connections."""
ARRIVAL_SECONDS = 240.0
GIVEN_BACK_SECONDS = (freed_memory.EMPTY_LOOKS + 1) * freed_memory.LOOK_SECONDS
"""How long after the last page the lab has given memory back."""
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
    """Let people come, spread over processes of their own."""
    plan = lab.plan if len(people) <= BY_ONE_ADDRESS else lab.past
    with contextlib.ExitStack() as stack:
        made = []
        for part in range(PARTS):
            # Ids of their own: what somebody else has said or written under one stays theirs.
            some, first = people[part::PARTS], (1 + part) * 100_000
            types = typists // PARTS + (part < typists % PARTS)
            starting = away.start(WholePeople, plan, some, types, first=first, apart=apart * PARTS)
            made.append(stack.enter_context(starting))
        yield made


def together(parts: list[Away], name: str, *arguments: object) -> list[object]:
    """Have all parts do something at the same time."""
    for one in parts:
        one.ask(name, *arguments)
    return [one.wait() for one in parts]


def merged(parts: list[Away]) -> Seen:
    """Add up what the parts have seen."""
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
    """Note what was answered to the pages' requests."""
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
    """Let everybody come, and note how long it took and what it cost."""
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
    """Let everybody come within a second, then one in five type; return both parts."""
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
    """Let the same typists type with sockets to the notebook's room alone."""
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
    """Let people open their pages again and again, and see what memory the lab server keeps.

    Both readings are of a lab that everybody has left, and that has given back what it could.
    """
    found = Found("memory after page visits", len(people) * times, "ours")
    with crowds(lab, people, 0, 0.0) as parts:
        for turn in range(times + 1):
            together(parts, "come", ARRIVAL_SECONDS)
            together(parts, "leave")
            if turn == 0:  # what the first visit loads is no leak
                time.sleep(GIVEN_BACK_SECONDS)
                found.values["MB"] = lab.memory()
        time.sleep(GIVEN_BACK_SECONDS)
    found.values["more MB"] = lab.memory() - found.values["MB"]
    found.values["MB"] = lab.memory()
    return found


def listing(lab: Measured, people: list[Person]) -> Found:
    """List a folder of 5,000: one person, then ten at the same time."""
    found = Found("a folder of 5,000", LOOKERS, "ours")
    assert lab.started.lab.look(MAKE)  # noqa: S101 (it raises itself)
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
