"""The image: its size and labels, and the tutor's own packages in it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import docker
import pytest

from tests import builds, labs

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

TAG = "collaborative_jupyterlab:test-requirements"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Path]:
    """A copy of the files that go into the image, for a separate build."""
    yield builds.copy_context(tmp_path)
    builds.remove(TAG)


def build(context: Path) -> subprocess.CompletedProcess[str]:
    return builds.build(context, TAG)


def test_size_and_labels() -> None:
    image = docker.from_env().images.get(labs.IMAGE)
    assert image.attrs["Size"] <= 650_000_000
    assert image.labels["org.opencontainers.image.licenses"] == "BSD-3-Clause"
    assert image.attrs["Config"]["Entrypoint"] == ["tini", "--", "classroom", "boot"]
    words = image.attrs["Config"]["Healthcheck"]["Test"]
    assert words[:2] == ["CMD", "/usr/bin/setpriv"]
    assert words[-5:] == ["/opt/classroom/bin/python", "-I", "-m", "classroom", "health"]


def test_nothing_of_the_tutors_is_built_in(context: Path) -> None:
    """Only what .dockerignore names goes into the image."""
    canary = "canary-7c1e"
    for name in ("jupyterhub_config.py", "secrets/ssl.key", "materials/lesson.txt", ".env"):
        file = context / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(canary)
    (context / "requirements.txt").write_text(f"# {canary}-is-seen\n")
    built = build(context)
    assert built.returncode == 0, built.stderr[-3000:]
    words = ["-rl", "--exclude-dir=proc", "--exclude-dir=sys", canary, "/"]
    found = docker.from_env().containers.create(TAG, words, entrypoint="grep")
    try:
        found.start()
        found.wait(timeout=120)
        assert found.logs(stdout=True, stderr=False) == b""
    finally:
        found.remove(force=True)


def test_the_tutors_packages_are_added(context: Path) -> None:
    (context / "requirements.txt").write_text("tabulate\n")
    built = build(context)
    assert built.returncode == 0, built.stderr[-3000:]
    output = docker.from_env().containers.run(
        TAG, ["-c", "import tabulate; print('there')"], entrypoint="python", remove=True
    )
    assert output == b"there\n"


IN_IMAGE = """
import importlib.metadata as metadata, json, shutil, subprocess, sys
def is_package(name):
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False
def is_debians(name):
    words = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", name]
    return subprocess.run(words, capture_output=True, text=True).stdout == "installed"
checks = [is_package, shutil.which, is_debians]
print(json.dumps([[n for n in names if check(n)] for check, names in
                  zip(checks, json.loads(sys.argv[1]))]))
"""


def rows_of_table() -> dict[str, str]:
    """Return the table of the lab's packages, and what one line adds."""
    text = (labs.ROOT / "docs/operate/configuration.md").read_text()
    table = text.split("| what | how |\n| --- | --- |\n")[1].split("\n\n")[0]
    rows = (line.strip("| ").split(" | ") for line in table.splitlines())
    return dict(row for row in rows)


def test_the_documentation_says_what_is_in_the_image() -> None:
    rows = rows_of_table()
    within = [what.split(", ") for what, how in rows.items() if how == "in the image"]
    (python, *packages), terminal = within
    assert python == "Python"
    programs = [word.rsplit(" ", 1)[-1] for word in terminal]
    (added,) = [what for what, how in rows.items() if how.startswith("a line each in `require")]
    pip = [name for name in added.split(", ") if name != "…"]
    apt = [
        name
        for how in rows.values()
        if "`apt.txt`" in how
        for name in re.findall(r"`([a-z0-9-]+)`", how.split(" in `apt.txt`")[0])
    ]
    assert {"git", "graphviz", "r-cran-irkernel", "texlive-xetex", "gcc"} <= set(apt)
    wanted = json.dumps([packages + pip, programs, apt])
    output = docker.from_env().containers.run(
        labs.IMAGE, ["-I", "-c", IN_IMAGE, wanted], entrypoint="python", remove=True
    )
    assert json.loads(output) == [packages, programs, []]


def test_a_program_that_is_not_there_ends_the_build_with_apts_words(context: Path) -> None:
    (context / "apt.txt").write_text("no-such-package-of-anybody\n")
    built = build(context)
    assert built.returncode != 0
    assert "Unable to locate package no-such-package-of-anybody" in built.stderr


def test_the_tutors_packages_cannot_break_the_lab(context: Path) -> None:
    (context / "requirements.txt").write_text("jupyterhub==5.0.0\n")
    built = build(context)
    assert built.returncode != 0
    assert "jupyterhub==5.0.0" in built.stderr
    assert "unsatisfiable" in built.stderr
