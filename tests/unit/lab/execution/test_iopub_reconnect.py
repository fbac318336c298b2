"""A kernel that sent too much at once is received again, and watching for that harms nobody."""

from __future__ import annotations

import gc
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import zmq
import zmq.asyncio
from tornado.ioloop import IOLoop
from zmq.eventloop.zmqstream import ZMQStream
from zmq.utils.monitor import parse_monitor_message

from classroom.lab.execution.iopub_reconnect import Reconnected
from tests import loops

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


async def until_heard(kernel: zmq.Socket[Any], heard: list[bytes], word: bytes) -> None:
    def is_heard() -> bool:
        kernel.send(word)
        return word in heard

    await loops.until(is_heard)


def bound(context: zmq.Context[Any], address: str) -> zmq.Socket[Any]:
    made: zmq.Socket[Any] = context.socket(zmq.PUB)
    made.bind(address)
    return made


def test_a_message_too_long_is_the_only_one_that_is_not_heard(tmp_path: Path) -> None:
    address = f"ipc://{tmp_path}/iopub"

    async def run() -> None:
        with zmq.Context() as context:
            kernel = bound(context, address)
            lab = context.socket(zmq.SUB)
            lab.setsockopt(zmq.MAXMSGSIZE, 1000)
            lab.setsockopt(zmq.SUBSCRIBE, b"")
            lab.connect(address)
            heard: list[bytes] = []
            stream = ZMQStream(lab)
            stream.on_recv(heard.extend)
            made = Reconnected(lab, address)
            events: list[int] = []

            def hear(message: Sequence[bytes]) -> None:
                made._hear(message)
                events.append(parse_monitor_message(list(message))["event"])

            made._events.on_recv(hear)
            await until_heard(kernel, heard, b"before")
            kernel.send(b"x" * 5000)
            await until_heard(kernel, heard, b"after")
            # Each message arrives once, even if the kernel was restarted: then zmq reconnects by
            # itself.
            kernel.close()
            kernel = bound(context, address)
            with closing(kernel):
                await until_heard(kernel, heard, b"again")
                # Our code has made no second connection, and won't make one any more.
                await loops.until(
                    lambda: (
                        events.count(zmq.EVENT_DISCONNECTED) == 2
                        and events[-1] == zmq.EVENT_CONNECTED
                        and made._timer is None
                    )
                )
                heard.clear()
                kernel.send(b"once")
                await until_heard(kernel, heard, b"end")
                assert heard.count(b"once") == 1
            stream.close()
            await loops.until(made._events.closed)

    loops.run(run())


PAGES = 10
ROUNDS = 20
# The test checks the effect, whatever pyzmq warns of before.
HARM = pytest.mark.filterwarnings("ignore")


def watched() -> dict[int, Any]:
    """Return the sockets that the event loop watches, by descriptor."""
    loop: Any = IOLoop.current()
    return {number: socket for number, (socket, _) in loop.handlers.items()}


def connected(context: zmq.Context[Any], address: str) -> ZMQStream:
    """Connect as jupyter_client does for a page: with a plain socket of an asyncio context."""
    socket = context.socket(zmq.SUB, socket_class=zmq.Socket)
    socket.connect(address)
    stream = ZMQStream(socket)
    Reconnected(socket, address)
    return stream


async def until_closed(pages: list[ZMQStream]) -> None:
    """Close pages' sockets, and wait until the monitors have been closed as well."""
    left = len(watched()) - 2 * len(pages)
    for page in pages:
        page.close()
    await loops.until(lambda: len(watched()) <= left)


@HARM
def test_what_a_page_leaves_behind_closes_no_other_socket(tmp_path: Path) -> None:
    """If a socket is closed under the event loop, the loop keeps watching its descriptor number.

    Any connection that gets that number next would fail with "fd added twice".
    """

    async def run() -> None:
        with zmq.asyncio.Context() as context:
            for _ in range(ROUNDS):
                await until_closed(
                    [connected(context, f"ipc://{tmp_path}/1") for _ in range(PAGES)]
                )
                pages = [connected(context, f"ipc://{tmp_path}/2") for _ in range(PAGES)]
                gc.collect()  # the objects of the first pages
                closed = [socket for socket in watched().values() if socket.closed]
                assert not closed, "the event loop watches what has been closed"
                await until_closed(pages)

    gc.disable()  # only after the setup, otherwise it would depend on chance
    gc.freeze()  # objects of earlier tests need not be examined in each round
    try:
        loops.run(run())
    finally:
        gc.unfreeze()
        gc.enable()


@HARM
def test_a_page_that_comes_as_another_goes_gets_its_connection(tmp_path: Path) -> None:
    """The new page gets a descriptor number that zmq hasn't yet forgotten everywhere."""

    async def run() -> None:
        with zmq.asyncio.Context() as context:
            pages: list[ZMQStream] = []
            for _ in range(3 * ROUNDS):
                for page in pages:
                    page.close()
                pages = [connected(context, f"ipc://{tmp_path}/iopub") for _ in range(PAGES)]
                await loops.until(lambda: len(watched()) <= 2 * PAGES)
            await until_closed(pages)

    loops.run(run())
