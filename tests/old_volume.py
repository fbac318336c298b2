"""Make a volume as an earlier version leaves it, for tests of upgrades.

``python -m tests.old_volume REVISION FILE`` builds that revision's image, has people work in it
over the same sockets as pages do, kills the container meanwhile, and packs its volume. It uses that
revision's own tests, into which it copies this file. pytest collects nothing from this file by
itself.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import classrooms, labs, students
from tests.container.test_chat import Copy
from tests.container.test_rooms import Page, room, saved
from tests.container.test_snapshots import take

if TYPE_CHECKING:
    from testcontainers.core.network import Network

    from tests.classrooms import Classroom
    from tests.labs import Lab
    from tests.pki import Authority

IMAGE, MADE = "classroom-old-volume", "CLASSROOM_OLD_VOLUME"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
SAVED, UNSAVED = "was_saved = 1\n", "was_typed_last = 2\n"
SAID, PLAN, LATER = "Good morning!", "The plan of Monday", "The plan of Tuesday"
ADDED = "stranger"
"""A person whom a tutor has added on the page *People*."""
THEME = "@jupyterlab/apputils-extension:themes"
DARK = '{"theme": "JupyterLab Dark"}'
"""A setting that one person has chosen in JupyterLab."""
LABS = 'c.Classroom.personal_labs = True\nc.Classroom.rooms = {"maths": ["Octocat", "hubot"]}'
MINE, OURS = "In a lab of my own", "In the room of maths"
BASE = f"{labs.ADDRESS}{students.BASE}"
API = f"{BASE}/api"
NOT_KEPT = ("./reserve", "./incoming", "./hub/*.crt")
"""Files that each start makes again."""


def has_labs() -> bool:
    """Say whether this revision has labs besides the class's."""
    return importlib.util.find_spec("tests.own_labs") is not None


def test_make(
    network: Network, github: Lab, authority: Authority, volume: str, tmp_path: Path
) -> None:
    """Type, chat and take a snapshot; end without a clean shutdown."""
    config = classrooms.config(more=LABS if has_labs() else "")
    folder = labs.write_folder(tmp_path / "tutor", config, authority)
    with classrooms.opened(network, github, authority, volume, folder) as classroom:
        ada, lab = classroom.enter("Octocat"), classroom.lab
        classroom.enter("hubot")
        if has_labs():
            work_in_labs(classroom)
        assert classroom.page("POST", "users", usernames=[ADDED]).is_success
        assert ada.put(f"{BASE}/lab/api/settings/{THEME}", json={"raw": DARK}).is_success
        for text in (PLAN, LATER):
            body = {"type": "file", "format": "text", "content": text}
            assert ada.put(f"{API}/contents/plan.txt", json=body).is_success
            if text == PLAN:
                take(lab)
        Copy(classroom, "hubot").say(SAID)
        page = Page(classroom.open("Octocat", room(ada, "lesson.ipynb")))
        page.type(SAVED)
        labs.wait_until(lambda: SAVED in saved(ada, "lesson.ipynb"), "it is saved")
        other = Page(classroom.open("hubot", room_again(classroom, "lesson.ipynb")))
        page.type(UNSAVED)
        other.listen_until(lambda: UNSAVED in str(other.source))  # then the lab has it
        words = ("grep", "--recursive", "--quiet", UNSAVED.strip(), "/data/history")
        labs.wait_until(lambda: lab.run(*words)[0] == 0, "the disk has it")
        lab.container.kill()
        packed = pack(lab)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        lesson = archive.extractfile("./files/lesson.ipynb")
        assert lesson is not None
        cells = str(json.load(lesson)["cells"])
    assert (SAVED.strip() in cells, UNSAVED.strip() in cells) == (True, False)
    Path(os.environ[MADE]).write_bytes(packed)


def pack(lab: Lab) -> bytes:
    """Pack the volume of a container that has ended."""
    left = [f"--exclude={one}" for one in NOT_KEPT]
    mounted = ["--volumes-from", f"{lab.container.id}:ro", "--entrypoint", "tar", labs.IMAGE]
    return subprocess.run(
        ["docker", "run", "--rm", *mounted, "-C", "/data", "--numeric-owner", *left, "-cz", "."],
        capture_output=True,
        check=True,
    ).stdout


def work_in_labs(classroom: Classroom) -> None:
    """As Octocat, save a file in one's own lab, which is shared with hubot, and one in a room."""
    own_labs: Any = importlib.import_module("tests.own_labs")
    shares: str = importlib.import_module("tests.sharing").ADDRESS
    lab, crt = classroom.lab, classroom.authority.crt
    lab.expected += own_labs.EXPECTED
    with own_labs.sign_in(lab, classroom.github, crt, "Octocat") as ada:
        for name, text in ((own_labs.ROOM, OURS), ("octocat", MINE)):
            own_labs.enter(ada, name)
            body = {"type": "file", "format": "text", "content": text}
            assert own_labs.ask(ada, name, "PUT", "api/contents/kept.txt", json=body).is_success
        terms = {"role": "edit", "seconds": None}
        assert own_labs.ask(ada, "octocat", "PUT", f"{shares}/hubot", json=terms).is_success


def room_again(classroom: Classroom, name: str) -> str:
    """Ask for the room of an existing notebook, as hubot."""
    body = {"format": "json", "type": "notebook"}
    address = f"{API}/collaboration/session/{name}"
    found = classroom.people["hubot"].put(address, json=body).json()
    return f"api/collaboration/room/json:notebook:{found['fileId']}?sessionId={found['sessionId']}"


def main(revision: str, file: Path) -> int:
    """Build the revision's image, run `test_make` in it, and remove it again.

    Args:
        revision: a revision of this repository.
        file: the path of the packed volume.

    Returns:
        The exit code.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", revision], cwd=labs.ROOT, capture_output=True, check=True
        ).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        secret = ["--secret", f"id=ca,src={CERTIFICATES}"] if CERTIFICATES.exists() else []
        subprocess.run(["docker", "build", "-q", "-t", IMAGE, *secret, folder], check=True)
        shutil.copy(__file__, f"{folder}/tests")
        made = {"CLASSROOM_IMAGE": IMAGE, MADE: str(file.resolve())}
        words = ["-m", "pytest", "-p", "no:cacheprovider", "-q", "tests/old_volume.py"]
        try:
            return subprocess.run(
                [sys.executable, *words], cwd=folder, env=os.environ | made, check=False
            ).returncode
        finally:
            subprocess.run(["docker", "rmi", IMAGE], check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
