"""Terminals whose programs read late or never: what people type there still arrives."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests import labs, students
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.labs import Lab

TEXT = "".join(f"line {number}, " for number in range(25_000))
"""More than the 70 KB or so that the kernel buffers for a program that doesn't read."""


@pytest.fixture(scope="module")
def client(trial_lab: Lab) -> Iterator[httpx.Client]:
    with students.signed_in(trial_lab) as found:
        yield found


def opened(client: httpx.Client, lab: Lab) -> tuple[str, students.Terminal]:
    """Start a terminal; return its name, and a page's connection to it."""
    made = client.post(f"{API}/terminals", json={})
    made.raise_for_status()
    name = str(made.json()["name"])
    socket = students.open_socket(client, lab, f"terminals/websocket/{name}")
    return name, students.Terminal(socket)


def end(client: httpx.Client, name: str) -> None:
    """Shut a terminal down, and wait until it is no longer listed."""
    assert client.delete(f"{API}/terminals/{name}").status_code == 204

    def gone() -> bool:
        return name not in {one["name"] for one in client.get(f"{API}/terminals").json()}

    labs.wait_until(gone, "the terminal's end")


def test_a_long_text_arrives_whole(client: httpx.Client, trial_lab: Lab) -> None:
    """Upstream drops what doesn't fit at once, and disconnects the page."""
    name, terminal = opened(client, trial_lab)
    reading = f"sleep 1; head -c {len(TEXT)} | sha256sum; stty sane; echo en''d"
    terminal.send(f"stty raw -echo; echo rea''dy; {reading}\r")
    terminal.until("ready")
    terminal.send(TEXT)
    assert hashlib.sha256(TEXT.encode()).hexdigest() in terminal.until("end")
    end(client, name)


def test_a_terminal_that_nobody_reads_can_be_shut_down(
    client: httpx.Client, trial_lab: Lab
) -> None:
    """Upstream fails on the unwritten text: the terminal would count as open for good."""
    name, terminal = opened(client, trial_lab)
    terminal.send("stty raw -echo; echo rea''dy; sleep 1000\r")
    terminal.until("ready")
    terminal.send(TEXT)
    with students.signed_in(trial_lab, "bob") as other:
        _, theirs = opened(other, trial_lab)
        assert "heard" in theirs.run("sleep 1; echo hea''rd")
        end(client, name)
        assert "still" in theirs.run("echo sti''ll")
