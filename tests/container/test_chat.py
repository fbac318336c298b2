"""The class's chat: which changes the lab accepts from hand-made clients."""

from __future__ import annotations

import contextlib
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from pycrdt import Array, Doc, Map, create_sync_message, create_update_message, handle_sync_message
from websockets.exceptions import ConnectionClosed, InvalidStatus

from classroom.lab.chat import schema, setup
from classroom.lab.protocol import awareness
from classroom.lab.protocol.awareness import Entry
from tests import classrooms, labs, students
from tests.container.test_view_only import FILE, Page, shared, switch

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from testcontainers.core.network import Network
    from websockets.sync.client import ClientConnection

    from tests.classrooms import Classroom
    from tests.labs import Lab
    from tests.pki import Authority

LAB = f"{labs.ADDRESS}{students.BASE}"
API = f"{LAB}/api"
PLACE = f"/data/files/{setup.FIRST}"
EXPECTED = (
    "dropped a change of|There is no such room|403 GET /services/classroom/api/collaboration/room",
    "User is not authorized to|403 PUT /services/classroom/api/collaboration/fork",
)


@pytest.fixture
def people(restored_classroom: Classroom) -> Iterator[Classroom]:
    """A tutor and two students in a chat; only messages of this test count."""
    room = restored_classroom
    for login in ("mona", "Octocat", "hubot"):
        room.enter(login)
    room.lab.expected += EXPECTED
    Copy.earlier = 0
    Copy.earlier = len(Copy(room, "mona").messages)
    yield room
    if "mona" in room.people:
        switch(room, view_only=False)


def room_of(room: Classroom, login: str, path: str, kind: str = "text:chat") -> str:
    """Ask for the address of a file's room, with any kind, as a hand-made client may do."""
    client = room.people[login]
    file_format, _, file_type = kind.partition(":")
    body = {"format": file_format, "type": file_type}
    found = client.put(f"{API}/collaboration/session/{path}", json=body).json()
    return f"api/collaboration/room/{kind}:{found['fileId']}?sessionId={found['sessionId']}"


class Copy:
    """A page's copy of the chat, and its socket.

    Attributes:
        earlier: the number of messages from earlier tests.
    """

    earlier = 0

    def __init__(self, room: Classroom, login: str, path: str = "") -> None:
        self.doc: Doc[Any] = Doc()
        self.messages: Array[Any] = self.doc.get("messages", type=Array)
        self.users: Map[Any] = self.doc.get("users", type=Map)
        self.name = login.lower()
        address = path or room_of(room, login, setup.FIRST)
        self.socket = room.open(login, address)
        self.socket.send(awareness.encode([Entry(self.doc.client_id, 1, b"{}")]))
        self.socket.send(create_sync_message(self.doc))
        asked = told = False
        while not (asked and told):
            message = self.hear()
            asked |= message[:2] == b"\x00\x00"
            told |= message[:2] == b"\x00\x01"

    def hear(self) -> bytes:
        """Receive one message."""
        message = self.socket.recv(timeout=students.SECONDS)
        assert isinstance(message, bytes)
        if message[0] == 0 and (reply := handle_sync_message(message[1:], self.doc)) is not None:
            self.socket.send(reply)
        return message

    def send(self, change: Any) -> None:
        """Change the copy, and send the change."""
        before = self.doc.get_state()
        with self.doc.transaction():
            change(self)
        self.socket.send(create_update_message(self.doc.get_update(before)))

    def say(self, body: str, **more: Any) -> None:
        """Send a message as the page does."""
        self.send(lambda copy: copy.messages.append(Map(said(copy.name, body, **more))))

    def bodies(self) -> list[str]:
        return [str(one["body"]) for one in self.now()]

    def now(self) -> list[Any]:
        """Return the messages of this test."""
        return list(self.messages)[self.earlier :]

    @property
    def first(self) -> Any:
        return self.messages[self.earlier]

    def sees(self, *bodies: str) -> None:
        """Receive messages until these are there."""
        while not {*bodies} <= {*self.bodies()}:
            self.hear()

    def of(self, body: str) -> dict[str, Any]:
        """Return a message's fields, by its text."""
        (found,) = (one for one in self.now() if one["body"] == body)
        return dict(found.items())


def said(sender: str, body: str, **more: Any) -> dict[str, Any]:
    found = {"id": uuid.uuid4().hex, "sender": sender, "body": body, "time": 1.0}
    return {**found, "type": "msg", "raw_time": True, **more}


