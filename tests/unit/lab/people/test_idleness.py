"""How long nobody has used a lab."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from classroom.lab.people.idleness import Idleness

AT = "1970-01-01T00:20:00.000000Z"
"""20 minutes after the epoch."""


def made(people: set[str], kernels: list[str], terminals: list[str] | None = None) -> Idleness:
    manager = SimpleNamespace(list=lambda: [{"last_activity": at} for at in terminals or ()])
    app: Any = SimpleNamespace(
        kernel_manager=SimpleNamespace(list_kernel_ids=lambda: kernels),
        web_app=SimpleNamespace(settings={"terminal_manager": manager}),
    )
    connections: Any = SimpleNamespace(people=lambda: people)
    return Idleness(app, connections)


def test_nobody_is_there_and_nothing_runs() -> None:
    people, kernels = {"ada"}, ["k"]
    lab = made(people, kernels)
    assert lab.since(100.0) is None
    people.clear()
    assert lab.since(200.0) is None  # the kernel is running
    kernels.clear()
    assert lab.since(300.0) == 200.0
    assert lab.since(400.0) == 200.0
    people.add("mona")
    assert lab.since(500.0) is None


def test_a_terminal_counts_while_it_says_something() -> None:
    people = {"ada"}
    lab = made(people, [], [AT])
    assert lab.since(1000.0) is None
    people.clear()
    assert lab.since(1300.0) == 1200.0


def test_a_person_who_starts_a_lab_counts_as_on_their_way() -> None:
    since = made(set(), []).since(0.0)
    assert since is not None
    assert since > 1_700_000_000
