"""A student's links don't make the lab server read, list, write, move or delete anything
outside."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests import labs, students
from tests.container.test_faults import Class
from tests.container.test_rooms import NOTEBOOK, Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

LAB = f"{labs.ADDRESS}{students.BASE}"
API = f"{LAB}/api"
CONTENTS = f"{API}/contents"
VAULT = "/data/history/vault"
CANARY = "canary-3f1c"
REFUSED = "leads out of the class's files"
TOKEN = "JUPYTERHUB_API_TOKEN"
EXPECTED = (
    r"40[034] |409 |413 |wrote error|\[front\]|ServerApp\] delete /|is not trusted",
    r"Uncaught exception|HTTPError|Error initializing|server error for file|not found|Bad request",
    r"Task exception|Saving|Not saved|has no checkpoint|Trusting notebook|errors while watching",
)

MADE = f"""
mkdir -p {VAULT}/sub/.ipynb_checkpoints {VAULT}/lab
echo {CANARY} > {VAULT}/secret.txt
echo {CANARY} > {VAULT}/sub/secret.txt
echo '{{"cells": [{{"cell_type": "markdown", "id": "a", "metadata": {{}}, "source": "{CANARY}"}}],
  "metadata": {{}}, "nbformat": 4, "nbformat_minor": 5}}' > {VAULT}/secret.ipynb
cp {VAULT}/secret.ipynb {VAULT}/.ipynb_checkpoints-of
cp {VAULT}/secret.txt {VAULT}/sub/.ipynb_checkpoints/in-checkpoint.txt
chmod -R g+rwX {VAULT}; chown -R classroom:classroom {VAULT}
"""
LOOKED = f"cd {VAULT} && find . -printf '%p %m %U %G %s %T@ %C@\\n' | sort && cat secret.txt"

LINKS = f"""
import os
os.chdir("/home/classroom")
for link, target in {{
    "magic.txt": "/proc/self/environ",
    "thread.txt": "/proc/thread-self/environ",
    "file.txt": "{VAULT}/secret.txt",
    "file.ipynb": "{VAULT}/secret.ipynb",
    "relative.txt": "../history/vault/secret.txt",
    "folder": "{VAULT}",
    "chain": "folder",
    "up": "..",
    "back": "/data/files/../history/vault",
    "root": "/proc/self/root",
    "gone.txt": "{VAULT}/absent.txt",
    "gone": "{VAULT}/absent",
}}.items():
    os.symlink(target, link)
os.mkdir("own")
open("own/inside.txt", "w").write("inside")
os.symlink("../up/history/vault/secret.txt", "own/deep.txt")
"""
FILES = {
    "a magic link": "magic.txt",
    "another magic link": "thread.txt",
    "an absolute link": "file.txt",
    "a relative link": "relative.txt",
    "a folder on the way": "folder/secret.txt",
    "a folder in it": "folder/sub/secret.txt",
    "a link to a link": "chain/secret.txt",
    "a link to the parent": "up/history/vault/secret.txt",
    "a link from deeper": "own/deep.txt",
    "a way back out": "back/secret.txt",
    "a magic folder": f"root{VAULT}/secret.txt",
    "a notebook": "file.ipynb",
    "a notebook in a folder": "folder/secret.ipynb",
}
FOLDERS = ("folder", "chain", "up/history/vault", "back", "folder/sub", f"root{VAULT}", "up")


@pytest.fixture(scope="module")
def there() -> Iterator[Class]:
    with labs.start(plain=True, expected=EXPECTED) as lab:
        lab.wait_healthy()
        assert lab.run("sh", "-c", MADE)[0] == 0
        with students.signed_in(lab) as client:
            yield Class(lab, client)


@pytest.fixture(scope="module")
def kernel(there: Class) -> students.Kernel:
    made = there.client.post(f"{API}/kernels")
    assert made.is_success, made.text
    found = there.kernel(made.json()["id"])
    assert found.run(LINKS) == ""
    return found


@pytest.fixture
def vault(there: Class, kernel: students.Kernel) -> Iterator[str]:
    """A file outside the class's folder; check afterwards that it is unchanged, with its times."""
    del kernel
    before = there.lab.shown("sh", "-c", LOOKED)
    assert CANARY in before
    yield VAULT
    assert there.lab.shown("sh", "-c", LOOKED) == before


