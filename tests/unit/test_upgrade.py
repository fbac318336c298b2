"""What an upgrade decides, with plain values."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import labs
from tools import release, upgrade
from tools.upgrade import Checked, Image

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("last", "new", "is_upgrade"),
    [
        (Image("a", "1.0"), Image("b", "1.1"), True),
        (Image("a", "1.1"), Image("b", "1.0"), True),  # the way back is just as dangerous
        (Image("a", ""), Image("b", "1.0"), True),  # from before images had a release label
        (Image("a", "1.0"), Image("b", "1.0"), False),  # the tutor has added a package
        (Image("a", "1.0"), Image("a", "1.0"), False),
    ],
)
def test_another_release_is_an_upgrade(last: Image, new: Image, *, is_upgrade: bool) -> None:
    assert upgrade.is_upgrade(last, new) is is_upgrade


def checked(*opened: str, **failed: str) -> Checked:
    return Checked(frozenset(opened), failed)


def test_what_could_be_opened_before_is_broken() -> None:
    before = checked("a.ipynb", "b.ipynb", damaged="not a notebook")
    assert upgrade.broken(before, checked("a.ipynb", "b.ipynb", damaged="not a notebook")) == []
    assert upgrade.broken(before, checked("a.ipynb")) == []  # other documents are newer now
    (said,) = upgrade.broken(before, Checked(frozenset({"a.ipynb"}), {"b.ipynb": "no room"}))
    assert said == "b.ipynb can't be opened any more: no room"


def test_without_a_word_of_the_lab_before_not_all_may_fail() -> None:
    assert upgrade.broken(None, checked("a.ipynb", damaged="not a notebook")) == []
    assert upgrade.broken(None, checked()) == []
    (said,) = upgrade.broken(None, checked(x="no room"))
    assert said == "x can't be opened any more: no room"


def test_a_lab_that_says_nothing_is_broken() -> None:
    assert upgrade.broken(checked("a.ipynb"), None) == [
        "The new lab doesn't say whether it can open documents."
    ]


@pytest.mark.parametrize("said", ["", "usage: classroom", "[]", '{"opened": 1}', '{"opened": []}'])
def test_what_is_no_answer_is_none(said: str) -> None:
    """For example, the output of a lab that doesn't have this command."""
    assert upgrade.read(said) is None


def test_an_answer_is_read() -> None:
    said = json.dumps({"opened": ["a"], "failed": {"b": "why"}})
    assert upgrade.read(said) == Checked(frozenset({"a"}), {"b": "why"})


def test_the_newest_backups_stay_and_the_tutors_own() -> None:
    names = [f"before-2026-11-0{day}T00-00-00.tgz" for day in range(1, 6)]
    mine = ["before-exam.tar", "mine.tgz", "before-2026-10-01.tgz.part", "failed-2026.log"]
    assert upgrade.superfluous([*reversed(names), *mine]) == names[:2]
    assert upgrade.superfluous(names[:3]) == []


def test_a_clone_is_named_by_git_and_an_archive_by_what_is_in_it(tmp_path: Path) -> None:
    for name in ("src", "requirements", "labextension/src", "nginx", "nftables", "locale"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").write_text(name)
    (tmp_path / "Dockerfile").write_text("FROM scratch")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    first = release.release(tmp_path)
    assert first.startswith("1.2.3+")
    (tmp_path / "src/__pycache__").mkdir()
    (tmp_path / "src/__pycache__/file.pyc").write_text("made")
    (tmp_path / "materials").mkdir()
    assert release.release(tmp_path) == first
    (tmp_path / "src/file").write_text("changed")
    assert release.release(tmp_path) != first

    git = ["git", "-C", str(tmp_path), "-c", "user.name=T", "-c", "user.email=t@classroom.test"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "First"], ["tag", "v9.0"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    assert release.release(tmp_path) == "v9.0"
    (tmp_path / "src/file").write_text("changed again")
    assert release.release(tmp_path) == "v9.0-dirty"


def test_all_that_goes_into_the_image_makes_a_release() -> None:
    """The tutor's own files change no file that the build may see."""
    seen = (labs.ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    own = {"requirements.txt", "apt.txt", "postBuild"}
    built = {line[1:].split("/")[0] for line in seen if line.startswith("!")} - own
    assert built - {"pyproject.toml", "LICENSE"} <= {one.split("/")[0] for one in release.SOURCES}
