"""The tutor's folder and the volume: materials, restarts, plain docker run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests import labs, web

if TYPE_CHECKING:
    from pathlib import Path


def test_materials_are_in_the_lab_and_read_only(tmp_path: Path, volume: str) -> None:
    materials = tmp_path / "materials"
    materials.mkdir()
    (materials / "lesson.txt").write_text("Lesson 1")
    with labs.start(materials=materials, volume=volume) as lab:
        lab.wait_healthy()
        with web.browser(lab.hosts) as client:
            web.sign_in_with_passphrase(client, labs.ADDRESS, "grace", lab.passphrase())
            contents = f"{labs.ADDRESS}/services/classroom/api/contents/materials"
            listed = client.get(contents).json()
            assert [entry["name"] for entry in listed["content"]] == ["lesson.txt"]
            lesson = client.get(f"{contents}/lesson.txt").json()
            assert lesson["content"] == "Lesson 1"
            assert lesson["writable"] is False
        for command in ("rm /home/classroom/materials/lesson.txt", "touch /data/files/materials/x"):
            status, output = lab.run("sh", "-c", command, user="classroom")
            assert status != 0
            assert "Read-only file system" in output


def test_passphrase_and_session_outlive_a_restart(volume: str) -> None:
    with labs.start(volume=volume) as lab:
        lab.wait_healthy()
        with web.browser(lab.hosts) as client:
            web.sign_in_with_passphrase(client, labs.ADDRESS, "grace", lab.passphrase())
            first = lab.passphrase()
            lab.container.restart(timeout=20)
            lab.wait_healthy()
            assert lab.log.count(first) == 2, "printed at each start, and the same"
            # The address may have changed with the restart; the session has not.
            with web.browser(lab.hosts) as later:
                later.cookies.update(client.cookies)
                page = later.get(f"{labs.ADDRESS}/services/classroom/lab")
                assert page.url.path == "/services/classroom/lab"
                assert page.history == []


def test_stop_is_orderly(volume: str) -> None:
    with labs.start(volume=volume) as lab:
        lab.wait_healthy()
        lab.container.stop(timeout=20)
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
    volume: str, trap: str
) -> None:
    with labs.start(volume=volume) as lab:
        lab.wait_healthy()
        assert lab.run("sh", "-c", trap, user="classroom")[0] == 0
        lab.container.restart(timeout=20)
        lab.wait_healthy()
        assert lab.run("ls", "/data/hub/planted")[0] != 0


def test_the_volumes_root_is_nobodys_to_rearrange(tmp_path: Path) -> None:
    """A bind-mounted folder may belong to uid 1000, who is the lab's user in the container."""
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
