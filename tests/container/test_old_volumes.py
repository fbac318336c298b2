"""Classes of earlier versions whose folder gets this checkout: `make up` upgrades all of them.

The volumes come from real containers of earlier revisions (tests/data). The tests don't build the
images that made them: a stand-in image, which has no release, as theirs had none, and never runs,
takes their place.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker
import pytest

from classroom.lab.api.sharing import ADDRESS
from classroom.runtime.volume_format import FILE, FORMAT
from tests import classrooms, labs, logs, old_volume, own_labs
from tests.classrooms import Classroom
from tests.container.test_chat import Copy
from tests.container.test_make import Tutor, clone, container, tutor_in
from tests.container.test_rooms import Page, saved
from tests.labs import Lab
from tests.own_labs import ask, enter

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from testcontainers.core.network import Network

    from tests.pki import Authority

DATA = labs.ROOT / "tests/data"
NAME = "of-old-volumes"
CLASS = f"collaborative_jupyterlab-{NAME}"
STAND_IN = f"FROM {labs.IMAGE}\nLABEL org.opencontainers.image.version=\n"
OVERRIDE = """\
services:
  classroom:
    environment: {{WELCOME: "off"}}
    networks: {{default: {{aliases: [{host}]}}}}
networks:
  default: {{external: true, name: {network}}}
"""
"""Connects a tutor's class to the network of the tests."""
EXPECTED = (
    *classrooms.EXPECTED,
    *own_labs.EXPECTED,
    r"Role classroom-lab has obtained extra permissions",
    r"Recovered what was typed last in lesson.ipynb",
    r"403 GET /hub/admin",
)
LISTED = "find /data -mindepth 1 -not -path '/data/snapshots/cache*' -printf '%p %U %G %m\\n'"
GONE = r"/data/(labs/\d+/)?(reserve|lock$|history/documents[-.]|history/saving|snapshots/lock)"
"""Files that a start makes again, or merges into others."""


@dataclass(frozen=True)
class Left:
    """What an earlier version has left.

    Attributes:
        file: the packed volume.
        gone: a pattern of the files that this version stores elsewhere, or no longer has.
        theme: whether the volume has somebody's settings.
        labs: whether the volume has labs besides the class's.
    """

    file: str
    gone: str = GONE
    theme: bool = True
    labs: bool = False


BEFORE_THE_LOG = Left(
    "volume-before-the-log.tar.gz",
    rf"{GONE}|/data/hub/lab_token|/data/history/(config/lab|cookie_secret|signatures|share)",
)
BEFORE_LABS = Left("volume-before-labs.tar.gz", theme=False)
BEFORE_FORMATS = Left("volume-before-formats.tar.gz", labs=True)


@dataclass
class Upgraded:
    """A class that `make up` has upgraded to this checkout.

    Attributes:
        made: what `make up` printed.
        before: the list of files that were on the volume.
    """

    tutor: Tutor
    left: Left
    room: Classroom
    made: str
    before: set[str]


