"""Failures on purpose: kills, a full disk, an unreadable journal. Text that was seen is kept."""

from __future__ import annotations

import contextlib
import json
import random
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from docker.types import Mount

from benchmarks.files import __main__ as files
from benchmarks.files import report
from benchmarks.files.programs import WEIGHTS
from benchmarks.kills.__main__ import started
from classroom.lab.people import page_socket
from classroom.lab.storage import quarantine
from tests import labs, logs, loops, students
from tests.container.test_rooms import API, Page, room, saved

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from websockets.sync.client import ClientConnection

    from tests.labs import Lab

KILLS, WHOLE = 4, 1
FILES_SECONDS = 60
LAB = "classroom.lab --config"
JOURNAL = "/data/history/documents.db"


def test_kills_at_random_moments_lose_nothing_that_another_page_had_seen() -> None:
    """Kill the lab server, then the whole container; ``make soak`` does so two hundred times."""
    seed = random.randrange(1 << 32)  # noqa: S311 (to choose moments)
    random.seed(seed)
    with started() as killing:
        for number in range(KILLS + WHOLE):
            kill = killing.server if number < KILLS else killing.container
            assert killing.once(kill) == [], f"seed {seed}, kill {number}"
        assert killing.seen > 20 * KILLS


def test_every_word_that_another_page_showed_is_kept_through_changes_of_its_file() -> None:
    """Programs, people and accidents change it, by a fixed seed; ``make soak FILES=1`` runs longer.

    The typed text still differs each time, because its timing depends on the machine.
    """
    random.seed(17)
    with files.started(6, 3, WEIGHTS) as people:
        found, different = loops.run(people.run(FILES_SECONDS))
        wrong = report.judged(found, different, people.happened.total(), people.lab.log)
        assert wrong == [], report.report(people, found, wrong)
        assert found.accepted > FILES_SECONDS


FALLS = (
    *logs.FALLEN,
    r"ended with -9: restarting it|is back",
    r"\[error\]|\[crit\]|\[alert\]",
    logs.CUT,
    r"Recovered what was typed last|wrote error",
)


