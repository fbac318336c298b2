"""Messages that no page sends: hand-made clients send them to documents, the chat and presence."""

from __future__ import annotations

import contextlib
import json
import random
import socket as sockets
import statistics
import struct
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from pycrdt import Array, Map
from websockets.exceptions import ConnectionClosed

from classroom.lab.protocol import awareness
from classroom.lab.protocol.awareness import Entry
from classroom.lab.protocol.update_bounds import read_state
from tests import classrooms, labs, students, updates
from tests.classrooms import EVERYWHERE
from tests.container.test_chat import Copy as Chat
from tests.container.test_chat import said
from tests.container.test_rooms import Page, room, saved
from tests.container.test_view_only import switch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.sync.client import ClientConnection

    from tests.classrooms import Classroom
    from tests.labs import Lab

REFUSED, TRY_AGAIN = 1003, 1013
PRESENCE = "api/collaboration/room/JupyterLab:globalAwareness"
EXPECTED = (
    r"rejected a message of|dropped a change of|sent too much at once|Nobody may do that"
    r"|403 (PUT|DELETE) .*collaboration/fork"
)


def server(lab: Lab) -> int:
    """Return the process id of the lab server."""
    return lab.pid("classroom.lab --config")


def ended(socket: ClientConnection, code: int = REFUSED) -> str:
    """Read messages until the lab closes the connection; return the close reason."""
    with pytest.raises(ConnectionClosed) as found:
        hears_to_the_end(socket)
    assert found.value.rcvd is not None, "it was cut"
    assert found.value.rcvd.code == code
    return found.value.rcvd.reason


def hears_to_the_end(socket: ClientConnection) -> None:
    while True:
        socket.recv(timeout=students.SECONDS)


def talk(pages: list[Page], word: str) -> None:
    """Have each page type, and wait until each shows what the others have typed."""
    for number, page in enumerate(pages):
        page.type(f"{word} {number}\n")
    for page in pages:
        page.listen_until(
            lambda page=page: all(f"{word} {n}\n" in str(page.source) for n in range(len(pages)))
        )


@pytest.fixture(scope="module")
def calm(trial_lab: Lab) -> Lab:
    trial_lab.expected.append(EXPECTED)
    return trial_lab


@pytest.fixture
def there(any_lab: Classroom) -> Iterator[Classroom]:
    """A lab where Octocat works, and where hubot sends messages that no page sends."""
    for login in ("Octocat", "hubot"):
        if login not in any_lab.people:
            any_lab.enter(login)
    any_lab.lab.expected.append(EXPECTED)
    yield any_lab
    any_lab.close()


def notebook(there: Classroom, name: str) -> str:
    """Make a notebook as Octocat; return the path of its room."""
    return room(there.people["Octocat"], name, there.api)


def pages_of(there: Classroom, address: str) -> list[Page]:
    """Open two pages of Octocat."""
    return [Page(there.open("Octocat", address)) for _ in range(2)]


def wait_saved(there: Classroom, name: str, page: Page) -> None:
    """Wait until the file has what a page shows."""
    client = there.people["Octocat"]
    labs.wait_until(lambda: saved(client, name, there.api) == str(page.source), "it is saved")


@EVERYWHERE
def test_no_message_ends_anything_but_its_senders_connection(there: Classroom) -> None:
    """Each of these messages would stop, block or silence the lab without limit, some for good."""
    process = there.server
    address = notebook(there, "bounds.ipynb")
    pages = pages_of(there, address)
    for number, (what, message) in enumerate(updates.BREAKING.items()):
        attacker = there.open("hubot", address)
        attacker.recv(timeout=students.SECONDS)
        attacker.send(message)
        reason = json.loads(ended(attacker))
        assert "Reload" in reason["errorReason"], what
        talk(pages, f"after {number}")
    assert there.server == process, "the lab server is another one"
    wait_saved(there, "bounds.ipynb", pages[0])
    for page in pages:
        page.connection.close()


NONSENSE: dict[str, Callable[[Page], None]] = {
    "a cell without anything": lambda page: cells(page).append(Map({})),
    "a cell that is a code cell only by name": lambda page: cells(page).append(
        Map({"cell_type": "code", "outputs": 5, "metadata": "x", "id": {}})
    ),
    "outputs that are none": lambda page: cells(page).append(
        Map({"cell_type": "code", "outputs": Array([1, Map({"output_type": "stream"})])})
    ),
    "a cell whose name is a list": lambda page: cells(page).append(
        Map({"cell_type": ["code"], "attachments": {"a": 1}})
    ),
    "a format that is none": lambda page: page.doc.get("meta", type=Map).update(
        {"nbformat": {"a": 1}, "nbformat_minor": "x", "metadata": 7}
    ),
    "the type of the first cell": lambda page: page.cell.update({"metadata": [1]}),
}
"""Content that a page can write, but with which a notebook can't be saved."""


