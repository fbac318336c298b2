"""Students' names in a file next to the configuration: the lab follows it as it is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import classrooms, labs
from tests.container.test_rooms import API

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from testcontainers.core.network import Network

    from tests.classrooms import Classroom
    from tests.labs import Lab
    from tests.pki import Authority

NAME = "students.csv"


@pytest.fixture
def listed(
    network: Network, github: Lab, authority: Authority, volume: str, tmp_path: Path
) -> Iterator[Classroom]:
    folder = tmp_path / "tutor"
    config = classrooms.config([], more=f'c.Classroom.students_file = "{NAME}"')
    labs.write_folder(folder, config, authority)
    (folder / NAME).write_text("name,github\nAda,Octocat\n")
    with classrooms.opened(network, github, authority, volume, folder) as made:
        yield made


def test_who_is_in_the_file_comes_in_and_goes(listed: Classroom) -> None:
    octocat = listed.enter("Octocat")
    assert octocat.get(f"{API}/me").status_code == 200
    # Spreadsheets save like this: a new file replaces the old one, with a byte order mark.
    new = listed.folder / "new"
    new.write_bytes("\ufeffname;github\r\nBob;hubot\r\n".encode())
    new.replace(listed.folder / NAME)
    labs.wait_until(lambda: octocat.get(f"{API}/me").status_code == 403, "Octocat is out")
    hubot = listed.enter("hubot")
    assert hubot.get(f"{API}/me").status_code == 200
    # An unusable file changes nothing, and the log says where the mistake is.
    listed.lab.expected.append("The configuration in use stays")
    (listed.folder / NAME).write_text("github\nhubot\n@astronaut\n")
    said = f"The configuration in use stays: {NAME}:3: '@astronaut' has an @ in front"
    labs.wait_until(lambda: said in listed.lab.log, "the sentence")
    assert hubot.get(f"{API}/me").status_code == 200
