"""The list decides: people on it may enter, and people who leave it are signed out.

The product promises three seconds: `benchmarks.revocation` measures that on a quiet machine. These
tests wait for a condition instead, because their machine is busy.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from pycrdt import Doc, create_sync_message
from websockets.exceptions import ConnectionClosed, InvalidStatus

from benchmarks.rooms.page import Page as RawPage
from benchmarks.rooms.page import Place
from classroom.hub import reload
from classroom.lab.people import page_socket, revocation
from classroom.lab.protocol import awareness
from classroom.lab.protocol.awareness import NULL, Entry
from tests import labs, students, web
from tests.classrooms import EVERYWHERE, Classroom, config, opened

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from testcontainers.core.network import Network
    from websockets.sync.client import ClientConnection


ME = f"{labs.ADDRESS}/services/classroom/api/me"
EVENTS = "api/events/subscribe"
SECONDS = 60
"""The time limit of every wait in this module."""


@pytest.fixture
def room(any_lab: Classroom) -> Classroom:
    """The lab of all tests here that change the list only through the tutor's file."""
    if not any_lab.owner:
        any_lab.reset()
    return any_lab


def is_out(client: httpx.Client) -> bool:
    return client.get(ME).status_code == 403


def channels(kernel: str) -> str:
    """Return the address of a kernel's WebSocket."""
    return f"api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"


def sockets(room: Classroom, login: str) -> dict[str, ClientConnection]:
    """Open one socket of each kind, as a page does."""
    client = room.people[login]
    api = f"{labs.ADDRESS}{students.BASE}/api"
    kernel = client.post(f"{api}/kernels", json={"name": "python3"}).json()["id"]
    terminal = client.post(f"{api}/terminals").json()["name"]
    found = {
        "document": room.open(login, room.room(login, f"{login}.ipynb")),
        "presence": room.open(login, "api/collaboration/room/JupyterLab:globalAwareness"),
        "kernel": room.open(login, channels(kernel)),
        "terminal": room.open(login, f"terminals/websocket/{terminal}"),
        "events": room.open(login, EVENTS),
        "live": room.open(login, page_socket.ADDRESS),
    }
    # Make sure that the lab serves them: it has answered a request, or sent something by itself.
    ident = students.Kernel(found["kernel"]).ask("kernel_info_request", {})
    while json.loads(found["kernel"].recv(timeout=60))["parent_header"].get("msg_id") != ident:
        continue
    found["document"].send(create_sync_message(Doc()))
    for name in ("document", "terminal", "live"):
        found[name].recv(timeout=60)
    return found


def closed(connection: ClientConnection) -> tuple[int, str]:
    """Wait until the lab closes a socket; return its close code and reason."""
    end = time.monotonic() + SECONDS

    def listen() -> None:
        while True:
            connection.recv(timeout=max(0.01, end - time.monotonic()))

    with pytest.raises(ConnectionClosed) as found:
        listen()
    assert found.value.rcvd is not None, "cut without a word"
    return found.value.rcvd.code, found.value.rcvd.reason


def told_gone(connection: ClientConnection, client: int) -> None:
    """Wait until the lab notifies a page that another client has left."""
    end = time.monotonic() + SECONDS
    while True:
        message = connection.recv(timeout=max(0.01, end - time.monotonic()))
        if isinstance(message, bytes) and message[0] == awareness.AWARENESS:
            for entry in awareness.parse(message):
                if entry.client == client and entry.gone:
                    return


def test_who_leaves_the_file_is_out_and_everybody_sees_it(room: Classroom) -> None:
    octocat, hubot = room.enter("Octocat"), room.enter("hubot")
    theirs = sockets(room, "hubot")
    where = room.room("hubot", "shared.ipynb")
    watching, speaking = room.open("Octocat", where), room.open("hubot", where)
    speaking.send(awareness.encode([Entry(4711, 1, b'{"user":{"name":"hubot"}}')]))
    collect(watching, 4711)
    room.save(users=["Octocat"])
    told_gone(watching, 4711)
    for kind, connection in theirs.items():
        code, reason = closed(connection)
        assert code == revocation.CLOSE, kind
        assert json.loads(reason)["errorReason"] == revocation.SENTENCE
    labs.wait_until(lambda: is_out(hubot), "hubot out")
    with pytest.raises(InvalidStatus, match="403"):
        room.open("hubot", where)
    hub = hubot.get(f"{labs.ADDRESS}/hub/home")
    assert "/hub/home" not in str(hub.url), "the Hub's own session has ended too"
    assert "not on this classroom" in room.refusal("hubot")
    assert not is_out(octocat)
    files = octocat.get(f"{labs.ADDRESS}{students.BASE}/api/contents").json()["content"]
    assert "hubot.ipynb" in {file["name"] for file in files}, "their work stays"
    assert room.said.count("access: hubot is no longer admitted") == 1

    room.save(users=["Octocat", "hubot"])
    labs.wait_until(lambda: "hubot" in listing(room), "hubot listed again")
    assert is_out(hubot), "what was signed in then is not signed in now"
    assert not is_out(room.enter("hubot"))


