"""Another release on the same volume: what is checked, what is refused, and the way back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from typing import TYPE_CHECKING, Any

import docker
import pytest

from classroom.runtime.volume_format import FILE, FORMAT
from tests import labs, published, students
from tests.container.test_make import Tutor, clone, inside, lab_of, tutor
from tests.container.test_rooms import Page, room, saved
from tests.labs import Lab
from tests.published import Repository, change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from docker.models.volumes import Volume

__all__ = ["tutor"]  # a fixture

PAGE = labs.ROOT / "docs/operate/upgrades.md"
BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITH_MAKE, BUILD, REPLACE, GO_BACK, WHICH = BLOCK.findall(PAGE.read_text())
"""The page's commands."""
(RUN,) = re.findall(
    r"^docker run -d .*?_jupyterlab$",
    (labs.ROOT / "docs/operate/index.md").read_text(),
    re.MULTILINE | re.DOTALL,
)
"""The command by which the page on operation starts a lab without make."""
NEWER = {"format": FORMAT + 1, "release": "v9.0"}
SAID = "/data: was written by a newer lab, release v9.0; this one is "
REFUSE = """
    async def initialize(self) -> None:
        raise RuntimeError("this release reads no documents")

    async def initialize_never(self) -> None:"""


@pytest.fixture
def newer() -> Iterator[Volume]:
    """A volume that a newer lab has written."""
    volume = docker.from_env().volumes.create(labels=labs.LABELS)
    write = f"open('/data/{FILE}', 'w').write({json.dumps(NEWER)!r})"
    in_lab(volume, "python", "-c", write)
    yield volume
    volume.remove(force=True)


