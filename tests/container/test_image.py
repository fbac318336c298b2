"""The image: its size and labels, and the tutor's own packages in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import docker
import pytest

from tests import labs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TAG = "collaborative_jupyterlab:test-requirements"
CONTEXT = (
    "Dockerfile",
    ".dockerignore",
    "pyproject.toml",
    "LICENSE",
    "requirements",
    "src",
    "nftables",
    "nginx",
    "labextension",
)
BUILT = shutil.ignore_patterns("node_modules", "lib", "dist")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Path]:
    """A copy of what goes into the image, for a build of its own."""
    for name in CONTEXT:
        source = labs.ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=BUILT)
        else:
            shutil.copy2(source, tmp_path / name)
    yield tmp_path
    subprocess.run(["docker", "rmi", "--force", TAG], check=False, capture_output=True)


def build(context: Path) -> subprocess.CompletedProcess[str]:
    bundle = os.environ.get("CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or os.devnull
    words = ["docker", "build", "--secret", f"id=ca,src={bundle}", "--tag", TAG, str(context)]
    return subprocess.run(words, check=False, capture_output=True, text=True)


def test_size_and_labels() -> None:
    image = docker.from_env().images.get(labs.IMAGE)
    assert image.attrs["Size"] <= 650_000_000
    assert image.labels["org.opencontainers.image.licenses"] == "BSD-3-Clause"
    assert image.attrs["Config"]["Entrypoint"] == ["tini", "--", "classroom", "boot"]
    words = image.attrs["Config"]["Healthcheck"]["Test"]
    assert words[:2] == ["CMD", "/usr/bin/setpriv"]
    assert words[-5:] == ["/opt/classroom/bin/python", "-I", "-m", "classroom", "health"]


def test_nothing_of_the_tutors_is_built_in(context: Path) -> None:
    """Whatever lies in the folder: only what .dockerignore names goes in."""
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


def test_the_tutors_packages_cannot_break_the_lab(context: Path) -> None:
    (context / "requirements.txt").write_text("jupyterhub==5.0.0\n")
    built = build(context)
    assert built.returncode != 0
    assert "jupyterhub==5.0.0" in built.stderr
    assert "unsatisfiable" in built.stderr
