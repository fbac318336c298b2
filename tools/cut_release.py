"""Make a release in this clone: changelog, commit, image, list of parts, tag. Nothing is pushed.

Run as ``.venv/bin/python -m tools.cut_release VERSION`` (``make release VERSION=1.2.0``).
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from tools import changelog, engine, images, release, sbom, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tools.versions import Version

CHANGELOG, PROJECT = "CHANGELOG.md", "pyproject.toml"
NOTES, PARTS = "notes.md", "sbom.cdx.json"
SHOWN_FILES = 5


class ReleaseError(Exception):
    """There is no release, and the clone is unchanged; the text is for the person."""


class Git:
    """git in a clone, with a fixed time."""

    def __init__(self, root: Path, when: dt.datetime) -> None:
        """Remember the clone and the time.

        Args:
            root: the clone's folder.
            when: the time of commits and tags.
        """
        self.root = root
        stamp = f"{when.timestamp():.0f} +0000"
        dates = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        self._environment = {**os.environ, **dates}

    def __call__(self, *words: str) -> str:
        """Run git, and return its output.

        Raises:
            ReleaseError: it failed, or is not installed.
        """
        try:
            done = subprocess.run(
                ["git", *words],
                cwd=self.root,
                env=self._environment,
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError as error:
            raise ReleaseError(f"git can't be run ({error.strerror}).") from error
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise ReleaseError(f"git {words[0]} failed, so there is no release. It says:\n\n{said}")
        return done.stdout


def refusal(wanted: str, tags: Sequence[str], changed: Sequence[str], written: str) -> str:
    """Explain in a sentence why there can't be such a release; "" if there can.

    Args:
        wanted: the version.
        tags: all tags of the clone.
        changed: files that differ from the last commit.
        written: the changelog's text.
    """
    if (version := versions.parse(wanted)) is None:
        what = f"VERSION={wanted} is no version" if wanted else "VERSION is missing"
        return f"{what}: give three numbers as SemVer has them, such as make release VERSION=1.2.0."
    if changed:
        more = f" and {len(changed) - SHOWN_FILES} more" if len(changed) > SHOWN_FILES else ""
        named = ", ".join(changed[:SHOWN_FILES])
        return f"A release is what git has: commit or remove {named}{more} first."
    if version.tag in tags:
        return f"There is a release {version} already: its tag is {version.tag}."
    last = versions.newest(tags)
    if last is not None and version < last:
        return f"{version} is not above {last}, the last release."
    if not changelog.unreleased(written):
        return f"{CHANGELOG} has no entry under Unreleased: write down what people notice."
    return ""


def changed_files(git: Git) -> list[str]:
    """List the files that differ from the last commit, and untracked files."""
    said = git("status", "--porcelain", "--no-renames", "--untracked-files=all", "-z")
    return [row[3:] for row in said.split("\0") if row]


def commit(git: Git, version: Version, date: str) -> str:
    """Give the changes since the last release the version, and commit that.

    Args:
        git: git in the clone.
        version: the release's version.
        date: the release's date.

    Returns:
        The new entries of the changelog.

    Raises:
        ReleaseError: git does not commit.
    """
    file, project = git.root / CHANGELOG, git.root / PROJECT
    text = file.read_text(encoding="utf-8")
    file.write_text(changelog.cut(text, str(version), date), encoding="utf-8")
    found = project.read_text(encoding="utf-8")
    named = release.VERSION.sub(f'version = "{version}"', found, count=1)
    project.write_text(named, encoding="utf-8")
    git("commit", "--quiet", "--message", f"Release {version}", "--", CHANGELOG, PROJECT)
    return changelog.unreleased(text)


def parts(git: Git, version: Version, when: dt.datetime, debian: str) -> str:
    """List the packages in the image.

    Args:
        git: git in the clone.
        version: the release's version.
        when: the release's time.
        debian: the value of `sbom.Sources.debian`.

    Raises:
        SbomError: the list would be wrong.
    """

    def read(path: str) -> str:
        return (git.root / path).read_text(encoding="utf-8")

    image, built = read("requirements/image.txt"), read("requirements/build.txt")
    npm = read("labextension/package-lock.json")
    sources = sbom.Sources(image, built, npm, debian, engine.PYTHON, engine.SUITE)
    return sbom.document(str(version), when, sources)


def debian_packages(version: Version) -> str:
    """Build the image for this machine's processor, and list its Debian packages.

    Args:
        version: the release's version.

    Raises:
        ImagesError: it can't be built.
        ReleaseError: it can't be run.
    """
    print("Building the image: minutes the first time.", flush=True)
    name = images.bake(images.ONE, tag=version.tag)
    words = ["--show", f"--showformat={sbom.DPKG}"]
    done = subprocess.run(
        ["docker", "run", "--rm", "--network", "none", "--entrypoint", "dpkg-query", name, *words],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ReleaseError(f"The image {name} can't be run: {done.stderr.strip()}")
    return done.stdout


def make(git: Git, wanted: str, when: dt.datetime, packages: Callable[[Version], str]) -> Path:
    """Make a release; if a step fails, restore the clone.

    Args:
        git: git in the clone.
        wanted: the version.
        when: the release's time.
        packages: builds the release's image, and lists its Debian packages.

    Returns:
        The folder with the release's files that are not in the clone.

    Raises:
        ReleaseError: there can't be such a release.
        ImagesError: there is no image.
        SbomError: the list of parts would be wrong.
    """
    tags = git("tag", "--list").split()
    written = (git.root / CHANGELOG).read_text(encoding="utf-8")
    if said := refusal(wanted, tags, changed_files(git), written):
        raise ReleaseError(said)
    version = versions.parse(wanted)
    assert version is not None  # noqa: S101 (or it is refused)
    before = git("rev-parse", "HEAD").strip()
    folder = git.root / "artifacts" / version.tag
    try:
        notes = commit(git, version, f"{when:%Y-%m-%d}")
        listed = parts(git, version, when, packages(version))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PARTS).write_text(listed, encoding="utf-8")
        (folder / NOTES).write_text(f"{notes}\n", encoding="utf-8")
        git("tag", "--annotate", "--message", f"Release {version}", version.tag)
    except BaseException:
        git("reset", "--quiet", "--keep", before)
        git("restore", "--staged", "--worktree", "--", CHANGELOG, PROJECT)
        raise
    return folder


def moment() -> dt.datetime:
    """Return the release's time: now, or the time of ``SOURCE_DATE_EPOCH``.

    Raises:
        ReleaseError: the variable is no time.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH") or f"{time.time():.0f}"
    try:
        return dt.datetime.fromtimestamp(int(given), dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        what = f"SOURCE_DATE_EPOCH={given} is no time: give seconds since 1970."
        raise ReleaseError(what) from error


def main() -> int:
    """Make the release that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="make release", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("version", nargs="?", default="", help="of the release, such as 1.2.0")
    wanted = parser.parse_args().version
    try:
        when = moment()
        git = Git(release.ROOT, when)
        folder = make(git, wanted, when, debian_packages)
    except (ReleaseError, images.ImagesError, sbom.SbomError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Release {wanted} is in this clone: a commit, its tag v{wanted}, the image, and")
    for file in sorted(folder.iterdir()):
        print(f"  {file.relative_to(release.ROOT)}")
    print(f"Nothing is published. To publish it: git push origin HEAD v{wanted}")
    print("make images builds the images for every processor.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
