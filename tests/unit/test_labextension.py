"""The sources of the labextension."""

from __future__ import annotations

import json
import re

from tests import labs

FOLDER = labs.ROOT / "labextension"


def test_it_is_built_for_the_jupyterlab_that_runs() -> None:
    locked = (labs.ROOT / "requirements/image.txt").read_text()
    package = json.loads((FOLDER / "package.json").read_text())
    assert f"\njupyterlab=={package['dependencies']['@jupyterlab/application']} " in locked


def test_its_packages_are_locked_by_what_is_in_them() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    for name, package in lock["packages"].items():
        if name:
            assert package["integrity"].startswith("sha512-"), name
            assert "resolved" not in package, name
    named = json.loads((FOLDER / "package.json").read_text())
    wanted = named["dependencies"] | named["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())


def test_every_word_that_it_shows_is_in_one_module() -> None:
    for file in (FOLDER / "src").glob("*.ts*"):
        shown = re.findall(r"\b(?:title|body|label|caption):\s*['\"`]", file.read_text())
        assert not shown, file.name
