"""Every failure that people can cause with files, kernels and terminals, as requests of a page.

`docs/operate/messages.md` has the sentence for each; `test_failures.py` compares the two.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from tests.labs import Lab

FOLDER = "fail"
NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
LONG = "ä" * 130

MESS = """
import json, os, pathlib, socket
here = pathlib.Path("/data/files/fail")
here.mkdir(exist_ok=True)
os.chmod(here, 0o2775)
os.chdir(here)
pathlib.Path("there.txt").write_text("there")
pathlib.Path("other.txt").write_text("other")
pathlib.Path("50% done.txt").write_text("fifty")
pathlib.Path("latin.txt").write_bytes(b"caf\\xe9")
pathlib.Path("broken.ipynb").write_text('{"cells": 5')
pathlib.Path("good.ipynb").write_text(NOTEBOOK)
pathlib.Path("list.ipynb").write_text("[1, 2]")
pathlib.Path("empty.ipynb").write_text("")
pathlib.Path("blank.ipynb").write_text("\\n  \\n")
page = '<!DOCTYPE html>\\n<html lang="en">\\n<title>notebooks/page.ipynb at main</title>\\n'
pathlib.Path("page.ipynb").write_text(page)
page = "\\n<!-- saved from url=(0020)https://site.test/ -->\\n<HTML>"
pathlib.Path("old-page.ipynb").write_text(page)
pathlib.Path("picture.png").write_bytes(bytes(range(256)))
with open("large.csv", "wb") as stream:
    stream.truncate(300 << 20)
with open("large.ipynb", "wb") as stream:
    stream.truncate(60 << 20)
outputs = [{"output_type": "stream", "name": "stdout", "text": ""}] * 50001
cell = {"cell_type": "code", "source": "", "metadata": {}, "outputs": outputs}
cells = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
pathlib.Path("many.ipynb").write_text(json.dumps(cells))
os.mkdir("folder")
pathlib.Path("folder/.hidden").write_text("x")
pathlib.Path("folder/inner.txt").write_text("x")
os.symlink("/etc/passwd", "out.txt")
os.symlink("/etc", "outer")
os.symlink("round.txt", "round.txt")
os.symlink("nowhere.txt", "dangling.txt")
os.mkfifo("pipe")
socket.socket(socket.AF_UNIX).bind("socket")
os.mkdir("shut")
pathlib.Path("shut/inner.txt").write_text("x")
pathlib.Path("shut.txt").write_text("x")
"""
"""Creates, as `student`, the files that the attempts fail on, in the class's folder."""

SHUT = """
import os, pathlib
os.chdir("/data/files/fail")
for name in ("shut/inner.txt", "shut.txt", "shut"):
    os.chown(name, 0, 0)
    os.chmod(name, 0o700)
"""
"""Makes some of them inaccessible for everybody, as root."""


@dataclass(frozen=True)
class Attempt:
    """A request of a page.

    Attributes:
        method: the HTTP method.
        path: the path below the lab's address.
        body: the request's JSON body.
        query: the address's query.
        who: the person who sends it.
        raw: the request's body if it isn't JSON.
    """

    method: str
    path: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    who: str = "ada"
    raw: bytes | None = None


def make_mess(lab: Lab) -> None:
    """Create what the attempts fail on: as a student, and as root what students can't create."""
    mess = f"NOTEBOOK = {NOTEBOOK!r}\n{MESS}"
    assert lab.run("python3", "-c", mess, user="student") == (0, "")
    assert lab.run("python3", "-c", SHUT) == (0, "")


def contents(path: str) -> str:
    return f"api/contents/{quote(f'{FOLDER}/{path}'.rstrip('/'))}"


def opened(path: str, kind: str = "file", form: str = "text") -> Attempt:
    return Attempt("GET", contents(path), query={"type": kind, "format": form, "content": "1"})


def notebook(path: str) -> Attempt:
    return Attempt("GET", contents(path), query={"type": "notebook", "content": "1"})


def listed(path: str) -> Attempt:
    return Attempt("GET", contents(path), query={"type": "directory", "content": "1"})


def document(path: str) -> Attempt:
    asked = {"format": "text", "type": "file"}
    return Attempt("PUT", f"api/collaboration/session/{quote(f'{FOLDER}/{path}')}", asked)


def saved(path: str, content: Any = "text", **more: Any) -> Attempt:
    model = {"type": "file", "format": "text", "content": content}
    return Attempt("PUT", contents(path), {**model, **more})


