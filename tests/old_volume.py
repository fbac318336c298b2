"""Make a volume as an earlier version leaves it, for tests of what becomes of it.

``python -m tests.old_volume REVISION FILE`` builds that revision's image, has people work in it
over the same sockets as pages do, kills the container in the midst of it, and packs its volume.
pytest collects nothing of this file by itself.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests import labs
from tests.container.test_chat import Copy
from tests.container.test_rooms import Page, room, saved
from tests.container.test_snapshots import take

if TYPE_CHECKING:
    from tests.classrooms import Classroom

IMAGE, MADE = "classroom-old-volume", "CLASSROOM_OLD_VOLUME"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
SAVED, UNSAVED = "was_saved = 1\n", "was_typed_last = 2\n"
SAID, PLAN, LATER = "Good morning!", "The plan of Monday", "The plan of Tuesday"
ADDED = "stranger"
"""Somebody whom a tutor has added on the page *People*."""
NOT_KEPT = ("./reserve", "./incoming", "./hub/*.crt")
"""What a start makes anew."""


def test_make(classroom: Classroom) -> None:
    """Type, chat, take a snapshot; end without any of the ends that are foreseen."""
    target = Path(os.environ[MADE])
    ada, lab = classroom.enter("Octocat"), classroom.lab
    classroom.enter("hubot")
    assert classroom.page("POST", "users", usernames=[ADDED]).is_success
    api = classroom.api
    for text in (PLAN, LATER):
        body = {"type": "file", "format": "text", "content": text}
        assert ada.put(f"{api}/contents/plan.txt", json=body).is_success
        if text == PLAN:
            take(lab)
    Copy(classroom, "hubot").say(SAID)
    page = Page(classroom.open("Octocat", room(ada, "lesson.ipynb")))
    page.type(SAVED)
    labs.wait_until(lambda: SAVED in saved(ada, "lesson.ipynb"), "it is saved")
    other = Page(classroom.open("hubot", room_again(classroom, "lesson.ipynb")))
    page.type(UNSAVED)
    other.listen_until(lambda: UNSAVED in str(other.source))  # so the lab has it
    lab.container.kill()
    left = [f"--exclude={one}" for one in NOT_KEPT]
    mounted = ["--volumes-from", f"{lab.container.id}:ro", "--entrypoint", "tar", labs.IMAGE]
    packed = subprocess.run(
        ["docker", "run", "--rm", *mounted, "-C", "/data", "--numeric-owner", *left, "-cz", "."],
        capture_output=True,
        check=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        lesson = archive.extractfile("./files/lesson.ipynb")
        assert lesson is not None
        cells = str(json.load(lesson)["cells"])
    assert (SAVED.strip() in cells, UNSAVED.strip() in cells) == (True, False)
    target.write_bytes(packed)


def room_again(classroom: Classroom, name: str) -> str:
    """Ask for the room of a notebook that is there, as hubot."""
    body = {"format": "json", "type": "notebook"}
    asked = classroom.people["hubot"].put(
        f"{classroom.api}/collaboration/session/{name}", json=body
    )
    found = asked.json()
    return f"api/collaboration/room/json:notebook:{found['fileId']}?sessionId={found['sessionId']}"


def main(revision: str, file: Path) -> int:
    """Build the revision's image, have `test_make` work in it, and remove it again.

    Args:
        revision: of this repository.
        file: where the packed volume is to be.

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
    made = {"CLASSROOM_IMAGE": IMAGE, MADE: str(file.resolve())}
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", __file__]
    try:
        return subprocess.run(words, cwd=labs.ROOT, env=os.environ | made, check=False).returncode
    finally:
        subprocess.run(["docker", "rmi", IMAGE], check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