def text(content: str) -> dict[str, Any]:
    return {"type": "file", "format": "text", "content": content}


READING: dict[str, Any] = {
    "read": lambda client, path: client.get(f"{CONTENTS}/{path}"),
    "read as a file": lambda client, path: client.get(f"{CONTENTS}/{path}?type=file&format=base64"),
    "look": lambda client, path: client.get(f"{CONTENTS}/{path}?content=0"),
    "hash": lambda client, path: client.get(f"{CONTENTS}/{path}?content=0&hash=1&type=file"),
    "download": lambda client, path: client.get(f"{LAB}/files/{path}"),
    "download a part": lambda client, path: client.get(
        f"{LAB}/files/{path}", headers={"Range": "bytes=0-20"}
    ),
    "head": lambda client, path: client.head(f"{LAB}/files/{path}"),
    "view": lambda client, path: client.get(f"{LAB}/view/{path}"),
    "export": lambda client, path: client.get(f"{LAB}/nbconvert/html/{path}"),
    "export the source": lambda client, path: client.get(f"{LAB}/nbconvert/script/{path}"),
    "trust": lambda client, path: client.post(f"{CONTENTS}/{path}/trust"),
    "check in": lambda client, path: client.post(f"{CONTENTS}/{path}/checkpoints"),
    "copy": lambda client, path: client.post(f"{CONTENTS}/own", json={"copy_from": path}),
}
WRITING: dict[str, Any] = {
    "save": lambda client, path: client.put(f"{CONTENTS}/{path}", json=text("mine")),
    "save a notebook": lambda client, path: client.put(
        f"{CONTENTS}/{path}", json={"type": "notebook", "format": "json", "content": NOTEBOOK}
    ),
    "upload": lambda client, path: client.put(
        f"{CONTENTS}/{path}", json={**text("mine"), "chunk": 1}
    ),
    "upload more": lambda client, path: client.put(
        f"{CONTENTS}/{path}", json={**text("mine"), "chunk": -1}
    ),
    "go back": lambda client, path: client.post(f"{CONTENTS}/{path}/checkpoints/checkpoint"),
    "forget": lambda client, path: client.delete(f"{CONTENTS}/{path}/checkpoints/checkpoint"),
}
INTO: dict[str, Any] = {
    "list": lambda client, path: client.get(f"{CONTENTS}/{path}"),
    "look": lambda client, path: client.get(f"{CONTENTS}/{path}?content=0"),
    "new": lambda client, path: client.post(f"{CONTENTS}/{path}", json={"type": "file"}),
    "new notebook": lambda client, path: client.post(
        f"{CONTENTS}/{path}", json={"type": "notebook"}
    ),
    "new folder": lambda client, path: client.put(
        f"{CONTENTS}/{path}/made", json={"type": "directory"}
    ),
    "save": lambda client, path: client.put(f"{CONTENTS}/{path}/mine.txt", json=text("mine")),
    "upload": lambda client, path: client.put(
        f"{CONTENTS}/{path}/mine.txt", json={**text("mine"), "chunk": 1}
    ),
    "copy into": lambda client, path: client.post(
        f"{CONTENTS}/{path}", json={"copy_from": "own/inside.txt"}
    ),
    "copy a folder into": lambda client, path: client.post(
        f"{CONTENTS}/{path}", json={"copy_from": "own"}
    ),
    "copy the folder": lambda client, path: client.post(
        f"{CONTENTS}/own", json={"copy_from": path}
    ),
    "move into": lambda client, path: client.patch(
        f"{CONTENTS}/own/inside.txt", json={"path": f"{path}/inside.txt"}
    ),
    "move out": lambda client, path: client.patch(
        f"{CONTENTS}/{path}/secret.txt", json={"path": "own/out.txt"}
    ),
    "rename there": lambda client, path: client.patch(
        f"{CONTENTS}/{path}/secret.txt", json={"path": f"{path}/other.txt"}
    ),
    "delete there": lambda client, path: client.delete(f"{CONTENTS}/{path}/secret.txt"),
    "delete a folder there": lambda client, path: client.delete(f"{CONTENTS}/{path}/sub"),
}


