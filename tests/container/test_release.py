"""A release of this checkout, made by its own command: the image's labels, the list of parts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests import labs
from tests.container.test_make import clone
from tests.old_volume import CERTIFICATES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TAG = "v99.0.0"
NAME = f"{labs.IMAGE}-of-release"
WHEN = "2026-11-28T09:30:00"
ENVIRONMENT = {
    "CA_BUNDLE": str(CERTIFICATES) if CERTIFICATES.exists() else "/dev/null",
    "IMAGE": NAME,
    "SOURCE": "https://git.classroom.test/lab",
    "SOURCE_DATE_EPOCH": "1795858200",
}
ENTRY = "\n\n- Something new.\n"


def run(folder: Path, *words: str) -> str:
    """Run a command in a folder, with a fixed release time; return what it prints."""
    environment = os.environ | ENVIRONMENT
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A clone that contains a release."""
    folder = clone(tmp_path_factory.mktemp("release") / "clone")
    changelog = folder / "CHANGELOG.md"
    changelog.write_text(changelog.read_text().replace("## Unreleased", f"## Unreleased{ENTRY}", 1))
    run(folder, "git", "init", "--quiet")
    run(folder, "git", "config", "user.name", "Mona")
    run(folder, "git", "config", "user.email", "mona@classroom.test")
    run(folder, "git", "add", ".")
    run(folder, "git", "commit", "--quiet", "--message", "All that is here")
    said = run(folder, sys.executable, "-m", "tools.cut_release", TAG.removeprefix("v"))
    assert f"git push origin HEAD {TAG}" in said
    yield folder
    subprocess.run(["docker", "rmi", f"{NAME}:{TAG}"], check=False, capture_output=True)


def in_image(*command: str) -> str:
    words = ["docker", "run", "--rm", "--entrypoint", command[0], f"{NAME}:{TAG}", *command[1:]]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_the_image_says_which_release_it_is_and_of_which_commit(released: Path) -> None:
    (found,) = json.loads(run(released, "docker", "image", "inspect", f"{NAME}:{TAG}"))
    labels = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in found["Config"]["Labels"].items()
    }
    assert labels == {
        "title": "Collaborative JupyterLab",
        "description": "One shared JupyterLab for a class",
        "licenses": "BSD-3-Clause",
        "version": TAG,
        "revision": run(released, "git", "rev-parse", f"{TAG}^{{commit}}").strip(),
        "created": f"{WHEN}+00:00",
        "source": ENVIRONMENT["SOURCE"],
    }
    assert found["Created"].startswith(WHEN), "not when it happened to be built"
    assert in_image("classroom", "version").strip() == TAG


def test_the_list_of_parts_has_what_is_installed_in_the_image(released: Path) -> None:
    listed = json.loads((released / "artifacts" / TAG / "sbom.cdx.json").read_text())
    found: dict[str, set[tuple[str, str]]] = {"deb": set(), "pypi": set()}
    for one in listed["components"]:
        kind = one["purl"].removeprefix("pkg:").split("/")[0]
        if one.get("scope") == "required":
            found[kind].add((one["name"], one["version"]))
    rows = in_image("dpkg-query", "--show", "--showformat=${Package} ${Version}\n").splitlines()
    assert found["deb"] == {(name, version) for name, version in map(str.split, rows)}
    script = (
        "import importlib.metadata as m, json, re;"
        "print(json.dumps([[re.sub('[-_.]+', '-', d.name).lower(), d.version]"
        " for d in m.distributions()]))"
    )
    installed = {(n, v) for n, v in json.loads(in_image("python", "-I", "-c", script))}
    ours = {(name, version) for name, version in installed if name == "classroom"}
    assert ours == {("classroom", TAG.removeprefix("v"))}
    assert found["pypi"] == installed - ours


def test_images_are_built_for_every_processor(released: Path) -> None:
    """Check docker-bake.hcl as docker buildx reads it; build no image for another processor."""
    words = ("docker", "buildx", "bake", "--file", "docker-bake.hcl", "--print", "images")
    found: dict[str, Any] = json.loads(run(released, *words))["target"]["images"]
    assert found["platforms"] == ["linux/amd64", "linux/arm64"]
    assert found["output"] == ["type=oci,dest=artifacts/images.tar"], "nothing is pushed"
    assert found["secret"] == [f"id=ca,src={ENVIRONMENT['CA_BUNDLE']}"]