def cells(page: Page) -> Any:
    return page.doc.get("cells", type=Array)


@pytest.mark.parametrize("what", NONSENSE)
def test_a_notebook_with_nonsense_in_it_is_saved_and_opened(calm: Lab, what: str) -> None:
    """Without a repair the lab could never save or open this document again."""
    calm.expected.append("A notebook was repaired")
    name = f"nonsense{list(NONSENSE).index(what)}.ipynb"
    with students.signed_in(calm) as ada, students.signed_in(calm, "mallory") as mallory:
        address = room(ada, name)
        pages = [Page(students.open_socket(ada, calm, address)) for _ in range(2)]
        attacker = Page(students.open_socket(mallory, calm, address))
        attacker.change(lambda: NONSENSE[what](attacker))
        talk(pages, "kept")
        labs.wait_until(lambda: saved(ada, name) == str(pages[0].source), "it to be saved")
        late = Page(students.open_socket(ada, calm, address))
        assert str(late.source) == str(pages[0].source)


STATE: dict[str, tuple[Any, ...]] = {
    "path": (
        "x.ipynb",
        "../../hub/logout",
        "RTC:x.ipynb",
        5,
        None,
        ["x"],
        {"a": 1},
    ),
    "document_id": ("json:notebook:another", 5, None),
    "hash": ("0" * 64, 5),
    "else": ("x",),
}
"""State of a document that a page could send to all others, which makes them rename their tabs, or
ask the server to move the kernel's session."""


@EVERYWHERE
def test_what_a_document_says_of_its_file_is_the_labs(there: Classroom) -> None:
    """No page receives such a change, not even one to the same value, or for a moment."""
    address = notebook(there, "named.ipynb")
    ident = address.rpartition("/")[2].partition("?")[0]
    page, attacker = (Page(there.open(login, address)) for login in ("Octocat", "hubot"))
    talk([page], "before")
    state, heard = page.doc.get("state", type=Map), set()
    page.change(partial(state.__setitem__, "document_id", ident))
    wait_saved(there, "named.ipynb", page)
    talk([page], "then")
    state.observe(lambda event: heard.update(event.keys))
    theirs = attacker.doc.get("state", type=Map)
    for key, values in STATE.items():
        for value in (*values, "named.ipynb", Map({"a": "b"})):
            attacker.change(partial(theirs.__setitem__, key, value))
        attacker.change(partial(theirs.__delitem__, key))
    attacker.change(theirs.clear)
    attacker.type("mallory's\n")
    page.listen_until(lambda: "mallory's" in str(page.source))
    assert heard <= {"dirty", "hash"}  # from saves
    talk([page], "after")
    late = Page(there.open("Octocat", address))
    for one in (page, late):
        found = one.doc.get("state", type=Map).to_py()
        assert found.keys() <= {"path", "hash", "dirty", "document_id"}
        assert (found["path"], found["document_id"]) == ("named.ipynb", ident)
    wait_saved(there, "named.ipynb", page)


def test_no_chain_grows_deep_message_by_message(calm: Lab) -> None:
    """Each message has only one level, but the document must not become too deep."""
    process = server(calm)
    with students.signed_in(calm) as ada, students.signed_in(calm, "mallory") as mallory:
        address = room(ada, "chain.ipynb")
        pages = [Page(students.open_socket(ada, calm, address)) for _ in range(2)]
        attacker = students.open_socket(mallory, calm, address)
        client = random.getrandbits(31)
        for level in range(200):
            above = (client, level - 1) if level else "mine"
            message = updates.write(
                updates.update([updates.struct(7, b"\x00", above)], client, level)
            )
            with contextlib.suppress(ConnectionClosed):
                attacker.send(message)
        ended(attacker)
        talk(pages, "still")
        assert server(calm) == process
        labs.wait_until(lambda: saved(ada, "chain.ipynb") == str(pages[0].source), "it to be saved")


