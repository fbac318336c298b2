"""A release is made in a clone, completely or not at all; the clones here are real."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import labs
from tools import changelog, cut_release, release, versions
from tools.cut_release import NOTES, PARTS, Git, ReleaseError
from tools.images import ImagesError
from tools.versions import Version

if TYPE_CHECKING:
    from pathlib import Path

WHEN = dt.datetime(2026, 11, 28, 9, 30, tzinfo=dt.UTC)
ENTRY = "- A release is cut by one command."
WRITTEN = f"""# Changelog

What people notice.

## Unreleased

### Added

{ENTRY}

## 1.0.0 - 2026-10-01

### Added

- The first.
"""
COPIED = ("requirements/image.txt", "requirements/build.txt", "labextension/package-lock.json")
INSTALLED = "installed restic 0.18.0-1+b1 amd64\nconfig-files nano 8.4-1 amd64\n"


def packages(_: Version) -> str:
    """Return the packages of the image, which tests/container/test_release.py builds."""
    return INSTALLED


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """A clone with a release, 1.0.0, and a commit after it."""
    (tmp_path / "CHANGELOG.md").write_text(WRITTEN)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "classroom"\nversion = "1.0.0"\n')
    (tmp_path / ".gitignore").write_text("/artifacts/\n")
    for name in COPIED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((labs.ROOT / name).read_text())
    made = Git(tmp_path, WHEN)
    for words in (
        ("init", "--quiet"),
        ("config", "user.name", "Mona"),
        ("config", "user.email", "mona@classroom.test"),
        ("add", "."),
        ("commit", "--quiet", "--message", "First"),
        ("tag", "v1.0.0"),
        ("commit", "--quiet", "--allow-empty", "--message", "Second"),
    ):
        made(*words)
    return made


def state(git: Git) -> tuple[str, str, str]:
    """Return a clone's state: its last commit, its tags, and what differs from that commit."""
    tags = git("tag", "--list", "--format=%(refname) %(objectname)")
    return git("rev-parse", "HEAD"), tags, git("status", "--porcelain")


def test_a_release_is_a_commit_a_tag_and_two_files(git: Git) -> None:
    folder = cut_release.make(git, "1.1.0", WHEN, packages)

    text = (git.root / "CHANGELOG.md").read_text()
    assert f"## Unreleased\n\n## 1.1.0 - 2026-11-28\n\n### Added\n\n{ENTRY}\n\n## 1.0.0" in text
    assert text.replace("\n## 1.1.0 - 2026-11-28\n", "") == WRITTEN, "nothing else is changed"
    assert 'version = "1.1.0"' in (git.root / "pyproject.toml").read_text()
    last = git("log", "-1", "--format=%s, %ct").strip()
    assert last == f"Release 1.1.0, {WHEN.timestamp():.0f}"
    assert git("cat-file", "-t", "v1.1.0").strip() == "tag", "with who made it, and when"
    assert release.release(git.root) == "v1.1.0"
    assert git("status", "--porcelain") == ""
    assert (folder / NOTES).read_text() == f"### Added\n\n{ENTRY}\n"
    listed = json.loads((folder / PARTS).read_text())
    assert listed["metadata"]["component"]["version"] == "1.1.0"
    assert listed["metadata"]["timestamp"] == WHEN.isoformat()
    assert {"restic"} == {
        one["name"] for one in listed["components"] if one["purl"].startswith("pkg:deb/")
    }


def test_the_same_release_is_the_same_whenever_it_is_made(git: Git) -> None:
    folder = cut_release.make(git, "1.1.0", WHEN, packages)
    first = state(git), (folder / PARTS).read_bytes()
    git("tag", "--delete", "v1.1.0")
    git("reset", "--quiet", "--hard", "HEAD~1")
    cut_release.make(git, "1.1.0", WHEN, packages)
    assert (state(git), (folder / PARTS).read_bytes()) == first


def test_what_docker_bake_is_told_is_the_commits(git: Git) -> None:
    git("tag", "v1.0.1")
    assert release.variables(git.root) == {
        "RELEASE": "v1.0.1",
        "REVISION": git("rev-parse", "HEAD").strip(),
        "CREATED": "2026-11-28T09:30:00+00:00",
        "SOURCE_DATE_EPOCH": str(int(WHEN.timestamp())),
    }


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("", "VERSION is missing: give three numbers as SemVer has them, such as make release"),
        ("1.1", "VERSION=1.1 is no version: give three numbers"),
        ("v1.1.0", "VERSION=v1.1.0 is no version"),
        ("1.01.0", "VERSION=1.01.0 is no version"),
        ("1.1.0-rc.1", "VERSION=1.1.0-rc.1 is no version"),
        ("1.1.\N{ARABIC-INDIC DIGIT ONE}", "is no version"),
        ("1.0.0", "There is a release 1.0.0 already: its tag is v1.0.0."),
        ("0.9.9", "0.9.9 is not above 1.0.0, the last release."),
    ],
)
def test_a_version_that_cant_be_is_a_sentence(git: Git, wanted: str, said: str) -> None:
    before = state(git)
    with pytest.raises(ReleaseError) as refused:
        cut_release.make(git, wanted, WHEN, packages)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert state(git) == before