def hears_to_the_end(socket: ClientConnection) -> None:
    """Wait until the lab has closed a socket."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=students.SECONDS)


def in_the_file(lab: Lab) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lab.read(PLACE))
    return found


def bodies_in(found: dict[str, Any]) -> list[str]:
    return [one["body"] for one in found["messages"][Copy.earlier :]]


def test_it_is_there_from_the_beginning(people: Classroom) -> None:
    status = people.lab.run("stat", "--format=%U:%G %a", PLACE)[1]
    assert status.strip() == "classroom:students 664"
    hubot, mona = Copy(people, "hubot"), Copy(people, "mona")
    hubot.say("Good morning")
    mona.sees("Good morning")
    found = mona.of("Good morning")
    assert found["sender"] == "hubot"
    assert found["time"] > 1.6e9, "by the lab's clock"
    assert mona.users["hubot"]["avatar_url"] == f"https://{labs.GITHUB}/avatars/hubot.png"
    labs.wait_until(lambda: "Good morning" in bodies_in(in_the_file(people.lab)), "it is saved")
    assert "No view-only rule" not in people.lab.log
    mona.send(lambda copy: copy.first.update({"body": "changed"}))
    Copy(people, "mona").sees("Good morning")  # a tutor can't change it either


def test_it_has_no_socket_of_its_own(people: Classroom) -> None:
    """Upstream's other mode, in which it reads and writes files itself."""
    people.lab.expected.append("404 GET /services/classroom/api/chat/ws")
    for path in (setup.FIRST, "..%2F..%2Fhistory%2Fx", "work.ipynb"):
        with pytest.raises(InvalidStatus) as refused:
            people.open("hubot", f"api/chat/ws/{path}")
        assert refused.value.response.status_code == 404


def forged(copy: Copy) -> None:
    copy.messages.append(Map(said("mona", "The exam is cancelled")))


def changed(copy: Copy) -> None:
    copy.first["body"] = "The exam is cancelled"


def gone(copy: Copy) -> None:
    del copy.messages[copy.earlier]


def renamed(copy: Copy) -> None:
    copy.users["mona"] = {**copy.users["mona"], "display_name": "Eve"}


def taken_for_her(copy: Copy) -> None:
    copy.users["hubot"] = {**copy.users["mona"], "username": "hubot"}


def moved(copy: Copy) -> None:
    copy.doc.get("state", type=Map)["path"] = "work.ipynb"


def where(copy: Copy) -> dict[str, Any]:
    """Return the chat's state, without the fields that change whenever it is saved."""
    state = copy.doc.get("state", type=Map).to_py() or {}
    return {name: value for name, value in state.items() if name not in {"dirty", "hash"}}


def test_nobody_speaks_in_anothers_name(people: Classroom) -> None:
    mona, page = Copy(people, "mona"), Page(people, "hubot")
    mona.say("The exam is on Friday")
    expected = ["The exam is on Friday"]
    for tries in (forged, changed, gone, renamed, taken_for_her):
        hubot = Copy(people, "hubot")
        hubot.sees(*expected)
        users = dict(hubot.users.items())
        hubot.send(tries)
        hubot.say("and what comes after it")
        page.hears(type="notice")
        expected.append(f"a new copy is heard after {tries.__name__}")
        again = Copy(people, "hubot")
        again.say(expected[-1])
        mona.sees(expected[-1])
        assert mona.bodies() == expected
        assert dict(mona.users.items()) == dict(again.users.items()) == users
    place, hubot = where(mona), Copy(people, "hubot")
    hubot.send(moved)
    hubot.say("and goes on")  # the lab drops this change silently, and refuses nobody
    mona.sees("and goes on")
    assert where(mona) == where(Copy(people, "Octocat")) == place


def test_who_comes_back_may_know_more_than_the_lab(people: Classroom) -> None:
    """A page that reconnects may know changes that the lab itself made before it was killed. It may
    not repeat them as its own, but what the person wrote meanwhile is accepted."""
    mona = Copy(people, "mona")
    for tries in (renamed, taken_for_her, moved):
        hubot = Copy(people, "hubot")
        users, place = dict(hubot.users.items()), where(hubot)
        before = hubot.doc.get_state()
        written = f"written meanwhile, {tries.__name__}"
        with hubot.doc.transaction():
            tries(hubot)
            hubot.messages.append(Map(said("hubot", written)))
        answer = create_update_message(hubot.doc.get_update(before))
        hubot.socket.send(b"\x00\x01" + answer[2:])
        mona.sees(written)
        again = Copy(people, "Octocat")
        again.sees(written)
        known = {name: one for name, one in again.users.items() if name in users}
        assert known == users
        assert where(again) == place


