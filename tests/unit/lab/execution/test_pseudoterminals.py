"""The lab's side of a terminal, with the kernel's own terminals."""

from __future__ import annotations

import asyncio
import os
import socket
import tty
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from classroom.lab.execution.pseudoterminals import MOST_TYPED_BYTES, StudentPty
from classroom.launcher.client import RemoteProcess
from tests import loops

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = "".join(f"line {number}, " for number in range(50_000))


@contextmanager
def made() -> Iterator[tuple[StudentPty, int]]:
    """Yield a terminal, and the program's side, which reads nothing by itself."""
    here, launcher = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    here.setblocking(False)  # noqa: FBT003 (a builtin's)
    ours, its = os.openpty()
    tty.setraw(its)
    with closing(launcher), closing(StudentPty(RemoteProcess(here, 1), ours)) as terminal:
        yield terminal, its


def read(side: int, length: int) -> bytes:
    """Read from the terminal as a program does."""
    found = b""
    while len(found) < length:
        found += os.read(side, 65536)
    return found


def test_a_program_that_reads_late_gets_all_in_its_order() -> None:
    async def run() -> None:
        with made() as (terminal, its):
            assert terminal.type(LONG)
            assert terminal.type("and more")
            whole = (LONG + "and more").encode()
            assert await asyncio.to_thread(read, its, len(whole)) == whole
            os.close(its)

    loops.run(run())


def test_more_than_a_page_sends_at_once_waits_for_nobody() -> None:
    async def run() -> None:
        with made() as (terminal, its):
            assert terminal.type("x" * MOST_TYPED_BYTES), "the longest text of a page"
            assert not terminal.type("x" * MOST_TYPED_BYTES)
            os.close(its)

    loops.run(run())


def test_a_terminal_with_text_that_nobody_has_read_is_closed_and_watched_no_more() -> None:
    """The next terminal may get its descriptor number, and must not receive this text."""

    async def run() -> None:
        with made() as (terminal, its):
            assert terminal.type(LONG)
            number = terminal.fd
            os.close(its)
            with pytest.raises(EOFError):
                terminal.read()
            terminal.close()
            assert (terminal.closed, terminal.fd) == (True, -1)
            assert terminal.type("after its end")
            assert not asyncio.get_running_loop().remove_writer(number)

    loops.run(run())


def test_a_terminal_that_shows_nothing_has_not_ended() -> None:
    async def run() -> None:
        with made() as (terminal, its):
            assert terminal.read() == ""
            os.write(its, b"\xc3")
            assert terminal.read() == ""
            os.write(its, b"\xa4")
            assert terminal.read() == "ä"
            os.close(its)

    loops.run(run())