SECOND_LOOK_SECONDS = 2 * revocation.AGAIN_SECONDS
"""After this time the lab has checked a second time; it sends nothing to people who stay."""


def test_who_was_put_back_at_once_and_has_signed_in_again_stays(room: Classroom) -> None:
    """The lab checks again a person whose access ended; by then their access has begun again."""
    room.enter("hubot")
    first = room.open("hubot", EVENTS)
    room.save(users=["Octocat"])
    assert closed(first)[0] == revocation.CLOSE
    room.save(users=["Octocat", "hubot"])
    labs.wait_until(lambda: is_listed(room, "hubot"), "hubot listed again")
    room.enter("hubot")
    again = room.open("hubot", EVENTS)
    with pytest.raises(TimeoutError):
        again.recv(timeout=SECOND_LOOK_SECONDS)


def listing(classroom: Classroom) -> str:
    status, found = classroom.lab.run("classroom", "users")
    assert status == 0, found
    return found


def is_listed(classroom: Classroom, name: str) -> bool:
    return name in listing(classroom)


def replace(folder: Path, text: str) -> None:
    """Save as most editors do: replace the old file by a new one."""
    (folder / "jupyterhub_config.py~").write_text(text)
    (folder / "jupyterhub_config.py~").replace(folder / "jupyterhub_config.py")


def copy(folder: Path, text: str) -> None:
    """Save as ``cp`` onto the file does."""
    (folder / "new").write_text(text)
    shutil.copyfile(folder / "new", folder / "jupyterhub_config.py")


def edit(folder: Path, text: str) -> None:
    """Save as ``sed -i`` does, which also changes the file's owner and mode."""
    (folder / "new").write_text(text)
    script = "sed -i -e 'r new' -e d jupyterhub_config.py"
    (folder / "jupyterhub_config.py").write_text("x\n")
    subprocess.run(["sh", "-c", script], cwd=folder, check=True)


EDITOR_SECONDS = 3 * reload.SETTLE_SECONDS
"""The time between an editor's two steps: the Hub finds no file twice, and logs nothing."""


def move_away(folder: Path, text: str) -> None:
    """Save as vim may do: move the old file away, and write the new one after a moment."""
    (folder / "jupyterhub_config.py").rename(folder / "jupyterhub_config.py~")
    time.sleep(EDITOR_SECONDS)
    (folder / "jupyterhub_config.py").write_text(text)


def test_however_it_is_saved(room: Classroom) -> None:
    for number, way in enumerate((replace, copy, edit, move_away)):
        way(room.folder, config(users=["Octocat", f"person-{number}"]))
        seen = partial(is_listed, room, f"person-{number}")
        labs.wait_until(seen, f"{way.__name__} seen")
    assert "person-0" not in listing(room)


def test_a_comment_and_a_broken_file_change_nothing(room: Classroom) -> None:
    hubot = room.enter("hubot")
    # The log names this limit once the file has been read, so the test need not guess a time.
    more = "# the same people, in another order\nUSERS.reverse()\n"
    room.save(more=f"{more}c.JupyterHub.concurrent_spawn_limit = 6")
    labs.wait_until(lambda: "JupyterHub.concurrent_spawn_limit" in room.said, "it has been read")
    (room.folder / "jupyterhub_config.py").write_text("USERS = ['Octocat'\n")
    labs.wait_until(lambda: "The configuration in use stays" in room.said, "the sentence")
    (room.folder / "jupyterhub_config.py").write_text(config(users=["not a name!"]))
    labs.wait_until(lambda: "is not a GitHub user name" in room.said, "the next sentence")
    assert not is_out(hubot)
    before = room.said
    room.save(users=["Octocat"])
    labs.wait_until(lambda: is_out(hubot), "the next good one holds")
    stays = [line for line in room.said.splitlines() if "in use stays" in line]
    assert len(stays) == 2, "one sentence each"
    assert "jupyterhub_config.py:1" in stays[0]
    assert "put the bracket that is missing" in stays[0]
    # The people whom the test before had added may leave only now.
    assert not re.search(r" access: (hubot|Octocat) ", before)


