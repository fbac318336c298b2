"""jupyter-server-ydoc's own test suite, from its sdist, with our rooms: reconnects, saving,
out-of-band changes, undo, the timeline, forks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from tests import labs

if TYPE_CHECKING:
    from pathlib import Path

WANTED = labs.ROOT / "requirements/upstream-tests.txt"
EXCEPTIONS: tuple[str, ...] = ()
"""Tests of upstream that don't hold for our rooms, each with its reason; there are none."""


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack upstream's sources without its package, because the installed package is tested."""
    place = tmp_path_factory.mktemp("upstream")
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    words += ["--no-binary", ":all:", "--no-build-isolation", "--requirement", str(WANTED)]
    # The build tools are installed beside this interpreter.
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"  # noqa: PTH120 (of a link)
    done = subprocess.run(
        words,
        cwd=place,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (archive,) = place.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(place, filter="data")
    (folder,) = (found for found in place.iterdir() if found.is_dir())
    (folder / "jupyter_server_ydoc").rename(folder / "not_imported")
    return folder


def test_it_is_the_version_that_the_image_has() -> None:
    locked = (labs.ROOT / "requirements/image.txt").read_text()
    (wanted,) = re.findall(r"^jupyter-server-ydoc==(\S+)", WANTED.read_text(), re.MULTILINE)
    assert re.findall(r"^jupyter-server-ydoc==(\S+)", locked, re.MULTILINE) == [wanted]
    assert version("jupyter-server-ydoc") == wanted


def test_upstreams_own_tests_hold(suite: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "our_rooms", "tests"]
    words += [f"--deselect={name}" for name in EXCEPTIONS]
    path = f"{labs.ROOT}/src:{labs.ROOT}/tests/upstream"
    environ = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        words, cwd=suite, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) >= 61