def in_lab(volume: Volume, *command: str) -> str:
    """Run a command in the image on a volume; return all that it prints."""
    mounted = ["--volume", f"{volume.name}:/data"]
    words = ["docker", "run", "--rm", *mounted, "--entrypoint", command[0], labs.IMAGE]
    done = subprocess.run([*words, *command[1:]], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_a_volume_says_who_has_written_it(trial_lab: Lab) -> None:
    found = json.loads(trial_lab.read(f"/data/{FILE}"))
    assert found["format"] == FORMAT
    assert trial_lab.shown("classroom", "version").strip() == found["release"]
    assert trial_lab.run("stat", "--format=%U %a", f"/data/{FILE}")[1].strip() == "root 600"


def test_a_newer_volume_is_refused_and_stays_as_it_is(newer: Volume) -> None:
    for command in (("tini", "--", "classroom", "boot"), ("classroom", "check", "--start-only")):
        said = in_lab(newer, *command)
        assert SAID in said
        assert "make restore-backup" in said
        assert "Traceback" not in said
    assert json.loads(in_lab(newer, "cat", f"/data/{FILE}")) == NEWER
    assert in_lab(newer, "ls", "-A", "/data").split() == [FILE], "nothing was begun"


def test_a_newer_labs_backup_is_refused(newer: Volume) -> None:
    folders = "cd /data && mkdir hub history files snapshots"
    script = (
        f"{folders} && classroom backup > /tmp/b; classroom restore-backup < /tmp/b; ls incoming"
    )
    said = in_lab(newer, "sh", "-c", script)
    assert "was made by release v9.0 of this lab, which is newer than this one" in said
    assert "unpacked" not in said.splitlines()
    assert "ready" not in said.splitlines()


def test_documents_are_opened_and_unloaded_again() -> None:
    """The lab has restarted, so their rooms don't wait for a minute for their people."""
    names = ("upgraded.ipynb", "deleted.ipynb")
    with labs.start(plain=True) as lab:
        lab.wait_healthy()
        with students.signed_in(lab) as client:
            rooms = {name: room(client, name) for name in names}
            for name, where in rooms.items():
                page = Page(students.open_socket(client, lab, where))
                page.type("kept = 1")

                def is_saved(name: str = name) -> bool:
                    return "kept" in saved(client, name)

                labs.wait_until(is_saved, f"{name} is saved")
                page.connection.close()
        lab.container.restart()
        lab.wait_healthy()
        lab.run("rm", "/data/files/deleted.ipynb")
        for times in (1, 2):
            status, said = lab.run("classroom", "documents")
            found: dict[str, Any] = json.loads(said)
            assert "upgraded.ipynb" in found["opened"]
            assert "deleted.ipynb" not in found["opened"]
            assert (status, found["failed"]) == (0, {})
            gone = rooms["upgraded.ipynb"].rpartition("/")[2].partition("?")[0]
            assert lab.log.count(f"Room {gone} deleted") == times
        with students.signed_in(lab) as client:
            page = Page(students.open_socket(client, lab, rooms["upgraded.ipynb"]))
            assert str(page.source) == "kept = 1"
            _, said = lab.run("classroom", "documents")
            assert "upgraded.ipynb" in json.loads(said)["opened"], "somebody is in it"
            page.type(" + 1")
            labs.wait_until(lambda: "1 + 1" in saved(client, "upgraded.ipynb"), "it goes on")
            page.connection.close()


def typed(folder: Path, commands: str, environment: Mapping[str, str] | None = None) -> str:
    """Run commands of a page; return their output."""
    done = subprocess.run(
        ["bash", "-e", "-c", commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def backups(tutor: Tutor) -> list[Path]:
    return sorted((tutor.folder / "backups").glob("before-*.tgz"))


def test_make_up_upgrades_and_goes_back_where_it_fails(tutor: Tutor, tmp_path: Path) -> None:
    repository = Repository(tmp_path, tutor.folder)
    done = tutor.make("up")
    assert done.returncode == 0, done.stderr
    assert "Upgrade" not in done.stdout
    assert not backups(tutor)
    first = json.loads(inside(tutor, f"cat /data/{FILE}"))["release"]
    with students.signed_in(lab_of(tutor)) as client:
        page = Page(students.open_socket(client, lab_of(tutor), room(client, "of-last-week.ipynb")))
        page.type("typed = 1")
        labs.wait_until(lambda: "typed" in saved(client, "of-last-week.ipynb"), "it is saved")
        page.connection.close()

    second = "v1.1.0"
    boot = "src/classroom/boot.py"
    repository.release(second, boot, "Start the container,", "Begin the container,")
    said = typed(tutor.folder, WITH_MAKE, tutor.environment)
    assert f"Upgrade from {published.FIRST} to {second}: the lab stops for a backup." in said
    assert first == published.FIRST
    which = WHICH.replace("collaborative_jupyterlab", f"collaborative_jupyterlab-{tutor.name}")
    assert typed(tutor.folder, which, tutor.environment).split() == [second, second]
    assert json.loads(inside(tutor, f"cat /data/{FILE}"))["release"] == second
    (backup,) = backups(tutor)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert "typed = 1" in inside(tutor, "cat /data/files/of-last-week.ipynb")
    assert f"last written by release {first}; this is {second}" in lab_of(tutor).log

    # This release answers, but can't open documents.
    inside(tutor, "echo work > /data/files/work.txt")
    room_file = "src/classroom/lab/rooms/document_room.py"
    change(tutor.folder / room_file, "\n    async def initialize(self) -> None:", REFUSE)
    done = tutor.make("up")
    assert done.returncode != 0
    assert "Not upgraded." in done.stderr
    reason = "of-last-week.ipynb can't be opened any more: this release reads no documents"
    assert reason in done.stderr
    assert "Back to the release before" in done.stderr
    assert "this release reads no documents" in "".join(
        file.read_text() for file in (tutor.folder / "backups").glob("failed-*.log")
    )
    assert json.loads(inside(tutor, f"cat /data/{FILE}"))["release"] == second
    assert inside(tutor, "cat /data/files/work.txt") == "work\n"
    with students.signed_in(lab_of(tutor)) as client:
        assert saved(client, "of-last-week.ipynb") == "typed = 1"

    # This release doesn't start. After make down, the image that ran last is still known.
    change(tutor.folder / room_file, REFUSE, "\n    async def initialize(self) -> None:")
    change(tutor.folder / boot, "    os.umask(0o022)", "    raise SystemExit(7)")
    assert tutor.make("down").returncode == 0
    done = tutor.make("up")
    assert done.returncode != 0
    assert "Not upgraded.\nThe new lab doesn't start." in done.stderr
    assert inside(tutor, "cat /data/files/work.txt") == "work\n"
    assert len(backups(tutor)) == 3


class Plain:
    """A class without make, in a folder of its own; its names are unique."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"classroom-test-{uuid.uuid4().hex[:8]}"
        subprocess.run(["docker", "tag", labs.IMAGE, self.name], check=True)

    def typed(self, begins: str, commands: str) -> str:
        """Run a page's commands, which start with ``begins``, with other names and a free port."""
        assert commands.startswith(begins)
        names = {
            r"(?<=\b(?:stop|exec|name) )classroom\b": self.name,
            r"(?<=\brm )classroom\b|(?<=--force )classroom\b": self.name,
            r"\bclassroom-data\b": self.name,
            r"\bcollaborative_jupyterlab\b": self.name,
            r"\b8443:8443\b": "127.0.0.1::8443",
        }
        for pattern, own in names.items():
            commands = re.sub(pattern, own, commands)
        return typed(self.folder, commands, os.environ)

    def lab(self) -> Lab:
        """Return the lab once it serves."""
        found = Lab(docker.from_env().containers.get(self.name), None)
        found.wait_healthy()
        return found

    def remove(self) -> None:
        images = [self.name, f"{self.name}:before"]
        for words in (["rm", "-f", self.name], ["volume", "rm", self.name], ["rmi", *images]):
            subprocess.run(["docker", *words], capture_output=True, check=False)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Plain]:
    """A class in the clone of a repository that has a newer release."""
    folder = clone(tmp_path / "clone")
    repository = Repository(tmp_path, folder)
    change_of = ("src/classroom/boot.py", "Start the container,", "Begin the container,")
    repository.release("v1.1.0", *change_of)
    made = Plain(folder)
    yield made
    made.remove()


def test_the_upgrade_without_make_and_the_way_back(plain: Plain) -> None:
    """The test runs each command as the page has it, in the page's order."""
    plain.typed("docker run", RUN)
    lab = plain.lab()
    before = json.loads(lab.read(f"/data/{FILE}"))["release"]
    with students.signed_in(lab) as client:
        page = Page(students.open_socket(client, lab, room(client, "of-plain-docker.ipynb")))
        page.type("typed = 1")
        labs.wait_until(lambda: "typed" in saved(client, "of-plain-docker.ipynb"), "it is saved")
        page.connection.close()

    plain.typed("docker tag", BUILD)
    *steps, last = REPLACE.replace("\\\n", "").splitlines(keepends=True)
    plain.typed("docker stop", "".join(steps))
    assert (plain.folder / "before.tgz").stat().st_mode & 0o777 == 0o600
    lab = plain.lab()
    said = json.loads(plain.typed("docker exec", last))
    assert "of-plain-docker.ipynb" in said["opened"]
    assert said["failed"] == {}
    assert json.loads(lab.read(f"/data/{FILE}"))["release"] == "v1.1.0"
    assert lab.run("sh", "-c", "echo later > /data/files/later.txt")[0] == 0

    plain.typed("docker rm", GO_BACK)
    lab = plain.lab()
    assert json.loads(lab.read(f"/data/{FILE}"))["release"] == before
    files = lab.shown("ls", "/data/files").split()
    assert "of-plain-docker.ipynb" in files
    assert "later.txt" not in files
    with students.signed_in(lab) as client:
        assert saved(client, "of-plain-docker.ipynb") == "typed = 1"