def test_what_waits_for_a_start_is_named(room: Classroom) -> None:
    room.save(more="c.Classroom.contact = 'Mona'\nc.JupyterHub.concurrent_spawn_limit = 7")
    sentence = (
        "These changes take effect at the next start: "
        "Classroom.contact, JupyterHub.concurrent_spawn_limit"
    )
    labs.wait_until(lambda: sentence in room.said, "it is named")


def test_a_class_that_anybody_may_enter_is_closed_by_a_save(room: Classroom) -> None:
    """People who could enter only by that setting are signed out, others refused at once."""
    file = room.folder / "jupyterhub_config.py"
    room.refusal("stranger")
    before = file.read_text()
    file.write_text(f"{before}\nc.Authenticator.allow_all = True\n")
    labs.wait_until(lambda: "ANYBODY" in room.lab.run("classroom", "users")[1], "open to all")
    stranger = labs.wait_until(
        lambda: room.enter("stranger"), "the stranger enters", ignoring=(AssertionError,)
    )
    octocat = room.enter("Octocat")
    file.write_text(before)
    labs.wait_until(lambda: is_out(stranger), "the stranger is out")
    assert not is_out(octocat)
    room.refusal("stranger")
    assert "take effect at the next start" not in room.said


def test_the_page_has_a_say_and_the_last_word_counts(
    classroom: Classroom, network: Network, volume: str
) -> None:
    hubot = classroom.enter("hubot")
    assert classroom.page("POST", "users", usernames=["Stranger"]).status_code == 201
    stranger = classroom.enter("stranger")
    assert classroom.page("DELETE", "users/hubot").status_code == 204
    labs.wait_until(lambda: is_out(hubot), "hubot out")
    classroom.refusal("hubot")

    classroom.save(users=["octocat", "hubot", "somebody"])
    labs.wait_until(lambda: "somebody" in listing(classroom), "the save is seen")
    assert not is_out(stranger), "people of the page survive a save"
    classroom.refusal("hubot")
    rows = {line.split()[0]: line for line in listing(classroom).splitlines()}
    assert "hubot" not in rows
    assert "People page" in rows["stranger"]
    assert "tutor" in rows["mona"]
    assert "never" in rows["somebody"]

    cookies = {login: client.cookies for login, client in classroom.people.items()}
    classroom.lab.container.stop(timeout=60)
    folder = classroom.folder
    with opened(network, classroom.github, classroom.authority, volume, folder) as again:
        with web.browser(again.lab.hosts, again.authority.crt) as client:
            client.cookies.update(cookies["stranger"])
            assert client.get(ME).status_code == 200, "and a restart"
        again.refusal("hubot")
        # The file names hubot again after the page removed them, so the file decides.
        again.save(users=["octocat"])
        labs.wait_until(lambda: "somebody" not in listing(again), "the save is seen")
        again.save(users=["octocat", "hubot"])
        labs.wait_until(lambda: "hubot" in listing(again), "hubot is back")
        again.enter("hubot")


def test_adding_and_renaming_in_the_page_touches_nobody_else(classroom: Classroom) -> None:
    assert classroom.page("POST", "users", usernames=["neil"], admin=True).status_code == 201
    found = classroom.page("POST", "users", usernames=["somebody", "neil"])
    assert found.status_code == 201, found.text
    assert "tutor" in row(classroom, "neil"), "who is known stays as they are"
    assert classroom.page("PATCH", "users/somebody", name="stranger").status_code == 200
    assert not is_listed(classroom, "somebody")
    assert "People page" in row(classroom, "stranger")
    classroom.enter("stranger")


def row(classroom: Classroom, name: str) -> str:
    """Return a person's line of the list."""
    (found,) = (one for one in listing(classroom).splitlines() if one.startswith(f"{name} "))
    return found


def test_a_full_disk_keeps_nobody_in(classroom: Classroom) -> None:
    """A full disk delays the new list, but not the sign-out of a person who is not on it.

    The test has a lab of its own: in a shared one it would have to expect every traceback.
    """
    classroom.lab.expected.append(r"(?s)could not be applied yet.*No space left|Traceback")
    hubot = classroom.enter("hubot")
    people = "/data/hub/people.json"
    # Nothing can be renamed onto a directory, so saving fails as it does on a full disk.
    classroom.lab.run("sh", "-c", f"mv {people} {people}.old && mkdir -p {people}/full")
    classroom.save(users=["Octocat"])
    labs.wait_until(lambda: is_out(hubot), "hubot out")
    labs.wait_until(
        lambda: "could not be applied yet; retrying" in classroom.lab.log, "the sentence"
    )
    classroom.lab.run("rm", "-r", people)
    classroom.save(users=["Octocat", "somebody"])
    labs.wait_until(lambda: is_listed(classroom, "somebody"), "the next save is taken over")


