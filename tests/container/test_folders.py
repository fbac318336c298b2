"""The tutor's folder and the volume: materials, restarts, plain docker run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests import labs, web
from tests.conftest import new_volume

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.labs import Lab


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab with materials and a volume, which tests restart."""
    materials = tmp_path_factory.mktemp("tutor") / "materials"  # other users may read it
    materials.mkdir()
    (materials / "lesson.txt").write_text("Lesson 1")
    with new_volume() as volume, labs.start(materials=materials, volume=volume) as lab:
        lab.wait_healthy()
        yield lab


def restart(lab: Lab) -> None:
    lab.container.restart(timeout=60)
    lab.wait_healthy()


def test_materials_are_in_the_lab_and_read_only(lasting: Lab) -> None:
    with web.browser(lasting.hosts) as client:
        web.sign_in_with_passphrase(client, labs.ADDRESS, "grace", lasting.passphrase())
        contents = f"{labs.ADDRESS}/services/classroom/api/contents/materials"
        listed = client.get(contents).json()
        assert [entry["name"] for entry in listed["content"]] == ["lesson.txt"]
        lesson = client.get(f"{contents}/lesson.txt").json()
        assert lesson["content"] == "Lesson 1"
        assert lesson["writable"] is False
    for command in ("rm /home/classroom/materials/lesson.txt", "touch /data/files/materials/x"):
        status, output = lasting.run("sh", "-c", command, user="classroom")
        assert status != 0
        assert "Read-only file system" in output


def test_passphrase_and_session_outlive_a_restart(lasting: Lab) -> None:
    with web.browser(lasting.hosts) as client:
        web.sign_in_with_passphrase(client, labs.ADDRESS, "grace", lasting.passphrase())
        first = lasting.passphrase()
        before = lasting.log.count(first)
        restart(lasting)
        assert lasting.log.count(first) == before + 1, "printed at each start, and the same"
        # The restart may have changed the address; the session is still valid.
        with web.browser(lasting.hosts) as later:
            later.cookies.update(client.cookies)
            page = later.get(f"{labs.ADDRESS}/services/classroom/lab")
            assert page.url.path == "/services/classroom/lab"
            assert page.history == []


def test_stop_is_orderly(volume: str) -> None:
    with labs.start(volume=volume) as lab:
        lab.wait_healthy()
        lab.container.stop(timeout=60)
        lab.container.reload()
        assert lab.container.attrs["State"]["ExitCode"] in {0, 143}
        assert "...done" in lab.log, "the Hub didn't get to the end of its clean-up"


@pytest.mark.parametrize(
    "trap",
    [
        "mkdir /data/files/.writable /data/history/.writable",
        "ln -s /data/hub/planted /data/files/.writable",
        "chmod 0555 /data/files",
    ],
)
def test_nothing_a_student_leaves_behind_keeps_the_lab_from_starting(
    lasting: Lab, trap: str
) -> None:
    assert lasting.run("sh", "-c", trap, user="classroom")[0] == 0
    restart(lasting)
    assert lasting.run("ls", "/data/hub/planted")[0] != 0
    assert lasting.run("rm", "-rf", "/data/files/.writable", "/data/history/.writable")[0] == 0


def test_the_volumes_root_is_nobodys_to_rearrange(tmp_path: Path) -> None:
    """A bind-mounted folder may belong to uid 1000, which is the lab's user in the container."""
    data = tmp_path / "data"
    data.mkdir()
    os.chown(data, 1000, 1000)
    folder = labs.write_folder(tmp_path / "tutor", None, None)
    with labs.start(folder, volume=str(data)) as lab:
        lab.wait_healthy()
        status, output = lab.run("mv", "/data/hub", "/data/stolen", user="classroom")
        assert status != 0
        assert "Permission denied" in output


def test_a_link_in_place_of_a_directory_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "hub").symlink_to("/etc")
    with labs.start(volume=str(data), check_log=False) as lab:
        assert lab.wait_exit() == 78
        assert "Not started. /data/hub: is a link to /etc" in lab.log