def test_a_clone_with_changes_is_a_sentence(git: Git) -> None:
    (git.root / "new file.py").write_text("")
    (git.root / "pyproject.toml").write_text("changed")
    before = state(git)
    with pytest.raises(ReleaseError) as refused:
        cut_release.make(git, "1.1.0", WHEN, packages)
    said = "A release is what git has: commit or remove pyproject.toml, new file.py first."
    assert str(refused.value) == said
    assert state(git) == before


def test_of_many_changes_some_are_named() -> None:
    said = cut_release.refusal("1.0.0", [], [f"{number}.py" for number in range(7)], WRITTEN)
    assert "remove 0.py, 1.py, 2.py, 3.py, 4.py and 2 more first" in said


@pytest.mark.parametrize("left", ["", "### Added\n\n### Fixed\n\n", "Nothing yet.\n\n"])
def test_nothing_new_is_a_sentence(git: Git, left: str) -> None:
    text = WRITTEN.replace(f"### Added\n\n{ENTRY}\n\n", left)
    (git.root / "CHANGELOG.md").write_text(text)
    git("commit", "--quiet", "--all", "--message", "Third")
    with pytest.raises(ReleaseError) as refused:
        cut_release.make(git, "1.1.0", WHEN, packages)
    said = "CHANGELOG.md has no entry under Unreleased: write down what people notice."
    assert str(refused.value) == said


def test_a_folder_without_git_is_told_in_gits_words(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"no release\. It says:\n\nfatal: not a git"):
        cut_release.make(Git(tmp_path, WHEN), "1.1.0", WHEN, packages)


def test_without_an_image_the_clone_is_as_it_was(git: Git) -> None:
    before = state(git)

    def fail(_: Version) -> str:
        assert git("log", "-1", "--format=%s").strip() == "Release 1.1.0", "it is built of that"
        raise ImagesError("The disk is full.")

    with pytest.raises(ImagesError):
        cut_release.make(git, "1.1.0", WHEN, fail)
    assert state(git) == before
    cut_release.make(git, "1.1.0", WHEN, packages)


def test_without_a_commit_the_clone_is_as_it_was(git: Git) -> None:
    """git may not know the committer, or a hook may reject the commit."""
    hook = git.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no commits today >&2\nexit 1\n")
    hook.chmod(0o755)
    before = state(git)
    with pytest.raises(ReleaseError, match=r"git commit failed.*\n\nno commits today"):
        cut_release.make(git, "1.1.0", WHEN, packages)
    assert state(git) == before
    assert (git.root / "CHANGELOG.md").read_text() == WRITTEN


def test_the_first_release_needs_no_other(git: Git) -> None:
    git("tag", "--delete", "v1.0.0")
    cut_release.make(git, "0.1.0", WHEN, packages)
    assert release.release(git.root) == "v0.1.0"


@pytest.mark.parametrize(
    ("tags", "newest"),
    [
        ([], None),
        (["v1.9.0", "v1.10.0", "v1.2.0"], Version(1, 10, 0)),  # in numeric order, not alphabetic
        (["v2.0.0-rc.1", "1.3.0", "backup", "v1"], None),
    ],
)
def test_the_last_release_is_the_highest(tags: list[str], newest: Version | None) -> None:
    assert versions.newest(tags) == newest


def test_this_changelog_can_be_cut() -> None:
    text = (labs.ROOT / "CHANGELOG.md").read_text()
    found = changelog.unreleased(text)
    after = changelog.cut(text, "99.0.0", "2026-11-28")
    assert changelog.unreleased(after) == ""
    assert not found or after.count(found) == 1


@pytest.mark.parametrize(("given", "said"), [("tomorrow", "is no time"), ("9" * 30, "is no time")])
def test_what_is_no_time_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, given: str, said: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    with pytest.raises(ReleaseError, match=said):
        cut_release.moment()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(WHEN.timestamp())))
    assert cut_release.moment() == WHEN


def test_the_command_says_why_not() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.cut_release", "1.2"],
        cwd=labs.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "VERSION=1.2 is no version" in done.stderr
    assert "Traceback" not in done.stderr