def test_blocked_and_demoted(classroom: Classroom) -> None:
    hubot, octocat = classroom.enter("hubot"), classroom.enter("Octocat")
    assert classroom.page("GET", "users").status_code == 200
    assert classroom.page("PATCH", "users/octocat", admin=True).status_code == 200
    labs.wait_until(lambda: is_tutor(octocat), "octocat appointed in the page")
    classroom.save(tutors=[], users=["octocat", "hubot", "mona"], blocked=["hubot"])
    labs.wait_until(lambda: classroom.page("GET", "users").status_code == 403, "mona demoted")
    labs.wait_until(lambda: is_out(hubot), "hubot blocked")
    classroom.refusal("hubot")
    assert not is_out(classroom.people["mona"]), "no longer a tutor, but still in"
    assert is_tutor(octocat), "the page's tutors survive the file's next save"
    told = json.loads(classroom.lab.run("cat", "/run/classroom/standing/standing.json")[1])
    assert told["tutors"] == ["octocat"], "what the lab goes by"


def is_tutor(client: httpx.Client) -> bool:
    return client.get(f"{labs.ADDRESS}/hub/admin").status_code == 200


def test_the_page_people_lists_everybody_for_tutors_alone(room: Classroom) -> None:
    octocat = room.enter("Octocat")
    room.lab.expected.append("403 GET /hub/api/classroom/people|Not authorizing access to /hub/api")
    found = room.page("GET", "classroom/people").json()["people"]
    by_name = {one["name"]: one for one in found}
    assert by_name["octocat"]["shown"] == "Ada Octocat"
    assert (by_name["mona"]["tutor"], by_name["octocat"]["tutor"]) == (True, False)
    assert by_name["octocat"]["source"] == "file"
    assert by_name["octocat"]["seen"]
    # A student may not, even with the token of a page of the Hub.
    token = str(web.cookie(octocat, "_xsrf").value)
    address = f"{labs.ADDRESS}/hub/api/classroom/people"
    assert octocat.get(address, headers={"X-XSRFToken": token}).status_code == 403
    # The page rejects what the file could not contain either.
    answer = room.page("POST", "users", usernames=["stranger", "https://github.com/astronaut"])
    assert answer.status_code == 400
    assert "write the name alone: 'astronaut'" in answer.json()["message"]
    assert "stranger" not in {
        one["name"] for one in room.page("GET", "classroom/people").json()["people"]
    }


def test_who_does_not_take_the_close_is_cut(room: Classroom) -> None:
    """A hand-made client ignores the close frame and goes on writing."""
    octocat = room.enter("Octocat")
    room.enter("hubot")
    path = room.room("hubot", "cut.ipynb")
    cookies = "; ".join(f"{one.name}={one.value}" for one in room.people["hubot"].cookies.jar)
    address = f"wss://{labs.HOST}:8443{students.BASE}/{path}"
    rude = RawPage(Place(address, ip=room.lab.ip, headers={"Cookie": cookies}), 7, types=True)
    labs.wait_until(lambda: rude.messages() or rude.synced, "the document")
    watching = room.open("Octocat", path)
    # The lab cuts the connection while some of the client's data is unread: nginx sees a reset.
    room.lab.expected.append(r"\[error\] .*recv\(\) failed \(104.*lab\.sock")
    room.save(users=["Octocat"])

    def is_cut() -> bool:
        try:
            rude.say(mark=time.monotonic())
            rude.messages()
        except OSError:
            return True
        return False

    labs.wait_until(is_cut, "the end of its connection", SECONDS, every=0.05)
    rude.socket.close()
    # Octocat's next message is sent after all that the lab has accepted before.
    room.open("Octocat", path).send(awareness.encode([Entry(MARK, 1, b"{}")]))
    said = [entry for entry in heard(watching, MARK) if entry.client == rude.client]
    assert said[-1].gone, "nothing was taken after it had left"
    assert not is_out(octocat)


MARK = 4711
"""A client whose state reaches a page after those of all others."""


def heard(connection: ClientConnection, last: int) -> list[Entry]:
    """Return all awareness entries that a page receives until a given client's first one."""
    found: list[Entry] = []
    while last not in {entry.client for entry in found}:
        message = connection.recv(timeout=SECONDS)
        if isinstance(message, bytes) and message[0] == awareness.AWARENESS:
            found += awareness.parse(message)
    return found