def test_what_waits_for_something_else_is_bounded(calm: Lab) -> None:
    """Updates with a missing beginning are kept until it arrives, but only a limited number."""
    with students.signed_in(calm) as ada, students.signed_in(calm, "mallory") as mallory:
        address = room(ada, "waits.ipynb")
        pages = [Page(students.open_socket(ada, calm, address)) for _ in range(2)]
        attacker = students.open_socket(mallory, calm, address)
        body = updates.struct(4, updates.text("x" * 100_000), "mine")
        with contextlib.suppress(ConnectionClosed):
            for clock in range(1, 20):
                attacker.send(updates.write(updates.update([body], 99, clock * 200_000)))
        ended(attacker)
        talk(pages, "still")


@EVERYWHERE
def test_nobody_writes_under_the_id_of_anothers_page(there: Classroom) -> None:
    """That page's own text would then count as already known, and would be sent to nobody."""
    address = notebook(there, "theirs.ipynb")
    pages = pages_of(there, address)
    for page in pages:
        page.connection.send(awareness.encode([Entry(page.doc.client_id, 1, b"{}")]))
    talk(pages, "before")
    clock = read_state(pages[0].doc.get_state())[pages[0].doc.client_id]
    attacker = there.open("hubot", address)
    gone = updates.update([b"\x00" + updates.uint(1000)], pages[0].doc.client_id, clock)
    attacker.send(updates.write(gone))
    ended(attacker, TRY_AGAIN)
    talk(pages, "still")


@EVERYWHERE
def test_nothing_comes_into_a_document_by_a_fork(there: Classroom) -> None:
    """Upstream merges a fork into the document unchecked, and keeps all forks."""
    hubot = there.people["hubot"]
    address = notebook(there, "forked.ipynb")
    page = Page(there.open("hubot", address))
    ident = address.rpartition("/")[2].partition("?")[0]
    for method, body in (("PUT", {}), ("PUT", {"synchronize": True}), ("DELETE", None)):
        where = f"{there.api}/collaboration/fork/{ident}?merge=true"
        assert hubot.request(method, where, json=body).status_code == 403
    assert hubot.get(f"{there.api}/collaboration/fork/{ident}").json() == {}
    talk([page], "still")


def test_a_frame_has_a_bound(calm: Lab) -> None:
    """A gigabyte would have to be in memory before anything could check it."""
    process = server(calm)
    with students.signed_in(calm, "mallory") as mallory:
        socket = students.open_socket(mallory, calm, room(mallory, "frame.ipynb"))
        with contextlib.suppress(ConnectionClosed, OSError):
            socket.send(b"\x00\x02" + b"x" * (65 * 1024 * 1024))
        with pytest.raises(ConnectionClosed):
            hears_to_the_end(socket)
    assert server(calm) == process


def test_twenty_short_questions_hold_nobody_up(calm: Lab) -> None:
    process = server(calm)
    with students.signed_in(calm) as ada, students.signed_in(calm, "mallory") as mallory:
        address = room(ada, "short.ipynb")
        pages = [Page(students.open_socket(ada, calm, address)) for _ in range(2)]
        for _ in range(20):
            attacker = students.open_socket(mallory, calm, address)
            attacker.send(updates.ask(updates.uint(2**28 - 1)))
            ended(attacker)
        talk(pages, "still")
    assert server(calm) == process


@pytest.fixture
def people(restored_classroom: Classroom) -> Iterator[Classroom]:
    room = restored_classroom
    for login in ("mona", "Octocat", "hubot"):
        room.enter(login)
    room.lab.expected += (EXPECTED, *classrooms.EXPECTED)
    yield room
    switch(room, view_only=False, name="hubot")


def test_nor_does_any_in_the_chat_by_who_is_view_only(people: Classroom) -> None:
    """The chat accepts messages of a person who may write nothing else."""
    process = server(people.lab)
    mona, octocat = Chat(people, "mona"), Chat(people, "Octocat")
    switch(people, view_only=True, name="hubot")
    for number, (what, message) in enumerate(updates.BREAKING.items()):
        attacker = Chat(people, "hubot")
        attacker.socket.send(message)
        if what not in updates.ONLY_IN_NOTEBOOKS:
            assert "Reload" in ended(attacker.socket), what
        mona.say(f"mona {number}")
        octocat.say(f"octocat {number}")
        mona.sees(f"octocat {number}")
        octocat.sees(f"mona {number}")
    assert server(people.lab) == process