def test_nothing_that_runs_in_pages_comes_in(people: Classroom) -> None:
    html = {"data": {"text/html": "<script>alert(1)</script>"}, "trusted": True}
    mona, page = Copy(people, "mona"), Page(people, "hubot")
    Copy(people, "hubot").say("by a socket", mime_model=html)
    page.hears(type="notice")
    Copy(people, "hubot").say("a plain one")
    mona.sees("a plain one")
    labs.wait_until(lambda: bodies_in(in_the_file(people.lab)) == ["a plain one"], "it is saved")
    file = in_the_file(people.lab)
    file["messages"][Copy.earlier] |= {"body": "by the file", "mime_model": html}
    put = {"type": "file", "format": "text", "content": json.dumps(file)}
    assert people.people["hubot"].put(f"{API}/contents/{setup.FIRST}", json=put).is_success
    mona.sees("by the file")
    assert mona.of("by the file").keys() == schema.MESSAGE.keys() - {
        "deleted",
        "edited",
        "mentions",
        "attachments",
    }


def attempts(room: Classroom) -> list[httpx.Response]:
    """Send the other requests that the chat's part of a page, or a hand-made client, may send."""
    hubot = room.people["hubot"]
    chat = f"{API}/contents/{setup.FIRST}"
    return [
        hubot.post(f"{API}/contents", json={"type": "file", "ext": ".chat"}),
        hubot.put(f"{API}/contents/mine.chat", json=FILE),
        hubot.put(chat, json=FILE),
        hubot.patch(chat, json={"path": "other.chat"}),
        hubot.delete(chat),
    ]


def test_who_is_view_only_talks_and_does_nothing_else(people: Classroom) -> None:
    work = people.room("hubot", "work.ipynb")
    switch(people, view_only=True)
    hubot, mona, page = Copy(people, "hubot"), Copy(people, "mona"), Page(people, "hubot")
    hubot.say("May I ask something?")
    mona.sees("May I ask something?")
    mona.say("Yes")
    hubot.sees("Yes")
    hubot.send(lambda copy: copy.first.update({"body": "A question", "edited": True}))
    mona.sees("A question")
    for answer in attempts(people):
        assert answer.status_code == 403, answer.request.url
    hubot.send(forged)
    page.hears(type="notice")
    editor = people.open("hubot", room_of(people, "hubot", setup.FIRST, "text:file"))
    text: Doc[Any] = Doc()
    text.get("source", type=Map)["x"] = 1
    editor.send(create_update_message(text.get_update()))
    editor.send(create_sync_message(text))
    while editor.recv(timeout=students.SECONDS)[:2] != b"\x00\x01":
        continue
    assert mona.bodies() == ["A question", "Yes"]
    assert shared(people, work) == []


def test_no_other_file_is_taken_for_a_chat(people: Classroom) -> None:
    """Opened as a chat, another file would be saved as one."""
    people.room("hubot", "lesson.ipynb")
    link = "ln -s lesson.ipynb /data/files/link.chat"
    assert people.lab.run("sh", "-c", link, user="student")[0] == 0
    people.lab.expected.append(r"(?s)Error initializing: link.chat.*this file is no chat")
    people.lab.expected.append("this file is no chat|Could not resolve YChat")
    before = people.lab.run("cat", "/data/files/lesson.ipynb")[1]
    for view_only in (False, True):
        switch(people, view_only=view_only)
        for kind in ("text:chat", "json:chat", "base64:chat"):
            address = room_of(people, "hubot", "lesson.ipynb")
            with pytest.raises(InvalidStatus) as refused:
                people.open("hubot", address.replace("text:chat", kind))
            assert refused.value.response.status_code == 403, kind
        address = room_of(people, "hubot", setup.FIRST)
        with pytest.raises(InvalidStatus):
            people.open("hubot", address.replace("text:chat", "json:chat"))
        linked = people.open("hubot", room_of(people, "hubot", "link.chat"))
        hears_to_the_end(linked)
    Copy(people, "hubot").say("Here I may")
    labs.wait_until(lambda: "Here I may" in bodies_in(in_the_file(people.lab)), "it is saved")
    assert people.lab.run("cat", "/data/files/lesson.ipynb")[1] == before
    assert people.lab.run("rm", "/data/files/link.chat")[0] == 0


def test_a_chat_has_no_forks(people: Classroom) -> None:
    people.lab.expected.append("wrote error: 'Nobody may do that")
    copy = Copy(people, "hubot")
    room = room_of(people, "hubot", setup.FIRST).rpartition("/")[2].partition("?")[0]
    for name in (room, room.replace(":", "%3A")):
        for login in ("hubot", "mona"):
            answer = people.people[login].put(f"{API}/collaboration/fork/{name}", json={})
            assert answer.status_code == 403, name
    copy.socket.close()


def test_no_bytes_end_the_chat(people: Classroom) -> None:
    people.lab.expected.append(": rejected a message of hubot: ")
    Copy(people, "mona").say("before")
    for message in (b"\0", b"\0\2", b"\0\2\xff", b"\0\1\3abc", b"\x80\0\2\2\0\0", b"\3", b"\2\1x"):
        socket = people.open("hubot", room_of(people, "hubot", setup.FIRST))
        socket.send(message)
        socket.close()
    late = Copy(people, "hubot")
    late.say("after")
    late.sees("before")
    reader = Copy(people, "mona")
    reader.sees("before", "after")


