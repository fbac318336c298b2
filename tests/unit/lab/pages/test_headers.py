"""The page in which outputs run, and the address that pages use for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.lab.pages import headers
from classroom.lab.pages.content_security_policy import FRAME, Policies

if TYPE_CHECKING:
    import pytest

PREFIX = "/services/classroom/"


def address(*hosts: str) -> str:
    config: dict[str, str] = {}
    headers.announce(config, Policies(PREFIX, hosts))
    return config["classroomFrame"]


def test_the_frames_address_changes_with_its_policy() -> None:
    """A browser caches the answer for a year, together with its policy."""
    assert address().startswith(f"{FRAME}?v=")
    assert address() == address()
    assert address("cdn.example.org") != address()


def test_it_changes_with_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    before = address()
    monkeypatch.setattr(headers.FrameHandler, "page", "<p>another</p>")
    assert address() != before