@EVERYWHERE
def test_nobody_takes_anothers_face_or_place(room: Classroom) -> None:
    """An attacking client forges names, sends others' states, and says that they have left."""
    for login in ("Octocat", "hubot"):
        room.enter(login)
    for path in (
        room.room("Octocat", "faces.ipynb"),
        "api/collaboration/room/JupyterLab:globalAwareness",
    ):
        watching = room.open("mona" if "mona" in room.people else "Octocat", path)
        ada, attacker = room.open("Octocat", path), room.open("hubot", path)
        ada.send(awareness.encode([Entry(101, 5, b'{"user":{"name":"x"}}')]))
        seen = collect(watching, 101)
        assert seen["user"]["username"] == "octocat"
        assert seen["user"]["display_name"] == "Ada Octocat"
        named = b'{"user":{"username":"octocat","name":"octocat"}}'
        # Send another state each time: the lab does not repeat an unchanged one at once.
        for clock, forged in enumerate((named, b'{"autosave":true}'), 5):
            attacker.send(awareness.encode([Entry(202, clock, forged)]))
            assert collect(watching, 202)["user"]["username"] == "hubot"
        # Send another client's state with a higher clock, and then that it has left.
        attacker.send(awareness.encode([Entry(101, 50, b'{"autosave":false}')]))
        attacker.send(awareness.encode([Entry(101, 60, NULL)]))
        ada.send(awareness.encode([Entry(101, 6, b'{"autosave":true}')]))
        assert collect(watching, 101)["autosave"] is True, "neither came through"
        for connection in (watching, ada, attacker):
            connection.close()


def collect(connection: ClientConnection, client: int) -> dict[str, Any]:
    """Wait until a page receives a client's state again; return that state."""
    end = time.monotonic() + SECONDS
    while True:
        message = connection.recv(timeout=max(0.01, end - time.monotonic()))
        if isinstance(message, bytes) and message[0] == awareness.AWARENESS:
            for entry in awareness.parse(message):
                if entry.client == client:
                    found: dict[str, Any] = json.loads(entry.state)
                    return found


def test_who_ran_what_is_in_the_log(room: Classroom) -> None:
    octocat = room.enter("Octocat")
    api = f"{labs.ADDRESS}{students.BASE}/api"
    kernel = octocat.post(f"{api}/kernels", json={"name": "python3"}).json()["id"]
    connection = room.open("Octocat", channels(kernel))
    assert students.Kernel(connection).run("print(6 * 7)").strip() == "42"
    line = f"run: octocat runs code in kernel {kernel}"
    labs.wait_until(lambda: line in room.said, "the line in the log")


def test_no_bytes_of_a_student_end_a_room(room: Classroom) -> None:
    """The others go on working, even after messages that upstream's decoders cannot read."""
    room.lab.expected += ["Uncaught exception", "message of hubot", "WebSocketClosedError"]
    room.lab.expected += ["No channel specified", "while proxying upgraded"]
    room.lab.expected += [
        "Dropped a binary message on the legacy",
        ": rejected a message of hubot: ",
    ]
    room.enter("Octocat")
    room.enter("hubot")
    path = room.room("Octocat", "fuzz.ipynb")
    ada = room.open("Octocat", path)
    ada.send(awareness.encode([Entry(101, 1, b"{}")]))
    kernel = room.people["hubot"].post(
        f"{labs.ADDRESS}{students.BASE}/api/kernels", json={"name": "python3"}
    )
    run = channels(kernel.json()["id"])
    evil: list[bytes | str] = [
        b"",
        b"\x00",
        b"\xff" * 9,
        b"\x07" * 100,
        b"\x01\x01\x01",
        b"\x02\xff\xff",
    ]
    evil += [b"\x00\x02\xff\xff\xff\xff\x0f", b"\x00\x00\x05aaaaa", b"\x00\x01\x03abc"]
    evil += ["text", "{}", "[" * 20000]
    api = f"{labs.ADDRESS}{students.BASE}/api"
    terminal = room.people["hubot"].post(f"{api}/terminals").json()["name"]
    for message in evil:
        terminals = f"terminals/websocket/{terminal}"
        for where in (path, run, terminals, "api/events/subscribe", page_socket.ADDRESS):
            with contextlib.suppress(ConnectionClosed, InvalidStatus, OSError):
                attacker = room.open("hubot", where)
                attacker.send(message)
                attacker.close()
    bob = room.open("hubot", path)
    ada.send(awareness.encode([Entry(101, 2, b'{"autosave":false}')]))
    labs.wait_until(lambda: collect(bob, 101).get("autosave") is False, "what ada has said")