COUNT = """
import json, sqlite3
journal = sqlite3.connect("file:/data/history/documents.db?mode=ro", uri=True)
(count,) = journal.execute("SELECT COUNT(*) FROM yupdates WHERE path LIKE '.chat:%'").fetchone()
print(json.dumps(count))
"""


def in_the_journal(lab: Lab) -> int:
    """Count the chat's updates in the journal."""
    return int(lab.look(COUNT))


def test_pages_that_come_and_go_leave_nothing(people: Classroom) -> None:
    """Each page that opens answers the lab's first question, usually with an empty update."""
    file, sentences, first, more, megabytes = "long.chat", 20, 10, 40, 10
    said_so_far = {
        f"{number}": {**said("octocat", "x" * 50_000), "id": f"{number}", "raw_time": False}
        for number in range(sentences)
    }
    content = json.dumps({"messages": [*said_so_far.values()]})
    body = {"type": "file", "format": "text", "content": content}
    assert people.people["Octocat"].put(f"{API}/contents/{file}", json=body).is_success
    path = room_of(people, "Octocat", file)
    server = people.lab.pid(r"-m classroom\.lab --config")

    def come(times: int) -> int:
        for _ in range(times):
            page = Copy(people, "Octocat", path)
            assert len(page.messages) == sentences
            page.socket.close()
            people.sockets.remove(page.socket)
        return people.lab.megabytes(server)

    before = come(first)
    assert come(more) - before < megabytes  # a copy of the chat for each page would take 60 MB
    talker = Copy(people, "Octocat", path)
    before = people.lab.megabytes(server)
    for _ in range(more // 2):  # each is refused, after the lab has tried it on a copy
        refused = Copy(people, "hubot", path)
        refused.send(lambda copy: copy.messages.append(Map(said("mona", "not mine"))))
        refused.socket.close()  # after the message that it has sent
        people.sockets.remove(refused.socket)
    assert people.lab.megabytes(server) - before < 2 * megabytes
    assert len(talker.messages) == sentences


def test_what_was_said_survives(people: Classroom) -> None:
    copies = [Copy(people, login) for login in ("hubot", "mona")]
    words = [f"message {number}" for number in range(6)]
    for number in range(5):
        copies[number % 2].say(words[number])
        # Each answers the other: on two connections the messages could arrive in any order.
        copies[1 - number % 2].sees(words[number])
    labs.wait_until(lambda: bodies_in(in_the_file(people.lab)) == words[:5], "they are saved")
    before = in_the_journal(people.lab)
    # The list includes earlier copies: the fixture empties the chat while people are in it.
    there = people.lab.run("ls", "/data/files")[1]
    copies[1].say(words[5])
    labs.wait_until(lambda: in_the_journal(people.lab) > before, "the last is written down")
    people.lab.kill_server()
    labs.wait_until(
        lambda: people.people["mona"].get(f"{API}/contents/{setup.FIRST}").status_code == 200,
        "the lab is back",
        ignoring=labs.AWAY,
    )
    again = Copy(people, "hubot")
    assert sorted(again.bodies()) == words
    again.say("and after it")
    labs.wait_until(lambda: "and after it" in bodies_in(in_the_file(people.lab)), "it is saved")
    assert people.lab.run("ls", "/data/files")[1] == there, "no copy was needed"


def test_who_is_removed_hears_nothing_more(people: Classroom) -> None:
    hubot, mona = Copy(people, "hubot"), Copy(people, "mona")
    people.save(users=["Octocat"])
    hears_to_the_end(hubot.socket)
    mona.say("now that they are gone")
    with pytest.raises(InvalidStatus):
        people.open("hubot", f"api/collaboration/room/text:chat:{uuid.uuid4()}")


def test_without_a_chat_there_is_none(
    network: Network, github: Lab, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tutor")
    labs.write_folder(folder, classrooms.config(more="c.Classroom.chat = False"), authority)
    volume = f"chat-{uuid.uuid4().hex}"
    with classrooms.opened(network, github, authority, volume, folder) as room:
        room.lab.expected += [*EXPECTED, "404 GET /services/classroom/api/contents/"]
        hubot = room.enter("hubot")
        assert "jupyterlab-chat-extension" not in hubot.get(f"{LAB}/lab").text
        assert hubot.get(f"{API}/contents/{setup.FIRST}").status_code == 404
        assert hubot.put(f"{API}/contents/mine.chat", json={**FILE, "content": ""}).is_success
        with pytest.raises(InvalidStatus) as refused:
            room.open("hubot", room_of(room, "hubot", "mine.chat"))
        assert refused.value.response.status_code == 403