def test_the_chat_takes_what_was_judged_and_nothing_else(people: Classroom) -> None:
    """An update whose beginning is already known is placed after that, whatever it claims.

    When the lab judged it without the beginning and applied it with the beginning, it put HTML into
    a message that pages trust.
    """
    mona, hubot = Chat(people, "mona"), Chat(people, "hubot")

    def change(copy: Chat) -> None:
        copy.messages.append(Map(said("hubot", "look")))
        copy.messages[-1]["mime_model"] = "x"
        del copy.messages[-1]["mime_model"]

    hubot.send(change)
    mona.sees("look")
    client = hubot.doc.client_id
    last = read_state(hubot.doc.get_state())[client] - 1
    html = b"\x76\x01" + updates.text("text/html") + b"\x77" + updates.text("<b>trusted</b>")
    content = updates.values(b"\x77" + updates.text("x"), html)
    body = updates.update([updates.struct(8, content, "users", "z")], client, last)
    hubot.socket.send(b"\x00\x01" + updates.text(body))
    other = Chat(people, "hubot")
    other.say("done")
    mona.sees("done")
    assert "mime_model" not in mona.of("look")
    assert "mime_model" not in Chat(people, "mona").of("look")


def test_what_takes_too_long_is_stopped_and_nobody_waits(calm: Lab) -> None:
    """Send a chain of 60,000 clients, as many conflicting elements, and updates in reverse."""
    count = 60_000
    chain = b"".join(
        b"\x01"
        + updates.ident((client, 0))
        + updates.struct(8, b"\x01\x7e", origin=(client + 1, 0))
        for client in range(1, count)
    )
    end = b"\x01" + updates.ident((count, 0)) + updates.struct(8, b"\x01\x7e", "mine")
    text = updates.update([updates.struct(4, updates.text("x" * count), "t")], 2**40)
    conflicts = updates.update(
        [updates.struct(4, b"\x01y", right=(2**40, count - 1 - at)) for at in range(count)], 2**41
    )
    late = [
        updates.update([updates.struct(4, b"\x01x", origin=(2**42, at - 1))], 2**42, at)
        for at in range(2000, 0, -1)
    ]
    with students.signed_in(calm) as ada, students.signed_in(calm, "trudy") as trudy:
        address = room(ada, "long-sentences.ipynb")
        pages = [Page(students.open_socket(ada, calm, address)) for _ in range(2)]
        several = (
            [updates.uint(count) + chain + end + b"\x00"],
            [text, conflicts],
            late,
            [conflicts],
        )
        for number, bodies in enumerate(several):
            attacker = students.open_socket(trudy, calm, address)
            with contextlib.suppress(ConnectionClosed):
                for body in bodies:
                    attacker.send(updates.write(body))
            begun = time.monotonic()
            talk(pages, f"meanwhile {number}")
            assert time.monotonic() - begun < 20
            attacker.close()
        labs.wait_until(
            lambda: saved(ada, "long-sentences.ipynb") == str(pages[0].source), "it to be saved"
        )


@EVERYWHERE
def test_presence_is_bounded_in_each_room(there: Classroom) -> None:
    """A room remembers only some of one person's made-up clients, and little of each."""
    address = notebook(there, "said-presence.ipynb")
    attacker = there.open("hubot", address)
    for first in range(1, 2000, 100):
        made = [Entry(client, 1, b"{}") for client in range(first, first + 100)]
        attacker.send(awareness.encode(made))
    deep = b'{"a":' * 500 + b"1" + b"}" * 500
    attacker.send(awareness.encode([Entry(5, 9, deep)]))
    seen: set[int] = set()
    watcher = there.open("Octocat", address)
    watcher.send(awareness.encode([Entry(2**40, 1, b"{}")]))
    while 2**40 not in seen:
        message = watcher.recv(timeout=students.SECONDS)
        assert isinstance(message, bytes)
        if message[0] == awareness.AWARENESS:
            seen |= {one.client for one in awareness.parse(message)}
            assert deep not in message
    assert len(seen) <= 102


def told_of(socket: ClientConnection, client: int, clock: int) -> list[Entry]:
    """Read presence until a client has this clock, and send all of it back, as pages do."""
    told: list[Entry] = []
    while not any((one.client, one.clock) == (client, clock) for one in told):
        message = socket.recv(timeout=students.SECONDS)
        assert isinstance(message, bytes)
        if message[0] == awareness.AWARENESS:
            told += awareness.parse(message)
            socket.send(message)
    return told