def is_refused(answer: httpx.Response) -> bool:
    """Say whether an answer is an error; check that it reveals nothing from outside."""
    assert CANARY not in answer.text
    assert TOKEN not in answer.text
    asked = f"{answer.request.url.path} {answer.request.content.decode()}"
    assert "secret.txt" not in answer.text or (answer.is_error and "secret.txt" in asked)
    return answer.is_error


@pytest.mark.parametrize("how", READING)
@pytest.mark.usefixtures("vault")
def test_nothing_outside_is_read(there: Class, how: str) -> None:
    for kind, where in FILES.items():
        answer = READING[how](there.client, where)
        assert is_refused(answer), (kind, answer.text)


@pytest.mark.parametrize("how", WRITING)
@pytest.mark.usefixtures("vault")
def test_nothing_outside_is_written(there: Class, how: str) -> None:
    for kind, where in FILES.items():
        assert is_refused(WRITING[how](there.client, where)), kind


@pytest.mark.parametrize("how", INTO)
@pytest.mark.usefixtures("vault")
def test_no_folder_outside_is_entered(there: Class, how: str) -> None:
    for where in FOLDERS:
        assert is_refused(INTO[how](there.client, where)), where
    assert there.client.get(f"{CONTENTS}/own/inside.txt").json()["content"] == "inside"


@pytest.mark.parametrize("how", READING | WRITING)
@pytest.mark.usefixtures("vault")
def test_nobody_learns_whether_there_is_something_outside(there: Class, how: str) -> None:
    """A link to an existing file and one to a missing file get the same answer."""
    act = (READING | WRITING)[how]
    for has, has_not in (("file.txt", "gone.txt"), ("folder/secret.txt", "gone/secret.txt")):
        answers = [act(there.client, path) for path in (has, has_not)]
        assert answers[0].status_code == answers[1].status_code
        told = [
            answer.text.replace(path.split("/")[0], "LINK")
            for answer, path in zip(answers, (has, has_not), strict=True)
        ]
        assert told[0] == told[1]


@pytest.mark.parametrize(
    "path",
    [f"{VAULT}/secret.txt", "folder/secret.txt", "../history/vault/secret.txt", "file.txt"],
)
def test_no_path_outside_is_resolved(there: Class, kernel: students.Kernel, path: str) -> None:
    assert kernel.run("open('/data/files/own/resolved.txt', 'w').close()") == ""
    ident = there.client.get(f"{API}/kernels").json()[0]["id"]
    asked = {"kernel": ident, "path": path}
    scopes = there.client.get(f"{API}/resolvePath", params=asked).json()["resolved"]
    assert [one for one in scopes if one["scope"] == "kernel"] == []
    asked["path"] = "/home/classroom/own/resolved.txt"
    found = there.client.get(f"{API}/resolvePath", params=asked).json()["resolved"]
    assert {"scope": "kernel", "path": "/data/files/own/resolved.txt"} in found


@pytest.mark.usefixtures("vault")
def test_what_is_listed_says_nothing_of_what_a_link_leads_to(there: Class) -> None:
    listed = there.client.get(CONTENTS).json()["content"]
    found = {one["name"]: one for one in listed}
    for link in ("magic.txt", "file.txt", "gone.txt", "folder", "gone"):
        one = found[link]
        assert (one["type"], one["writable"]) == ("file", False)
    sizes = {link: found[link]["size"] for link in ("file.txt", "gone.txt")}
    assert sizes == {"file.txt": len(f"{VAULT}/secret.txt"), "gone.txt": len(f"{VAULT}/absent.txt")}


@pytest.mark.usefixtures("vault")
def test_who_opens_such_a_link_reads_why_not(there: Class) -> None:
    for answer in (
        there.client.get(f"{CONTENTS}/file.txt?content=0"),
        there.client.put(f"{CONTENTS}/file.txt", json=text("mine")),
    ):
        assert answer.status_code == 403
        message = answer.json()["message"]
        assert "“file.txt” is a link" in message
        assert REFUSED in message
        assert VAULT not in message


