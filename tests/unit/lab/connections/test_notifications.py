"""Warnings stay in pages until they end, and only in pages of the people concerned."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from classroom.lab import recovering
from classroom.lab.connections.notifications import Notifications
from classroom.lab.storage.disk_report import DiskTrouble


class Page:
    """A page's own connection."""

    def __init__(self, name: str) -> None:
        self.current_user = SimpleNamespace(username=name)
        self.shown: list[str] = []
        self.noticed: list[str] = []
        self.said = 0

    def say(self, message: dict[str, Any]) -> None:
        if message["type"] == "notice":
            self.noticed.append(message["text"])
            return
        assert message["type"] == "warnings"
        self.said += 1
        self.shown = [one["text"] for one in message["warnings"]]


@pytest.fixture
def pages() -> list[Page]:
    return [Page("ada"), Page("bob")]


@pytest.fixture
def notifications(pages: list[Page]) -> Notifications:
    return Notifications(cast("Any", SimpleNamespace(pages=lambda: pages)))


def test_a_warning_stands_until_it_ends(pages: list[Page], notifications: Notifications) -> None:
    notifications.warn("disk", "The disk is full.")
    notifications.warn("disk", "The disk is full.")  # each failed write repeats it
    assert [page.shown for page in pages] == [["The disk is full."]] * 2
    assert [page.said for page in pages] == [1, 1]
    late = Page("cleo")
    notifications.greet(late)  # type: ignore[arg-type]
    assert late.shown == ["The disk is full."]
    notifications.end("disk")
    notifications.end("disk")
    assert [page.shown for page in pages] == [[], []]
    assert not notifications.are_standing()


def test_a_documents_warning_is_for_those_who_have_it_open(
    pages: list[Page], notifications: Notifications
) -> None:
    there = {"ada"}
    notifications.warn("json:notebook:1", "a.ipynb isn't being kept.", lambda: there)
    assert [page.shown for page in pages] == [["a.ipynb isn't being kept."], []]
    there.add("bob")
    notifications.refresh("bob")
    assert pages[1].shown == ["a.ipynb isn't being kept."]
    assert pages[0].said == 1


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        ("No space left on device", "the disk is full"),
        ("database or disk is full", "the disk is full"),
        ("unable to open database file", "the disk can't be written"),
    ],
)
def test_the_reason_is_in_plain_words(
    trouble: str, why: str, pages: list[Page], notifications: Notifications
) -> None:
    for is_kept in (True, False):
        recovering.warn(notifications, DiskTrouble(trouble, is_kept))
        assert why in pages[0].shown[0]
        assert len(pages[0].shown[0]) <= 140
    recovering.warn(notifications, DiskTrouble())
    assert pages[0].shown == []


def test_a_notice_waits_for_a_page_that_comes_back(pages: list[Page]) -> None:
    now = 0.0
    connections: Any = SimpleNamespace(pages=lambda: pages)
    notifications = Notifications(connections, lambda: now)
    assert notifications.tell({"ada", "cleo"}, "It is in a copy.") == 1
    assert pages[0].noticed == ["It is in a copy."]
    for number in range(2):
        back = Page("cleo")
        notifications.greet(back)  # type: ignore[arg-type]
        assert back.noticed == ["It is in a copy."] * (number == 0)
    # It neither lasts for good nor grows without end.
    for number in range(30):
        notifications.tell({"cleo"}, str(number))
    notifications.tell({"dora"}, "old")
    for number in range(600):
        notifications.tell({f"nobody{number}"}, "x")
    assert len(notifications._waiting) == 500
    now = 500.0
    notifications.tell({"cleo"}, "new")
    now = 700.0
    late = Page("cleo")
    notifications.greet(late)  # type: ignore[arg-type]
    assert late.noticed == ["new"]
