"""A page's own socket: how often one person's pages may send their place."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from classroom.lab.connections.cpu_budget import CpuBudget
from classroom.lab.people import page_socket
from classroom.lab.people.page_socket import LiveHandler

if TYPE_CHECKING:
    import pytest


def test_places_count_for_a_person_over_all_their_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[Any] = []
    participants = SimpleNamespace(cpu=CpuBudget())
    monkeypatch.setattr(page_socket, "end", lambda handler, *_: ended.append(handler))

    def page(name: str) -> Any:
        user = SimpleNamespace(username=name)
        return SimpleNamespace(current_user=user, _participants=participants)

    def say(handler: Any) -> None:
        LiveHandler.on_message(handler, "nothing")

    pages = [page("eve") for _ in range(10)]
    for _ in range(99):
        for one in pages:
            say(one)
    assert not ended
    for _ in range(5):
        for one in pages:
            say(one)
    assert ended
    ended.clear()
    say(page("ada"))
    assert not ended