@pytest.mark.parametrize("where", ["a document", "the lab"])
def test_everybody_can_come_after_any_message_of_presence(calm: Lab, where: str) -> None:
    """Each page sends presence back at once; too much of it would disconnect all pages."""
    with students.signed_in(calm) as ada, students.signed_in(calm, "mallory") as mallory:
        address = PRESENCE if where == "the lab" else room(ada, "crowd.ipynb")
        attacker = students.open_socket(mallory, calm, address)
        long = b'{"other":"' + b"x" * 60_000 + b'"}'
        for client in range(1, 9):
            attacker.send(awareness.encode([Entry(client, 1, long)]))
        attacker.send(awareness.encode([Entry(9, 1, b'{"documents":5,"current":1,"cursors":5}')]))
        told_of(attacker, 9, 1)
        watcher = students.open_socket(ada, calm, address)
        watcher.send(awareness.encode([Entry(2**40, 1, b"{}")]))
        told = told_of(watcher, 2**40, 1)
        assert sum(len(one.state) for one in told) < 70_000
        (state,) = {one.state for one in told if one.client == 9}
        assert b"cursors" not in state
        assert where == "a document" or json.loads(state).keys() == {"user"}
        watcher.send(awareness.encode([Entry(5, 1, b"x" * 60_000)] * 5))
        watcher.send(awareness.encode([Entry(2**40, 2, b"{}")]))
        told_of(watcher, 2**40, 2)


FLOODING, AT_ONCE = 50, 200
FLOOD_SECONDS = 25.0
"""The supervisor kills a server that answers nothing for 20 s."""
PROMPT_SECONDS = 1.0
"""Typing and reading by two people takes about 0.2 s meanwhile; it once took four or more."""


def framed(message: bytes) -> bytes:
    """Return a client's frame with a message of 126 bytes to 64 KB, masked with zeros."""
    return struct.pack("!BBHI", 0x82, 0x80 | 126, len(message), 0) + message


def test_a_flood_of_presence_over_fifty_connections_holds_nobody_up(calm: Lab) -> None:
    """Without a limit, the server could not answer until it was killed."""
    process = server(calm)
    with students.signed_in(calm) as ada, students.signed_in(calm, "malory") as malory:
        address = room(ada, "said-flood.ipynb")
        pages = [Page(students.open_socket(ada, calm, address)) for _ in range(2)]
        attackers = [students.open_socket(malory, calm, address) for _ in range(FLOODING)]
        state = b'{"other":"' + b"x" * 1000 + b'"}'

        def flood() -> None:
            """Send faster than any server can read: many messages in each call."""
            for clock in range(1, 100 * AT_ONCE, AT_ONCE):
                for client, attacker in enumerate(attackers, 1000):
                    entries = (Entry(client, clock + n, state) for n in range(AT_ONCE))
                    frames = (framed(awareness.encode([one])) for one in entries)
                    with contextlib.suppress(OSError):  # the server may have cut this connection
                        attacker.socket.sendall(b"".join(frames))

        def drain(attacker: ClientConnection) -> None:
            with contextlib.suppress(ConnectionClosed):
                while True:
                    attacker.recv()

        tasks = [threading.Thread(target=drain, args=(one,)) for one in attackers]
        flooding = threading.Thread(target=flood)
        for one in (*tasks, flooding):
            one.start()
        try:
            until = time.monotonic() + FLOOD_SECONDS
            took: list[float] = []
            while flooding.is_alive() and (begun := time.monotonic()) < until:
                talk(pages, f"still {len(took)}")
                took.append(time.monotonic() - begun)
            assert flooding.is_alive(), "all of it was taken"
            assert statistics.median(took) < PROMPT_SECONDS, took
        finally:
            for attacker in attackers:
                with contextlib.suppress(OSError):
                    attacker.socket.shutdown(sockets.SHUT_RDWR)
            for one in (*tasks, flooding):
                one.join()
        talk(pages, "after it")
    assert server(calm) == process


def test_a_flood_of_places_ends_its_senders_connection(calm: Lab) -> None:
    """A page sends its place at most four times a second."""
    with students.signed_in(calm, "wanda") as wanda:
        attacker = students.open_socket(wanda, calm, "classroom/api/live")
        place = json.dumps({"type": "place", "path": "", "cell": "", "index": 0, "line": 0})
        left = iter(range(100_000))
        with contextlib.suppress(ConnectionClosed):
            for _ in left:
                attacker.send(place)
        assert next(left, None) is not None, "all of them were taken"
        again = students.open_socket(wanda, calm, "classroom/api/live")
        with contextlib.suppress(ConnectionClosed):
            for _ in range(2000):  # some of the first ones may no longer count
                again.send(place)
        ended(again, TRY_AGAIN)
