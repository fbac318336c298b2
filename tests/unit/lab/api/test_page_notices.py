"""The notices that pages get, so that they need not poll."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from classroom.lab.api.page_notices import TURNS, PageNotices, Running, counted, whose_turn


class Page:
    """Records the messages to a page."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def say(self, message: dict[str, Any]) -> None:
        self.heard.append(message)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.heard if one["type"] == kind]


class Lab:
    """The running kernels and terminals of a lab."""

    def __init__(self) -> None:
        self.kernels, self.sessions, self.used = ["k"], frozenset({("s", "a.ipynb")}), 0
        self.terminals: dict[str, object] = {}
        self.kernel_manager = SimpleNamespace(list_kernel_ids=lambda: self.kernels)
        self.session_manager = SimpleNamespace(known=lambda: self.sessions)
        manager = SimpleNamespace(terminals=self.terminals)
        self.web_app = SimpleNamespace(settings={"terminal_manager": manager})

    def now(self) -> dict[str, int]:
        return {"rss": self.used}


def test_changes_are_counted_each_for_itself() -> None:
    before: Running = {"kernels": frozenset({"k"}), "terminals": frozenset()}
    now: Running = {"kernels": frozenset({"k"}), "terminals": frozenset({"1"})}
    assert counted({"kernels": 3, "terminals": 1}, before, now) == {"kernels": 3, "terminals": 2}
    assert counted({}, {}, before) == {"kernels": 1, "terminals": 1}


def test_every_page_has_its_turn_once() -> None:
    pages: Any = list(range(13))
    told: list[Any] = [page for beat in range(7, 7 + TURNS) for page in whose_turn(pages, beat)]
    assert sorted(told) == pages


def test_a_page_hears_how_often_what_is_running_has_changed() -> None:
    lab, early, late = Lab(), Page(), Page()
    made: Any = PageNotices(lab, None, lab)  # type: ignore[arg-type]
    made.tell([early], 0)
    made.tell([early], 1)
    (first,) = early.of("running")
    lab.terminals["1"] = object()
    made.tell([early, late], 2)
    assert early.of("running")[1:] == [{**first, "terminals": first["terminals"] + 1}]
    assert late.of("running") == early.of("running")[1:]
    lab.sessions = frozenset()
    lab.kernels = []
    made.tell([early, late], 3)
    last = early.of("running")[-1]
    assert (last["sessions"], last["kernels"]) == (first["sessions"] + 1, first["kernels"] + 1)
    assert late.of("running")[-1] == last


def test_a_page_hears_what_is_used_at_once_and_then_once_in_so_many_beats() -> None:
    lab, pages = Lab(), [Page() for _ in range(3)]
    made: Any = PageNotices(lab, None, lab)  # type: ignore[arg-type]
    for beat in range(2 * TURNS):
        lab.used = beat
        made.tell(pages, beat)
    told = [[one["usage"]["rss"] for one in page.of("usage")] for page in pages]
    assert told == [[0, TURNS], [0, 1, 1 + TURNS], [0, 2, 2 + TURNS]]


def test_a_lab_without_terminals_has_none() -> None:
    lab, page = Lab(), Page()
    lab.web_app.settings.clear()
    made: Any = PageNotices(lab, None, lab)  # type: ignore[arg-type]
    made.tell([page], 0)
    assert page.of("running")[0]["terminals"] == 1