def uploaded(path: str, chunk: int | None = None, data: bytes = b"data", **more: Any) -> Attempt:
    content = base64.b64encode(data).decode()
    model = {"type": "file", "format": "base64", "content": content, **more}
    return Attempt("PUT", contents(path), model if chunk is None else {**model, "chunk": chunk})


def renamed(old: str, new: str) -> Attempt:
    return Attempt("PATCH", contents(old), {"path": f"{FOLDER}/{new}"})


def deleted(path: str) -> Attempt:
    return Attempt("DELETE", contents(path))


def created(path: str, kind: str = "notebook") -> Attempt:
    return Attempt("POST", contents(path), {"type": kind})


def copied(path: str, into: str = "") -> Attempt:
    return Attempt("POST", contents(into), {"copy_from": f"{FOLDER}/{path}"})


def downloaded(path: str) -> Attempt:
    return Attempt("GET", f"files/{quote(f'{FOLDER}/{path}')}", query={"download": "1"})


def exported(path: str, form: str = "html") -> Attempt:
    return Attempt("GET", f"nbconvert/{form}/{quote(f'{FOLDER}/{path}')}")


def checkpoint(path: str, method: str = "POST", ident: str = "") -> Attempt:
    return Attempt(method, f"{contents(path)}/checkpoints{ident and f'/{ident}'}")


def session(path: str, kernel: Any = "python3", kind: str = "notebook", **more: Any) -> Attempt:
    kernel = {"name": kernel} if isinstance(kernel, str) else kernel
    model = {"path": f"{FOLDER}/{path}", "name": path, "type": kind, "kernel": kernel, **more}
    return Attempt("POST", "api/sessions", model)


NOBODY = "00000000-0000-4000-8000-000000000000"
VIEWER = "bob"


def as_viewer(attempt: Attempt) -> Attempt:
    return Attempt(attempt.method, attempt.path, attempt.body, attempt.query, VIEWER, attempt.raw)