@pytest.mark.parametrize("where", ["file.ipynb", "folder/secret.ipynb", "magic.txt", "file.txt"])
@pytest.mark.usefixtures("vault")
def test_no_room_is_made_of_what_is_outside(there: Class, where: str) -> None:
    kind = ("json", "notebook") if where.endswith(".ipynb") else ("text", "file")
    body = dict(zip(("format", "type"), kind, strict=True))
    found = there.client.put(f"{API}/collaboration/session/{where}", json=body)
    assert is_refused(found) or "fileId" in found.json()
    if found.is_error:
        return
    ident, session = found.json()["fileId"], found.json()["sessionId"]
    way = f"api/collaboration/room/{':'.join(kind)}:{ident}?sessionId={session}"
    heard = b""
    with contextlib.suppress(ConnectionClosed, InvalidStatus):
        page = Page.__new__(Page)
        page.connection = students.open_socket(there.client, there.lab, way)
        while True:
            message = page.connection.recv(timeout=60)
            heard += message if isinstance(message, bytes) else message.encode()
    assert CANARY.encode() not in heard
    assert TOKEN.encode() not in heard


@pytest.mark.usefixtures("vault")
def test_a_room_whose_file_becomes_a_link_saves_nothing_outside(
    there: Class, kernel: students.Kernel
) -> None:
    name = "turned.txt"
    assert there.client.put(f"{CONTENTS}/{name}", json=text("begun")).is_success
    page = open_text(there, name)
    page.write("typed ")
    labs.wait_until(lambda: "typed" in there.client.get(f"{CONTENTS}/{name}").text, "a save")
    turn = f"import os; os.remove('{name}'); os.symlink('{VAULT}/secret.txt', '{name}')"
    assert kernel.run(turn) == ""
    page.write("more ")
    # The lab tries to save within one interval; `vault` compares the outside at the end.
    labs.wait_until(lambda: f"Not saved: “{name}”" in there.lab.log, "the try")
    page.listen()
    looked = there.client.get(f"{CONTENTS}/{name}")
    assert looked.status_code == 403
    # The lab checks the open files one after another. Once it has found two changes of another
    # file, of which the second was made after it had found the first, it has checked all of them.
    assert there.client.put(f"{CONTENTS}/beside.txt", json=text("begun")).is_success
    beside = open_text(there, "beside.txt")
    for word in ("first", "second"):
        assert kernel.run(f"_ = open('beside.txt', 'w').write('{word}')") == ""
        labs.wait_until(partial(shows, beside, word), f"{word} in the other one")
        page.listen()
        assert CANARY not in page.text()
    assert kernel.run(f"import os; os.remove('{name}')") == ""


def open_text(there: Class, name: str) -> Written:
    """Open a text file's room as a page does."""
    body = {"format": "text", "type": "file"}
    found = there.client.put(f"{API}/collaboration/session/{name}", json=body).json()
    way = f"api/collaboration/room/text:file:{found['fileId']}?sessionId={found['sessionId']}"
    return Written(students.open_socket(there.client, there.lab, way))


def shows(page: Written, text: str) -> bool:
    """Say whether a page shows a text by now."""
    page.listen()
    return page.text() == text


class Written:
    """A page's copy of a text document."""

    def __init__(self, connection: Any) -> None:
        from pycrdt import Doc, Text, create_sync_message  # noqa: PLC0415

        self.connection, self.doc = connection, Doc[Any]()
        self.source: Any = self.doc.get("source", type=Text)
        connection.send(create_sync_message(self.doc))
        end = time.monotonic() + 20
        while not str(self.source):
            assert time.monotonic() < end
            self.hear(connection.recv(timeout=60))

    def hear(self, message: Any) -> None:
        from pycrdt import handle_sync_message  # noqa: PLC0415

        if message[0] == 0 and (reply := handle_sync_message(message[1:], self.doc)):
            self.connection.send(reply)

    def write(self, letters: str) -> None:
        from pycrdt import create_update_message  # noqa: PLC0415

        updates: list[bytes] = []
        watching = self.doc.observe(lambda event: updates.append(event.update))
        self.source.insert(len(str(self.source)), letters)
        self.doc.unobserve(watching)
        for update in updates:
            self.connection.send(create_update_message(update))

    def listen(self) -> None:
        """Apply the next message, if one comes soon.

        Raises:
            ConnectionClosed: the lab has closed the connection.
        """
        with contextlib.suppress(TimeoutError):
            self.hear(self.connection.recv(timeout=0.2))

    def text(self) -> str:
        return str(self.source)


