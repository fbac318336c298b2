"""The outcome of a copy, and having a lab save before it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from classroom.runtime.paths import Paths
from classroom.supervisor import carrier, copier, saving

if TYPE_CHECKING:
    from pathlib import Path

BROKEN = {"broken": True}
GIVEN = {"leftOut": [], "moreLeftOut": 0}


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ([GIVEN, {"path": "a"}], {**GIVEN, "path": "a"}),
        ([{"error": "gone"}, BROKEN], {"error": "gone"}),
        ([BROKEN, {"error": "full"}], {"error": "full"}),
        ([GIVEN, {"error": "full"}], {"error": "full"}),
        ([BROKEN, BROKEN], {"error": carrier.INTERRUPTED}),
        ([GIVEN, BROKEN], {"error": carrier.INTERRUPTED}),
    ],
)
def test_the_reason_is_that_of_the_process_that_knows_it(
    answers: list[dict[str, Any]], wanted: dict[str, Any]
) -> None:
    assert copier.merged(answers) == wanted


class Lab:
    """A stand-in for a lab's server."""

    def __init__(self, folder: Path) -> None:
        self.paths = Paths(run=folder)
        self.paths.restoring_socket.parent.mkdir(parents=True)
        self.asked: list[bytes] = []
        self.answers = True

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(await reader.readuntil(b"}"))
        while self.answers:  # and never closes it
            try:
                writer.write(b"x" * 1_000_000)
                await writer.drain()
            except OSError:
                break
        writer.close()

    async def save(self) -> None:
        server = await asyncio.start_unix_server(self.answer, str(self.paths.restoring_socket))
        async with server:
            await saving.save(self.paths, "a/ü.ipynb")


def test_a_lab_is_asked_to_save_and_nothing_is_taken_of_its_answer(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    asyncio.run(asyncio.wait_for(lab.save(), 30))
    head, _, body = lab.asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /save HTTP/1.1\r\n")
    assert json.loads(body) == {"path": "a/ü.ipynb"}


def test_a_lab_that_does_not_run_or_hangs_up_keeps_nobody(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    asyncio.run(saving.save(lab.paths, "a"))
    lab.answers = False
    asyncio.run(asyncio.wait_for(lab.save(), 30))
