"""How a lab's code may use the file system, and how its users get their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from classroom.runtime import lab_users, user_names
from classroom.runtime.paths import Paths
from classroom.sandbox import lab_code, landlock

LAB = Paths(lab=3)


def rights(path: str) -> int:
    """Return the rights of code to a file, by the rule of the nearest folder above it."""
    allowed = {place.path: place.rights for place in lab_code.places(LAB)}
    above = [str(one) for one in (Path(path), *Path(path).parents)]
    return next((allowed[one] for one in above if one in allowed), 0)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/tmp/x",  # noqa: S108
            "/var/tmp/x",  # noqa: S108
            "/data/files/x",
            "/data/labs/2/files/x",
            "/data/labs/3/history/x",
        ),
        *("/data/hub/labs.json", "/run/classroom/labs/2/kernels/x", "/srv/jupyterhub/config/x"),
        *("/run/classroom/homes/kernel-x", "/run/classroom/labs/2/homes/kernel-x", "/home/x"),
    ],
)
def test_what_is_not_the_labs_is_closed(path: str) -> None:
    assert rights(path) == 0


def test_what_is_the_labs_is_open_and_the_image_only_read() -> None:
    for own in (LAB.files / "x", LAB.homes / "kernel-x", LAB.kernels / "x"):
        assert rights(str(own)) == landlock.EVERY
    for path in ("/usr/bin/python3", "/opt/classroom/bin/python"):
        assert rights(path) == landlock.LOAD
    assert not rights("/etc/passwd") & (landlock.WRITE | landlock.EXECUTE)
    assert not rights("/dev/shm") & landlock.READ_DIR  # noqa: S108
    assert not rights("/proc/self/mem") & landlock.EXECUTE


def test_users_are_named_once_and_nothing_else_changes(tmp_path: Path) -> None:
    passwd = tmp_path / "passwd"
    passwd.write_text("root:x:0:0::/root:/bin/sh\n")
    before = passwd.stat().st_ino
    users = (lab_users.server(3), lab_users.code(3))
    user_names.add(users, LAB.files, passwd)
    user_names.add(users, LAB.files, passwd)
    assert passwd.read_text().splitlines() == [
        "root:x:0:0::/root:/bin/sh",
        "lab3-server:x:20012:20012::/data/labs/3/files:/bin/bash",
        "lab3:x:20013:20012::/data/labs/3/files:/bin/bash",
    ]
    assert passwd.stat().st_ino == before