@pytest.mark.parametrize("folder", ["folder", "up", "root", VAULT, "../history/vault", "/etc"])
def test_kernels_and_terminals_start_nowhere_outside(there: Class, folder: str) -> None:
    """The folder where they start instead does not reveal whether the other one exists."""
    made = there.client.post(f"{API}/kernels", json={"path": folder})
    assert made.is_success, made.text
    ident = made.json()["id"]
    where = there.kernel(ident).run("import os; print(os.getcwd())")
    there.client.delete(f"{API}/kernels/{ident}")
    assert where == "/data/files\n"
    name = there.client.post(f"{API}/terminals", json={"cwd": folder}).json()["name"]
    socket = students.open_socket(there.client, there.lab, f"terminals/websocket/{name}")
    shown = students.Terminal(socket).run("pwd -P")
    socket.close()
    assert "/data/files\r\n" in shown


@pytest.mark.usefixtures("vault")
def test_the_folders_that_the_lab_makes_beside_files_lead_nowhere(
    there: Class, kernel: students.Kernel
) -> None:
    code = f"""
import os, shutil
os.makedirs("beside", exist_ok=True); open("beside/in.txt", "w").write("mine")
os.symlink("{VAULT}/sub/.ipynb_checkpoints", "beside/.ipynb_checkpoints")
shutil.rmtree(".local", ignore_errors=True)
os.symlink("{VAULT}", ".local")
"""
    assert kernel.run(code) == ""
    client = there.client
    assert client.get(f"{CONTENTS}/beside/in.txt/checkpoints").json() == []
    for act in (WRITING["go back"], WRITING["forget"], READING["check in"]):
        assert is_refused(act(client, "beside/in.txt"))
    saved = client.put(
        f"{CONTENTS}/beside/n.ipynb",
        json={"type": "notebook", "format": "json", "content": NOTEBOOK},
    )
    assert saved.is_success, "a notebook is saved, with a checkpoint or without"
    assert is_refused(client.delete(f"{CONTENTS}/beside/in.txt")), "the trash is no link"
    assert client.get(f"{CONTENTS}/beside/in.txt").json()["content"] == "mine"
    assert kernel.run("import os; os.remove('.local')") == ""
    assert client.delete(f"{CONTENTS}/beside/in.txt").status_code == 204


def test_no_template_of_a_students_is_run(there: Class, kernel: students.Kernel) -> None:
    """A template is a program: the lab server would run it during the next export."""
    code = """
import json, os
for place in ("", "nbconvert/templates/", "share/jupyter/nbconvert/templates/"):
    os.makedirs(place + "lab", exist_ok=True)
    json.dump({"mimetypes": {"text/html": True}}, open(place + "lab/conf.json", "w"))
    for name in ("index", "base"):
        open(place + f"lab/{name}.html.j2", "w").write("trapped {{ 6 * 7 }}")
"""
    assert kernel.run(code) == ""
    body = {"type": "notebook", "format": "json", "content": NOTEBOOK}
    assert there.client.put(f"{CONTENTS}/export.ipynb", json=body).is_success
    exported = there.client.get(f"{LAB}/nbconvert/html/export.ipynb")
    assert exported.status_code == 200, exported.text
    assert "trapped" not in exported.text
    assert "<title>export</title>" in exported.text
    assert kernel.run("import shutil; [shutil.rmtree(n) for n in ('lab', 'nbconvert')]") == ""


def test_pipes_and_sockets_hold_nobody_up(there: Class, kernel: students.Kernel) -> None:
    code = """
import os, socket
os.makedirs("odd", exist_ok=True)
os.mkfifo("odd/pipe.txt")
socket.socket(socket.AF_UNIX).bind("odd/socket.txt")
os.symlink("pipe.txt", "odd/link.txt")
"""
    assert kernel.run(code) == ""
    assert there.client.get(f"{CONTENTS}/odd").json()["content"] == []
    for name in ("pipe.txt", "socket.txt", "link.txt"):
        for how in ("read", "hash", "download", "view", "check in", "copy"):
            assert READING[how](there.client, f"odd/{name}").is_error, (how, name)
        for how in ("save", "upload", "upload more"):
            assert WRITING[how](there.client, f"odd/{name}").is_error, (how, name)
    assert there.client.get(f"{API}/me").status_code == 200