def on(volume: str, program: str, *words: str, given: bytes = b"") -> str:
    """Run a program of the image on a volume that no lab uses; return what it prints."""
    mounted = ["--rm", "--interactive", "--volume", f"{volume}:/data", "--entrypoint", program]
    done = subprocess.run(
        ["docker", "run", *mounted, labs.IMAGE, *words],
        input=given,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


@contextlib.contextmanager
def stand_in() -> Iterator[None]:
    """Provide an image with the class's name, which `make up` gives to its own image."""
    words = ["docker", "build", "--quiet", "--tag", CLASS, "-"]
    subprocess.run(words, input=STAND_IN.encode(), check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["docker", "rmi", CLASS], check=False, capture_output=True)


@pytest.fixture(
    scope="module",
    params=[BEFORE_THE_LOG, BEFORE_LABS, BEFORE_FORMATS],
    ids=lambda left: left.file.removesuffix(".tar.gz"),
)
def upgraded(
    request: pytest.FixtureRequest,
    network: Network,
    github: Lab,
    authority: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Upgraded]:
    """A class that ended under an earlier version, after `make up` of this version."""
    left: Left = request.param
    folder = clone(tmp_path_factory.mktemp("tutor") / "clone")
    labs.write_folder(folder, classrooms.config(more=old_volume.LABS), authority)
    override = OVERRIDE.format(host=labs.HOST, network=network.name)
    (folder / "docker-compose.override.yml").write_text(override)
    with stand_in(), tutor_in(folder, NAME) as tutor, contextlib.ExitStack() as stack:
        volume = f"{tutor.project}_data"
        ours = {"com.docker.compose.project": tutor.project, "com.docker.compose.volume": "data"}
        docker.from_env().volumes.create(volume, labels={**labs.LABELS, **ours})
        packed = (DATA / left.file).read_bytes()
        on(volume, "tar", "-C", "/data", "--numeric-owner", "-xzp", given=packed)
        before = set(on(volume, "sh", "-c", LISTED).splitlines())
        done = tutor.make("up")
        assert done.returncode == 0, done.stdout + done.stderr
        lab = Lab(docker.from_env().containers.get(container(tutor)), network.name)
        room = Classroom(lab, folder, github, authority, stack)
        for login in ("Octocat", "hubot", "mona"):
            room.enter(login)
        yield Upgraded(tutor, left, room, done.stdout, before)
        room.close()
        assert not logs.unexpected(lab.log, EXPECTED)


def test_it_is_an_upgrade_with_a_backup_of_before(upgraded: Upgraded) -> None:
    """There is a backup although the class had ended, and its image knew no releases."""
    assert "Upgrade from an earlier release to " in upgraded.made
    (backup,) = (upgraded.tutor.folder / "backups").glob("before-*.tgz")
    listed = subprocess.run(
        ["tar", "--list", "--file", backup], capture_output=True, text=True, check=True
    ).stdout
    assert "files/lesson.ipynb" in listed
    assert FILE not in listed, "the volume of before said nothing of formats"
    assert json.loads(upgraded.room.lab.read(f"/data/{FILE}"))["format"] == FORMAT


def test_what_was_typed_last_is_there_and_goes_on(upgraded: Upgraded) -> None:
    """The lab was killed before this text was in the file."""
    room, typed = upgraded.room, old_volume.SAVED + old_volume.UNSAVED
    page = Page(room.open("Octocat", old_volume.room_again(room, "lesson.ipynb")))
    page.listen_until(lambda: old_volume.UNSAVED in str(page.source))
    assert str(page.source) == typed
    page.type("is_typed_now = 3")
    ada = room.people["Octocat"]
    labs.wait_until(lambda: "is_typed_now" in saved(ada, "lesson.ipynb"), "it is saved")
    assert saved(ada, "lesson.ipynb") == f"{typed}is_typed_now = 3"


def test_the_chat_goes_on(upgraded: Upgraded) -> None:
    chat = Copy(upgraded.room, "hubot")
    assert old_volume.SAID in [str(one["body"]) for one in chat.messages]
    chat.say("Good evening!")
    Copy(upgraded.room, "Octocat").sees("Good evening!")


def test_who_was_allowed_is_and_nobody_else(upgraded: Upgraded) -> None:
    """They come from the file and from the page *People*, as tutors or as students."""
    room = upgraded.room
    room.enter(old_volume.ADDED)
    assert {"octocat", "hubot", "mona", old_volume.ADDED} <= room.listed()
    assert room.people["mona"].get(f"{labs.ADDRESS}/hub/admin").is_success
    assert room.people["Octocat"].get(f"{labs.ADDRESS}/hub/admin").status_code == 403
    assert room.page("DELETE", f"users/{old_volume.ADDED}").is_success
    labs.wait_until(lambda: old_volume.ADDED not in room.listed(), "the tutor's word counts")
    room.refusal(old_volume.ADDED)


def test_a_tutor_goes_back_to_a_snapshot(upgraded: Upgraded) -> None:
    lab, mona = upgraded.room.lab, upgraded.room.people["mona"]
    headers = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    address = f"{upgraded.room.address}/classroom/api/snapshots"
    kept = mona.get(address, headers=headers).json()["snapshots"]
    assert lab.read("/data/files/plan.txt") == old_volume.LATER
    first = f"{address}/{kept[-1]['id']}/restore"
    told = mona.post(first, json={"path": "plan.txt"}, headers=headers)
    assert told.is_success, told.text
    assert lab.read("/data/files/plan.txt") == old_volume.PLAN


def test_somebodys_settings_are_theirs_still(upgraded: Upgraded) -> None:
    address = f"{upgraded.room.address}/lab/api/settings/{old_volume.THEME}"
    for name in ("Octocat", "hubot"):
        found = upgraded.room.people[name].get(address).json()["raw"]
        assert (old_volume.DARK in found) == (upgraded.left.theme and name == "Octocat")


def test_everybody_has_a_lab_of_their_own_as_it_was(upgraded: Upgraded) -> None:
    """If the volume had no labs, they get new ones."""
    room = upgraded.room
    with own_labs.sign_in(room.lab, room.github, room.authority.crt, "Octocat") as ada:
        for name, text in (("octocat", old_volume.MINE), (own_labs.ROOM, old_volume.OURS)):
            enter(ada, name)
            found = ask(ada, name, "GET", "api/contents/kept.txt")
            assert found.status_code == (200 if upgraded.left.labs else 404)
            assert not upgraded.left.labs or found.json()["content"] == text
            assert write(ada, name).is_success
        shares = ask(ada, "octocat", "GET", ADDRESS).json()["shares"]
    assert [one["name"] for one in shares] == (["hubot"] if upgraded.left.labs else [])
    with own_labs.sign_in(room.lab, room.github, room.authority.crt, "hubot") as guest:
        goes_in = own_labs.is_open(guest, "octocat") is not None
    assert goes_in is upgraded.left.labs


def write(client: httpx.Client, name: str) -> httpx.Response:
    """Save a file in a lab."""
    body = {"type": "file", "format": "text", "content": "new"}
    return ask(client, name, "PUT", "api/contents/new.txt", json=body)


def test_no_secret_is_left_that_is_used_no_more(upgraded: Upgraded) -> None:
    """The lab's token at the Hub, and two secrets that the lab server had in the first version."""
    left = {"/data/hub/lab_token", "/data/history/cookie_secret", "/data/history/signatures.db"}
    paths = upgraded.room.lab.shown("find", "/data/hub", "/data/history").split()
    assert not left & set(paths)


def test_nothing_has_moved_or_changed_hands(upgraded: Upgraded) -> None:
    listed = upgraded.room.lab.shown("sh", "-c", LISTED)
    gone = re.compile(upgraded.left.gone)
    moved = upgraded.before - set(listed.splitlines())
    assert {one for one in moved if not gone.match(one)} == set()
