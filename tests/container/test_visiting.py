"""People open a document while the lab unloads it: the text that they type is in its file."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pycrdt import Array, Doc, create_sync_message, create_update_message, handle_sync_message
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from benchmarks.rooms import servers
from classroom.lab.upstream.fork_limit import MOST
from tests import labs, loops, students, web
from tests.container import test_rooms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.rooms.servers import Server
    from tests.labs import Lab

VISITORS, VISITS = 3, 40
SYNC = 0


async def visit(address: str, word: str) -> bool:
    """Open the document as a new page, type a word at its end, receive it, and leave.

    Returns:
        Whether the server has sent the word back; if not, the page would try again.
    """
    doc: Doc[Any] = Doc()
    cells = doc.get("cells", type=Array)
    try:
        async with asyncio.timeout(10), connect(address, max_size=None) as connection:
            await connection.send(create_sync_message(doc))
            await hear(connection, doc, lambda _: len(cells) > 0)
            before = doc.get_state()
            source = cells[0]["source"]
            source += word
            update = doc.get_update(before)
            await connection.send(create_update_message(update))
            # The server sends a change back to its sender, too.
            await hear(connection, doc, lambda message: word.encode() in message)
            return True
    except ConnectionClosed:
        return False


async def hear(connection: ClientConnection, doc: Doc[Any], until: Callable[[bytes], bool]) -> None:
    """Receive messages until one of them fulfils a condition."""
    async for message in connection:
        assert isinstance(message, bytes)
        if message[0] == SYNC and (reply := handle_sync_message(message[1:], doc)):
            await connection.send(reply)
        if until(message):
            return


async def crowd(address: str) -> list[str]:
    """Let people come and go at varying times; return the words that the lab has confirmed."""

    async def come_and_go(number: int) -> list[str]:
        taken = []
        for turn in range(VISITS):
            word = f"{number}.{turn};"
            if await visit(address, word):
                taken.append(word)
            await asyncio.sleep((7 * number + 13 * turn) % 40 / 1000)
        return taken

    found = await asyncio.gather(*map(come_and_go, range(VISITORS)))
    return [word for words in found for word in words]


@pytest.fixture(scope="module")
def hasty() -> Iterator[Server]:
    """A server that unloads a document immediately when nobody is in it."""
    traits: dict[str, object] = {"document_cleanup_delay": 0.0}
    with servers.start("ours", YDocExtension=traits, Application={"log_level": "INFO"}) as server:
        yield server
        assert not is_said(server, "Traceback")


def test_people_who_come_as_a_document_is_unloaded_type_into_its_file(hasty: Server) -> None:
    address = hasty.room("door").address
    taken = loops.run(crowd(address))
    assert len(taken) > VISITORS * VISITS // 2, "most visits come to their end"
    kept = loops.run(read(address))
    assert [word for word in taken if word not in kept] == []
    cell = json.loads((hasty.folder / "door.ipynb").read_text())["cells"][0]
    assert "".join(cell["source"]) == kept


def test_a_document_that_nobody_gets_to_is_unloaded(hasty: Server) -> None:
    """A request that never becomes a WebSocket, or one that ends at once, keeps nothing open.

    Otherwise the lab would check the file of each open document once a second.
    """
    asked = hasty.room("asked").address
    assert httpx.get(asked.replace("ws:", "http:")).status_code == 400
    gone = hasty.room("gone").address
    loops.run(glance(gone))
    for address in (asked, gone):
        ident = address.partition("room/")[2].partition("?")[0]
        line = f"Room {ident} deleted"
        labs.wait_until(partial(is_said, hasty, line), "it is unloaded")


def test_timelines_that_were_opened_long_ago_are_unloaded(hasty: Server) -> None:
    address = hasty.room("back").address
    assert loops.run(visit(address, "typed;"))
    api = f"{hasty.address}api/collaboration"

    def forked() -> str:
        query = {"format": "json", "type": "notebook"}
        return str(httpx.get(f"{api}/timeline/back.ipynb", params=query).json()["forkRoom"])

    async def look() -> list[str]:
        # A timeline needs its document's room, as in a page.
        async with connect(address):
            return await asyncio.to_thread(lambda: [forked() for _ in range(MOST + 1)])

    def undo(fork: str) -> int:
        query = {"action": "undo", "steps": "1", "forkRoom": fork}
        return httpx.put(f"{api}/undo_redo/back.ipynb", params=query).status_code

    made = loops.run(look())
    assert [undo(made[0]), undo(made[1]), undo(made[-1])] == [404, 200, 200]


REFUSED = (
    r"403 GET /services/classroom/api/collaboration/room|There is no such room|signed in"
    r"|404 GET .*asked-last"
)


def test_nobody_makes_a_room_of_nothing_or_without_signing_in(trial_lab: Lab) -> None:
    lab = trial_lab
    lab.expected.append(REFUSED)
    with students.signed_in(lab) as client:
        earlier = len(lab.log)  # the end of earlier tests' log in the same lab
        where = test_rooms.room(client, "never-opened.ipynb")
        for name in ("whatever", "json:notebook:0000", "JupyterLab:whatever"):
            with pytest.raises(InvalidStatus, match="403"):
                students.open_socket(client, lab, f"api/collaboration/room/{name}")
        with web.browser(lab.hosts) as stranger:
            answer = stranger.get(f"{labs.ADDRESS}{students.BASE}/{where}")
            assert answer.status_code == 403
        # Once the log has a later request, it also has everything from the earlier ones.
        client.get(f"{labs.ADDRESS}{students.BASE}/api/contents/asked-last.ipynb")
        labs.wait_until(lambda: "asked-last.ipynb" in lab.log, "the last request")
        assert "Creating FileLoader for: never-opened.ipynb" not in lab.log
        assert "Uncaught exception" not in lab.log[earlier:]
        # The log does have this line if a signed-in person opens the room.
        students.open_socket(client, lab, where).close()
        line = "Creating FileLoader for: never-opened.ipynb"
        labs.wait_until(lambda: line in lab.log, "it is opened")


async def glance(address: str) -> None:
    """Connect to the document, and leave before it has arrived."""
    async with connect(address):
        pass


def is_said(server: Server, line: str) -> bool:
    return line in server.container.logs().decode()


async def read(address: str) -> str:
    """Open the document once more; return its text."""
    doc: Doc[Any] = Doc()
    cells = doc.get("cells", type=Array)
    async with asyncio.timeout(10), connect(address, max_size=None) as connection:
        await connection.send(create_sync_message(doc))
        await hear(connection, doc, lambda _: len(cells) > 0)
    return str(cells[0]["source"])