LONG = """
import os
os.makedirs("long/d", exist_ok=True)
os.chdir("long")
open("end", "w").close()
for way in range(100):
    for number in range(39):
        os.symlink("d/../" * 800 + f".x{way}.{number + 1}", f".x{way}.{number}")
    os.symlink("end", f".x{way}.39")
    os.symlink(f".x{way}.0", f"x{way}")
os.chdir("..")
"""


def test_links_with_long_ways_hold_nobody_up(there: Class, kernel: students.Kernel) -> None:
    """Each took the server a third of a second, for each page's list, every few seconds."""
    assert kernel.run(LONG) == ""
    begun = time.monotonic()
    for _ in range(3):
        listed = there.client.get(f"{CONTENTS}/long").json()["content"]
        assert {"d", "end"} <= {one["name"] for one in listed}
    assert time.monotonic() - begun < 30, "without a bound: 33 seconds each"
    assert kernel.run("import shutil; shutil.rmtree('long')") == ""


STOPPING = """
import os, signal, subprocess, sys
os.makedirs("shut", exist_ok=True)
for number in range(20):
    open(f"shut/{number}.txt", "w").write("x")
    os.chmod(f"shut/{number}.txt", 0o400)
code = '''
import os, signal, time
time.sleep(1)
end = time.monotonic() + 12
while time.monotonic() < end:
    os.kill(-1, signal.SIGSTOP)
    time.sleep(0.001)
while time.monotonic() < end + 12:
    os.kill(-1, signal.SIGCONT)
    time.sleep(0.1)
'''
subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
"""


def is_stopped(there: Class) -> bool:
    """Say whether a student's program is stopped."""
    states = [there.lab.process(pid)["State"] for pid in there.lab.pids("ipykernel", "student")]
    return any(state.startswith("T") for state in states)


def test_who_stops_the_opening_of_files_stops_nobody_else(
    there: Class, kernel: students.Kernel
) -> None:
    """The process that opens everybody's files runs as `student`, so students can stop it."""
    assert kernel.run(STOPPING) == ""
    labs.wait_until(lambda: is_stopped(there), "that it stops others")
    with ThreadPoolExecutor(20) as pool:
        asked = [
            pool.submit(there.client.get, f"{CONTENTS}/shut/{number}.txt", timeout=60)
            for number in range(20)
        ]
        took: list[float] = []
        while not all(one.done() for one in asked) or len(took) < 20:
            begun = time.monotonic()
            assert there.client.put(f"{CONTENTS}/other.txt", json=text("saved")).is_success
            assert there.client.get(f"{CONTENTS}/other.txt").json()["content"] == "saved"
            took.append(time.monotonic() - begun)
    assert max(took) < 10, "they were stopped for twelve seconds"
    assert kernel.run("print(1 + 1)").strip() == "2", "it goes on when it is let"
    assert there.client.delete(f"{CONTENTS}/shut/1.txt").status_code == 204


# ── While the path is being followed ───────────────────────────────────────────────────────

RACE = """
import ctypes, os, threading, time
libc = ctypes.CDLL(None, use_errno=True)
os.makedirs("race", exist_ok=True)
open("race/secret.txt", "w").write("inside")
os.symlink(%r, "race.link")
ended, swaps = threading.Event(), 0
def swap():
    global swaps
    end = time.monotonic() + 60
    while not ended.is_set() and time.monotonic() < end:
        if libc.renameat2(-100, b"race", -100, b"race.link", 2) == 0:
            swaps += 1
thread = threading.Thread(target=swap)
thread.start()
"""
END = """
ended.set(); thread.join()
if os.path.islink("race"):
    libc.renameat2(-100, b"race", -100, b"race.link", 2)
os.remove("race.link"); import shutil; shutil.rmtree("race")
print(swaps)
"""