ATTEMPTS: dict[tuple[str, str], Attempt] = {
    ("open", "there is no such file"): opened("gone.txt"),
    ("look at", "there is no such file"): Attempt(
        "GET", contents("gone.txt"), query={"content": "0"}
    ),
    ("look at", "a hidden file"): Attempt(
        "GET", contents("folder/.hidden"), query={"content": "0"}
    ),
    ("open", "a percent sign in its name"): opened("gone 50%.txt"),
    ("open", "there is no such notebook"): notebook("gone.ipynb"),
    ("open", "there is no such folder"): listed("gone"),
    ("open", "a file where a folder is expected"): listed("there.txt"),
    ("open", "a file on the way"): opened("there.txt/inner.txt"),
    ("open", "a folder where a file is expected"): opened("folder"),
    ("open", "a folder where a notebook is expected"): notebook("folder"),
    ("open", "its permissions"): opened("shut.txt"),
    ("open", "its folder's permissions"): opened("shut/inner.txt"),
    ("open", "a folder's permissions"): listed("shut"),
    ("open", "no text"): opened("latin.txt"),
    ("open", "a notebook of broken JSON"): notebook("broken.ipynb"),
    ("open", "a notebook that is a list"): notebook("list.ipynb"),
    ("open", "a text as notebook"): notebook("there.txt"),
    ("open", "an empty notebook"): notebook("empty.ipynb"),
    ("open", "a web page as notebook"): notebook("page.ipynb"),
    ("open", "a large file"): opened("large.csv"),
    ("open", "a large notebook"): notebook("large.ipynb"),
    ("open", "a notebook of many outputs"): notebook("many.ipynb"),
    ("open", "a link that leads out"): opened("out.txt"),
    ("open", "a folder's link that leads out"): opened("outer/passwd"),
    ("open", "a link in circles"): opened("round.txt"),
    ("open", "a link that leads nowhere"): opened("dangling.txt"),
    ("open", "a pipe"): opened("pipe"),
    ("open", "a socket"): opened("socket"),
    ("open", "a hidden file"): opened("folder/.hidden"),
    ("open", "a name that is too long"): opened(f"{LONG}.txt"),
    ("open", "a path above the files"): Attempt("GET", "api/contents/..%2f..%2fetc"),
    ("a program opens together", "no body"): Attempt(
        "PUT", f"api/collaboration/session/{FOLDER}/there.txt", raw=b""
    ),
    ("a program opens together", "no object"): Attempt(
        "PUT", f"api/collaboration/session/{FOLDER}/there.txt", []
    ),
    ("a program opens together", "another format"): Attempt(
        "PUT",
        f"api/collaboration/session/{FOLDER}/there.txt",
        {"format": "json", "type": "file"},
    ),
    ("a program opens together", "an unknown kind"): Attempt(
        "PUT", f"api/collaboration/session/{FOLDER}/there.txt", {"format": 1, "type": [1]}
    ),
    ("save", "its folder is gone"): saved("gone/new.txt"),
    ("save", "a folder has the name"): saved("folder"),
    ("save", "a file on the way"): saved("there.txt/new.txt"),
    ("save", "its permissions"): saved("shut/inner.txt"),
    ("save", "a read-only place"): Attempt(
        "PUT", "api/contents/materials/new.txt", saved("x").body
    ),
    ("save", "a name that is too long"): saved(f"{LONG}.txt"),
    ("save", "a link that leads out"): saved("out.txt"),
    ("save", "a pipe"): saved("pipe"),
    ("save", "a hidden name"): saved(".new"),
    ("save", "a large file"): Attempt("PUT", contents("new.txt"), raw=b" " * (65 << 20)),
    ("a program saves", "no notebook"): saved("new.ipynb", 5, type="notebook", format="json"),
    ("a program saves", "a text as notebook"): saved(
        "new.ipynb", "text", type="notebook", format="json"
    ),
    ("a program saves", "no format"): saved("new.txt", format=None),
    ("a program saves", "no text"): saved("new.txt", 5),
    ("a program saves", "no JSON"): Attempt("PUT", contents("new.txt"), raw=b"{"),
    ("a program saves", "a list"): Attempt("PUT", contents("new.txt"), [1]),
    ("a program saves", "no kind"): saved("new.txt", type=[1]),
    ("a program uploads", "no base64"): uploaded("new.bin", content="!"),
    ("upload", "an interrupted upload"): uploaded("new.bin", 5),
    ("upload", "its folder is gone"): uploaded("gone/new.bin"),
    ("upload in pieces", "its folder is gone"): uploaded("gone/new.bin", 1),
    ("upload", "a folder has the name"): uploaded("folder", 1),
    ("upload", "its permissions"): uploaded("shut/new.bin", 1),
    ("upload", "a read-only place"): Attempt(
        "PUT", "api/contents/materials/new.bin", uploaded("x", 1).body
    ),
    ("upload", "a name that is too long"): uploaded(f"{LONG}.txt", 1),
    ("a program uploads", "a piece of a notebook"): uploaded("new.bin", 1, type="notebook"),
    ("rename", "there is no such file"): renamed("gone.txt", "new.txt"),
    ("rename", "the name is taken"): renamed("there.txt", "other.txt"),
    ("rename", "a folder has the name"): renamed("there.txt", "folder"),
    ("rename", "a name that is too long"): renamed("there.txt", f"{LONG}.txt"),
    ("rename", "a hidden name"): renamed("there.txt", ".there"),
    ("rename", "no name"): renamed("there.txt", "../.."),
    ("a program renames", "no text"): Attempt("PATCH", contents("there.txt"), {"path": 5}),
    ("a program renames", "no body"): Attempt("PATCH", contents("there.txt")),
    ("rename", "a name with a slash"): renamed("there.txt", "gone/there.txt"),
    ("rename", "a percent sign in its name"): renamed("50% done.txt", "other.txt"),
    ("move", "its folder's permissions"): renamed("shut/inner.txt", "inner.txt"),
    ("move", "into a folder without permission"): renamed("there.txt", "shut/there.txt"),
    ("move", "the folder is gone"): renamed("there.txt", "gone/there.txt"),
    ("move", "a folder into itself"): renamed("folder", "folder/folder"),
    ("move", "into a file"): renamed("there.txt", "other.txt/there.txt"),
    ("move", "into a link that leads out"): renamed("there.txt", "outer/there.txt"),
    ("move", "from a read-only place"): Attempt(
        "PATCH", "api/contents/materials/book.txt", {"path": "book.txt"}
    ),
    ("move", "into a read-only place"): Attempt(
        "PATCH", contents("there.txt"), {"path": "materials/there.txt"}
    ),
    ("move", "a read-only place itself"): Attempt(
        "PATCH", "api/contents/materials", {"path": "mine"}
    ),
    ("delete", "there is no such file"): deleted("gone.txt"),
    ("delete", "its folder's permissions"): deleted("shut/inner.txt"),
    ("delete", "a hidden file"): deleted("folder/.hidden"),
    ("delete", "everything"): Attempt("DELETE", "api/contents/"),
    ("delete", "a file of a read-only place"): Attempt("DELETE", "api/contents/materials/book.txt"),
    ("delete", "a read-only place"): Attempt("DELETE", "api/contents/materials"),
    ("new", "the folder is gone"): created("gone"),
    ("new", "the folder's permissions"): created("shut"),
    ("new", "a file where a folder is expected"): created("there.txt"),
    ("new", "a read-only place"): Attempt("POST", "api/contents/materials", {"type": "notebook"}),
    ("new folder", "a read-only place"): Attempt(
        "POST", "api/contents/materials", {"type": "directory"}
    ),
    ("a program makes", "an odd kind"): Attempt("POST", contents(""), {"type": ["x"]}),
    ("a program makes", "no text as ending"): Attempt(
        "POST", contents(""), {"type": "file", "ext": 5}
    ),
    ("copy", "there is no such file"): copied("gone.txt"),
    ("copy", "the folder is gone"): copied("there.txt", "gone"),
    ("copy", "its permissions"): copied("shut.txt"),
    ("copy", "into a folder without permission"): copied("there.txt", "shut"),
    ("copy", "a large file"): copied("large.csv"),
    ("copy", "a pipe"): copied("pipe"),
    ("copy", "a link that leads out"): copied("out.txt"),
    ("copy", "everything"): Attempt("POST", contents(""), {"copy_from": "/"}),
    ("copy", "a read-only place"): Attempt(
        "POST", "api/contents/materials", {"copy_from": "fail/there.txt"}
    ),
    ("a program copies", "no text"): Attempt("POST", contents(""), {"copy_from": 5}),
    ("copy", "a folder into itself"): copied("folder", "folder"),
    ("download", "there is no such file"): downloaded("gone.txt"),
    ("download", "a folder"): downloaded("folder"),
    ("download", "its permissions"): downloaded("shut.txt"),
    ("download", "a pipe"): downloaded("pipe"),
    ("download", "a link that leads out"): downloaded("out.txt"),
    ("download", "a hidden file"): downloaded("folder/.hidden"),
    ("download", "a percent sign in its name"): downloaded("gone 50%.txt"),
    ("export", "there is no such notebook"): exported("gone.ipynb"),
    ("export", "no notebook"): exported("broken.ipynb"),
    ("export", "its permissions"): exported("shut/inner.txt"),
    ("export", "a folder"): exported("folder"),
    ("export", "an unknown format"): exported("good.ipynb", "papyrus"),
    ("export", "a large notebook"): exported("large.ipynb"),
    ("export", "a link that leads out"): exported("out.txt"),
    ("checkpoint", "there is no such file"): checkpoint("gone.txt"),
    ("checkpoint", "its folder's permissions"): checkpoint("shut/inner.txt"),
    ("checkpoint", "a large file"): checkpoint("large.csv"),
    ("checkpoint", "a folder"): checkpoint("folder"),
    ("restore a checkpoint", "there is none"): checkpoint("there.txt", "POST", "checkpoint"),
    ("delete a checkpoint", "there is none"): checkpoint("there.txt", "DELETE", "checkpoint"),
    ("start a kernel", "it isn't installed"): session("good.ipynb", "fortran"),
    ("a program starts a kernel", "no name"): session("good.ipynb", {"name": 5}),
    ("a program starts a kernel", "no kernel"): session("good.ipynb", 5),
    ("a program starts a kernel", "no path"): Attempt("POST", "api/sessions", {"type": "notebook"}),
    ("a program starts a kernel", "no object"): Attempt("POST", "api/sessions", [1]),
    ("start a kernel", "it isn't installed, without a notebook"): Attempt(
        "POST", "api/kernels", {"name": "fortran"}
    ),
    ("change the kernel", "the notebook's session has ended"): Attempt(
        "PATCH", f"api/sessions/{NOBODY}", {"kernel": {"name": "python3"}}
    ),
    ("end a session", "it has ended"): Attempt("DELETE", f"api/sessions/{NOBODY}"),
    ("interrupt a kernel", "it has ended"): Attempt("POST", f"api/kernels/{NOBODY}/interrupt"),
    ("restart a kernel", "it has ended"): Attempt("POST", f"api/kernels/{NOBODY}/restart"),
    ("end a kernel", "it has ended"): Attempt("DELETE", f"api/kernels/{NOBODY}"),
    ("look at a kernel", "it has ended"): Attempt("GET", f"api/kernels/{NOBODY}"),
    ("a program starts a terminal", "no object"): Attempt("POST", "api/terminals", [1]),
    ("a program starts a terminal", "a name that isn't allowed"): Attempt(
        "POST", "api/terminals", {"name": "../x"}
    ),
    ("start a terminal", "a folder without permission"): Attempt(
        "POST", "api/terminals", {"cwd": "fail/shut"}
    ),
    ("end a terminal", "it has ended"): Attempt("DELETE", "api/terminals/77"),
    ("look at a terminal", "it has ended"): Attempt("GET", "api/terminals/77"),
    ("restore a snapshot", "not a tutor"): Attempt(
        "POST", "classroom/api/snapshots/x/restore", {"path": "x"}
    ),
    ("save", "view-only"): as_viewer(saved("there.txt")),
    ("upload", "view-only"): as_viewer(uploaded("new.bin", 1)),
    ("rename", "view-only"): as_viewer(renamed("there.txt", "new.txt")),
    ("delete", "view-only"): as_viewer(deleted("there.txt")),
    ("new", "view-only"): as_viewer(created("")),
    ("copy", "view-only"): as_viewer(copied("there.txt")),
    ("checkpoint", "view-only"): as_viewer(checkpoint("there.txt")),
    ("start a kernel", "its folder's permissions"): session("shut/inner.ipynb"),
    ("restore a checkpoint", "view-only"): as_viewer(checkpoint("there.txt", "POST", "checkpoint")),
    ("start a kernel", "view-only"): as_viewer(session("good.ipynb")),
    ("interrupt a kernel", "view-only"): as_viewer(
        Attempt("POST", f"api/kernels/{NOBODY}/interrupt")
    ),
    ("start a terminal", "view-only"): as_viewer(Attempt("POST", "api/terminals", {})),
}


