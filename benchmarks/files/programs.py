"""Change a file in which people type, as programs, other people and accidents do."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.soak.lab import API
from tests import labs

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.labs import Lab

HOME = "/home/classroom"
LAB = "classroom.lab --config"
FULL_SECONDS = 5.0
"""How long the disk stays full."""
AWAY_SECONDS = 4.0
"""How long a file stays renamed or deleted."""
PROGRAM = """
import json, os, pathlib, shutil, sys, time
how, name, word, seconds = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
place = pathlib.Path("/home/classroom", name)
old = pathlib.Path("/tmp/files-old", name.replace("/", "-"))
old.parent.mkdir(exist_ok=True)

def changed(text):
    if not name.endswith(".ipynb"):
        lines = text.split("\\n")
        mine = [at for at, line in enumerate(lines) if line.startswith("program")]
        if len(mine) > 3:
            lines[mine[0]] = "program " + word
            return "\\n".join(lines)
        end = "" if text.endswith("\\n") or not text else "\\n"
        return f"{text}{end}program {word}\\n"
    found = json.loads(text)
    mine = [cell for cell in found["cells"] if cell["id"].startswith("program")]
    if len(mine) < 3:
        cell = {"cell_type": "code", "execution_count": None, "id": "program-" + word}
        cell |= {"metadata": {}, "outputs": [], "source": word}
        found["cells"].insert(len(found["cells"]) // 2, cell)
    else:
        mine[0]["source"] = word
        mine[1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": word}]
    return json.dumps(found, indent=1)

def beside(text):
    new = place.with_name(".new-" + place.name)
    new.write_text(text)
    os.replace(new, place)

def read():
    for _ in range(50):
        try:
            text = place.read_text()
            if not name.endswith(".ipynb") or json.loads(text):
                return text
        except (FileNotFoundError, ValueError):
            pass
        time.sleep(0.05)
    print("no file")
    sys.exit(0)

if how == "rewrite":
    place.write_text(changed(read()))
elif how == "replace":
    beside(changed(read()))
elif how == "slow":
    text = read()
    time.sleep(seconds)
    place.write_text(changed(text))
elif how == "again and again":
    for number in range(6):
        place.write_text(changed(read()))
        time.sleep(0.5)
elif how == "append":
    if name.endswith(".ipynb"):
        beside(changed(read()))
    else:
        with place.open("a") as stream:
            stream.write("program " + word + "\\n")
elif how == "put back":
    text = read()
    if old.exists():
        shutil.copy2(old, place.with_name(".old-" + place.name))
        os.replace(place.with_name(".old-" + place.name), place)
        old.unlink()
    else:
        old.write_text(text)
        os.utime(old, (time.time() - 86400, time.time() - 86400))
elif how == "another":
    text = read()
    if name.endswith(".ipynb"):
        found = json.loads(text)
        found["cells"] = found["cells"][:1]
        found["cells"][0]["source"] = "another " + word
        beside(json.dumps(found))
    else:
        place.write_text("".join(f"another {word} {line}\\n" for line in range(8)))
elif how == "away":
    read()
    hidden = place.with_name(".away-" + place.name)
    os.rename(place, hidden)
    time.sleep(seconds)
    os.rename(hidden, place)
elif how == "removed":
    text = read()
    place.unlink()
    time.sleep(seconds)
    if not place.exists():
        place.write_text(text)
elif how == "moved":
    read()
    os.rename(place, place.with_name(word + place.suffix))
elif how == "folder":
    os.rename(place.parent, place.parent.with_name(word))
elif how == "full":
    try:
        with open("/home/classroom/fill", "wb") as stream:
            while True:
                stream.write(bytes(1 << 20))
                stream.flush()
    except OSError:
        pass
    time.sleep(seconds)
    os.unlink("/home/classroom/fill")
"""
"""A student's program, with each way of writing a file that users' reports name."""


@dataclass
class Document:
    """A document that people have open.

    Attributes:
        path: the path of its file on the disk.
        kind: "notebook" or "file".
    """

    path: str
    kind: str

    @property
    def suffix(self) -> str:
        """The suffix of its name."""
        return ".ipynb" if self.kind == "notebook" else ".md"

    @property
    def folder(self) -> str:
        """The folder that contains it."""
        return self.path.rpartition("/")[0]


class Incidents:
    """Causes incidents with documents. All methods block: call them in a thread."""

    def __init__(self, lab: Lab, client: httpx.Client, answers: Callable[[], bool]) -> None:
        """Remember the lab.

        Args:
            lab: the lab.
            client: the client of a person who renames and deletes in a page.
            answers: tells whether the lab server answers.
        """
        self._lab, self._client, self._answers = lab, client, answers
        self._numbers = 0

    def bring_about(self, how: str, document: Document) -> None:
        """Cause an incident with a document's file, and wait for its end.

        Args:
            how: a name in `WEIGHTS`.
            document: the document; its path is updated.

        Raises:
            RuntimeError: the program that changes the file failed.
            httpx.HTTPStatusError: the lab refused to rename the file.
        """
        self._numbers += 1
        word = f"g{self._numbers:04}"
        if how == "kill":
            self._kill()
        elif how == "renamed in a page":
            new = f"{document.folder}/{word}{document.suffix}"
            self._patch(document.path, new)
            document.path = new
        elif how == "deleted in a page":
            self._client.delete(f"{API}/contents/{document.path}")
        else:
            self._run(how, document.path, word)
            if how == "moved":
                document.path = f"{document.folder}/{word}{document.suffix}"
            elif how == "folder":
                document.path = f"{word}/{document.path.rpartition('/')[2]}"

    def _run(self, how: str, path: str, word: str) -> None:
        seconds = {"full": FULL_SECONDS, "slow": random.uniform(1, 6)}.get(how, AWAY_SECONDS)
        command = ("python", "-I", "-c", PROGRAM, how, path, word, str(seconds))
        status, said = self._lab.run(*command, user="student")
        if status:
            raise RuntimeError(f"{how} {path}: {said}")

    def _patch(self, old: str, new: str) -> None:
        self._client.patch(f"{API}/contents/{old}", json={"path": new}).raise_for_status()

    def _kill(self) -> None:
        self._lab.run("pkill", "-KILL", "-f", LAB)
        labs.wait_until(self._answers, "the lab again", 120, ignoring=labs.AWAY)


WEIGHTS = {
    "rewrite": 4,
    "replace": 4,
    "slow": 5,
    "again and again": 3,
    "append": 3,
    "put back": 4,
    "another": 1,
    "away": 2,
    "removed": 2,
    "moved": 2,
    "folder": 2,
    "renamed in a page": 2,
    "deleted in a page": 1,
    "full": 1,
    "kill": 3,
}
"""The relative frequency of each incident."""

ALL_FILES = """
import json, pathlib
home = pathlib.Path("/home/classroom")
found = {}
for place in home.rglob("*"):
    parts = place.relative_to(home).parts
    if any(part.startswith(".") for part in parts) or not place.is_file():
        continue
    if place.suffix in (".ipynb", ".md"):
        found["/".join(parts)] = place.read_text(errors="replace")
print(json.dumps(found))
"""


def all_files(lab: Lab) -> dict[str, str]:
    """Read all visible files, by path."""
    found: dict[str, str] = lab.look(ALL_FILES)
    return found


def content_of(kind: str) -> str:
    """Return the content of a new document's file."""
    if kind == "file":
        return "first line\n\nlast line\n"
    cells: list[dict[str, object]] = [
        {"cell_type": "code", "execution_count": None, "id": f"first-{number}", "metadata": {}}
        | {"outputs": [], "source": f"x{number} = {number}"}
        for number in range(3)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