@pytest.mark.parametrize("what", ["read", "download", "hash", "list", "save", "move", "new"])
@pytest.mark.usefixtures("vault")
def test_a_folder_that_is_exchanged_for_a_link_all_the_time(
    there: Class, kernel: students.Kernel, what: str
) -> None:
    assert kernel.run(RACE % VAULT) == ""
    client, done = there.client, 0
    end = time.monotonic() + 12
    for turn in range(400):
        if time.monotonic() > end:
            break
        if what in READING:
            answer = READING[what](client, "race/secret.txt")
        elif what == "list":
            answer = client.get(f"{CONTENTS}/race")
            assert "sub" not in answer.text.replace("substitute", "")
        elif what == "save":
            answer = client.put(f"{CONTENTS}/race/secret.txt", json=text("inside"))
        elif what == "move":
            name = ("secret.txt", "other.txt")[turn % 2]
            other = ("other.txt", "secret.txt")[turn % 2]
            answer = client.patch(f"{CONTENTS}/race/{name}", json={"path": f"race/{other}"})
        else:
            answer = client.put(f"{CONTENTS}/race/{uuid.uuid4().hex}", json=text("new"))
        assert CANARY not in answer.text
        done += answer.is_success
    assert int(kernel.run(END)) > 1000, "the test looks at nothing"
    assert done, "nothing was done in the folder itself, either"


# ── Links that stay inside ─────────────────────────────────────────────────────────────────

INSIDE = {
    "a file beside it": ("in.txt", "home/real.txt"),
    "by an absolute path": ("in.txt", "/home/classroom/home/real.txt"),
    "by the volume's path": ("in.txt", "/data/files/home/real.txt"),
    "a folder": ("in", "home"),
    "up and down": ("home/in.txt", "../home/../home/real.txt"),
    "a folder by an absolute path": ("far", "/home/classroom/home"),
}


@pytest.mark.parametrize("link", INSIDE.values(), ids=INSIDE)
def test_links_that_stay_inside_go_on_working(
    there: Class, kernel: students.Kernel, link: tuple[str, str]
) -> None:
    name, target = link
    code = f"""
import os, shutil
shutil.rmtree("home", ignore_errors=True); os.makedirs("home")
open("home/real.txt", "w").write("begun")
os.chmod("home/real.txt", 0o775)
os.symlink({target!r}, {name!r})
"""
    assert kernel.run(code) == ""
    client = there.client
    path = name if name.endswith(".txt") else f"{name}/real.txt"
    assert client.get(f"{CONTENTS}/{path}").json()["content"] == "begun"
    assert client.get(f"{LAB}/files/{path}").text == "begun"
    part = client.get(f"{LAB}/files/{path}", headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.text) == (206, "eg")
    parent = path.rpartition("/")[0]
    assert path.rpartition("/")[2] in client.get(f"{CONTENTS}/{parent}").text
    assert client.put(f"{CONTENTS}/{path}", json=text("saved")).is_success
    body = {"format": "text", "type": "file"}
    found = client.put(f"{API}/collaboration/session/{path}", json=body).json()
    way = f"api/collaboration/room/text:file:{found['fileId']}?sessionId={found['sessionId']}"
    page = Written(students.open_socket(client, there.lab, way))
    page.write(", typed")
    read = "cat /data/files/home/real.txt; stat -c %a /data/files/home/real.txt"
    labs.wait_until(
        lambda: there.lab.run("sh", "-c", read)[1] == "saved, typed775\n", "the target's save"
    )
    page.connection.close()
    assert kernel.run(f"print(os.path.islink({name!r}))") == "True\n", "a link stays one"
    assert client.post(f"{CONTENTS}/{path}/checkpoints").status_code == 201
    moved = f"{name}.moved"
    assert client.patch(f"{CONTENTS}/{name}", json={"path": moved}).is_success
    assert client.delete(f"{CONTENTS}/{moved}").status_code == 204
    assert kernel.run("print(open('home/real.txt').read())") == "saved, typed\n"


@pytest.mark.usefixtures("vault")
def test_a_link_that_leads_out_can_be_renamed_and_deleted(
    there: Class, kernel: students.Kernel
) -> None:
    assert kernel.run(f"import os; os.symlink('{VAULT}', 'away')") == ""
    moved = there.client.patch(f"{CONTENTS}/away", json={"path": "far"})
    assert moved.status_code == 200, moved.text
    assert (moved.json()["type"], moved.json()["writable"]) == ("file", False)
    assert kernel.run("print(os.readlink('far'))") == f"{VAULT}\n"
    assert there.client.delete(f"{CONTENTS}/far").status_code == 204
    assert json.loads(kernel.run("import json; print(json.dumps(os.path.lexists('far')))")) is False