class Warned:
    """A page's own connection, with its current warnings and its notices."""

    def __init__(self, client: httpx.Client, lab: Lab) -> None:
        self._connection: ClientConnection = students.open_socket(client, lab, page_socket.ADDRESS)
        self.warnings: list[str] = []
        self.notices: list[str] = []

    def listen_until(self, condition: Any, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it never came"
            found = json.loads(self._connection.recv(timeout=seconds))
            if found["type"] == "warnings":
                self.warnings = [one["text"] for one in found["warnings"]]
            elif found["type"] == "notice":
                self.notices.append(found["text"])

    def listen_for_a_moment(self) -> None:
        """Read messages for a moment, until there is a warning."""
        with contextlib.suppress(TimeoutError):
            self.listen_until(lambda: self.warnings, 0.3)


SMALL = {
    "mounts": [Mount("/data", None, type="tmpfs", tmpfs_size=48 << 20, tmpfs_mode=0o755)],
}
FULL = (
    r"Typed text is not being saved|No space left|disk is full|disk I/O error",
    r"Error saving|could not be (saved|recorded)|can't be made",
    r"(?s)^\[E [^\n]* ServerApp\] \{\n|50\d (GET|PUT|POST|PATCH)|Unhandled error|Uncaught exc",
    r"Database error|SQLAlchemyError|OperationalError|Rolling back|Exiting",
    r"No snapshot|The disk is nearly full",
    *FALLS,
)


def test_pages_say_that_nothing_is_kept_while_the_disk_is_full() -> None:
    """Saving resumes by itself once there is space, with all words that were typed meanwhile."""
    with labs.start(options=SMALL, expected=FULL) as lab:
        lab.wait_healthy()
        with students.signed_in(lab) as client:
            where = room(client, "full.ipynb")
            page, other = (Page(students.open_socket(client, lab, where)) for _ in range(2))
            standing = Warned(client, lab)
            page.type("before ")
            labs.wait_until(lambda: saved(client, "full.ipynb") == "before ", "a save")
            lab.run("sh", "-c", "cat /dev/zero > /home/classroom/fill", user="student")
            typed = 0
            while not standing.warnings:
                page.type("x" * 50_000)
                typed += 1
                length = len("before ") + 50_000 * typed
                other.listen_until(lambda: len(str(other.source)) == length)  # noqa: B023
                assert typed < 200, "it goes on being kept"
                standing.listen_for_a_moment()
            assert "is not being saved: the disk is full" in standing.warnings[0]
            # A new page receives the warning as well.
            late = Warned(client, lab)
            late.listen_until(lambda: late.warnings)
            page.type(" while it was full")
            other.listen_until(lambda: str(other.source).endswith("while it was full"))
            assert lab.run("rm", "/home/classroom/fill", user="student")[0] == 0
            standing.listen_until(lambda: not standing.warnings)
            late.listen_until(lambda: not late.warnings)
            text = str(page.source)
            lab.kill_server()
            labs.wait_until(
                lambda: client.get(f"{API}/me").status_code == 200,
                "the lab again",
                ignoring=labs.AWAY,
            )
            fresh = Page(students.open_socket(client, lab, where))
            fresh.listen_until(lambda: str(fresh.source) == text)


@pytest.fixture
def fallen(volume: str) -> Iterator[Lab]:
    expected = (*FALLS, r"can't be read")
    with labs.start(volume=volume, expected=expected) as lab:
        lab.wait_healthy()
        yield lab


def while_down(lab: Lab, code: str) -> None:
    """Run Python code as the lab's user while the lab server is dead."""
    lab.run("pkill", "-STOP", "-f", "classroom.supervisor")
    lab.run("pkill", "-KILL", "-f", LAB)
    try:
        status, said = lab.run("python", "-c", code, user="classroom")
        assert status == 0, said
    finally:
        lab.run("pkill", "-CONT", "-f", "classroom.supervisor")


GARBAGE = """
import sqlite3
database = sqlite3.connect("/data/history/documents.db")
path, = database.execute("SELECT path FROM yupdates ORDER BY rowid DESC LIMIT 1").fetchone()
database.execute("UPDATE yupdates SET yupdate = ? WHERE path = ?", (b"\\xff" * 40, path))
database.commit()
"""
NONE = f"""
import pathlib
for end in ("-wal", "-shm"):
    pathlib.Path({JOURNAL!r} + end).unlink(missing_ok=True)
with open({JOURNAL!r}, "r+b") as stream:
    stream.write(b"this is no database any more" * 200)
"""


@pytest.mark.parametrize("break_it", [GARBAGE, NONE], ids=["rows", "database"])
def test_a_document_opens_from_its_file_when_its_journal_cannot_be_read(
    break_it: str, fallen: Lab
) -> None:
    with students.signed_in(fallen) as client:
        where = room(client, "broken.ipynb")
        page = Page(students.open_socket(client, fallen, where))
        page.type("saved")
        labs.wait_until(lambda: saved(client, "broken.ipynb") == "saved", "a save")
        while_down(fallen, break_it)
        labs.wait_until(
            lambda: client.get(f"{API}/me").status_code == 200, "the lab again", ignoring=labs.AWAY
        )
        with closing(students.open_socket(client, fallen, page_socket.ADDRESS)):
            heard = Warned(client, fallen)
            # Open it as a page does after a reload: with this lab's session id.
            again = Page(students.open_socket(client, fallen, room_of(client, "broken.ipynb")))
            again.listen_until(lambda: str(again.source) == "saved")
            if break_it == GARBAGE:
                heard.listen_until(lambda: heard.notices)
                assert "can't be read" in heard.notices[0]
                assert "broken.ipynb" in heard.notices[0]
        # The document works as before.
        again.type(" and on")
        labs.wait_until(lambda: saved(client, "broken.ipynb") == "saved and on", "a save")
        found = fallen.run("ls", f"/data/history/{quarantine.FOLDER}", user="classroom")[1].split()
        (kept,) = (one for one in found if one.endswith(".db"))
        assert "can't be read" in fallen.log
        assert f"/data/history/{quarantine.FOLDER}/{kept}" in fallen.log


def room_of(client: httpx.Client, name: str) -> str:
    body = {"format": "json", "type": "notebook"}
    found = client.put(f"{API}/collaboration/session/{name}", json=body).json()
    return f"api/collaboration/room/json:notebook:{found['fileId']}?sessionId={found['sessionId']}"