ROOMS: dict[tuple[str, str], tuple[str, str, str]] = {
    ("open together", "there is no such file"): ("gone.txt", "text", "file"),
    ("open together", "a percent sign in its name"): ("gone 50%.txt", "text", "file"),
    ("open together", "a name that is too long"): (f"{LONG}.txt", "text", "file"),
    ("open together", "a link that leads out"): ("out.txt", "text", "file"),
    ("open together", "a link in circles"): ("round.txt", "text", "file"),
    ("open together", "its permissions"): ("shut/inner.txt", "text", "file"),
    ("open together", "a pipe"): ("pipe", "text", "file"),
    ("open together", "a folder"): ("folder", "text", "file"),
    ("open together", "no text"): ("latin.txt", "text", "file"),
    ("open together", "a large file"): ("large.csv", "text", "file"),
    ("open together", "a notebook of broken JSON"): ("broken.ipynb", "json", "notebook"),
    ("open together", "a notebook that is a list"): ("list.ipynb", "json", "notebook"),
    ("open together", "a text as notebook"): ("there.txt", "json", "notebook"),
    ("open together", "an empty notebook"): ("empty.ipynb", "json", "notebook"),
    ("open together", "a notebook of blanks"): ("blank.ipynb", "json", "notebook"),
    ("open together", "a web page as notebook"): ("page.ipynb", "json", "notebook"),
    ("open together", "an old web page as notebook"): ("old-page.ipynb", "json", "notebook"),
    ("open together", "a large notebook"): ("large.ipynb", "json", "notebook"),
    ("open together", "a notebook of many outputs"): ("many.ipynb", "json", "notebook"),
}
"""Documents that can't be opened: path, format and kind. The page's socket is closed with a code,
and the sentence comes as a notice."""

TEXT = {"type": "file", "format": "text", "content": "x"}
FULL: dict[tuple[str, str], Attempt] = {
    ("save", "the disk is full"): Attempt("PUT", "api/contents/new.txt", TEXT),
    ("upload", "the disk is full"): Attempt("PUT", "api/contents/up.txt", {**TEXT, "chunk": 1}),
    ("new", "the disk is full"): Attempt("POST", "api/contents", {"type": "notebook"}),
    ("new folder", "the disk is full"): Attempt("POST", "api/contents", {"type": "directory"}),
    ("copy", "the disk is full"): Attempt("POST", "api/contents", {"copy_from": "other.ipynb"}),
    ("checkpoint", "the disk is full"): Attempt("POST", "api/contents/other.ipynb/checkpoints"),
}
"""What fails while nothing can be written, in a lab that has `other.ipynb`."""
ENDS: dict[tuple[str, str], str] = {
    ("run", "the kernel is killed"): "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    (
        "run",
        "a file that is mapped becomes shorter",
    ): "import os, signal; os.kill(os.getpid(), signal.SIGBUS)",
    ("run", "the kernel crashes"): "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
}
"""Code that ends its kernel."""
