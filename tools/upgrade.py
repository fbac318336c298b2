"""Upgrade a class to another image, with a backup before and a check after; go back on failure.

``make up`` does this if the release of the image that it has built differs from the release that
ran last. The lab stops first: a backup would not contain what people type after it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tools import backup
from tools.compose import (
    SERVICE,
    compose,
    current_state,
    image_name,
    log_of_container,
    project,
)

FOLDER = Path("backups")
KEPT_BACKUPS = 3
"""The number of upgrades' backups to keep; the tutor's own backups always stay."""
LABEL = "org.opencontainers.image.version"
OPEN_SECONDS = 180


class UpgradeError(Exception):
    """The upgrade can't be done, and nothing has changed; the text is for the person."""


@dataclass(frozen=True)
class Image:
    """An image of the lab.

    Attributes:
        id: the engine's id of it.
        release: the release that its build got; "" for none.
    """

    id: str
    release: str


@dataclass(frozen=True)
class Checked:
    """The result of ``classroom documents``.

    Attributes:
        opened: paths of documents that can be opened.
        failed: the reasons why others can't, by their paths.
    """

    opened: frozenset[str]
    failed: dict[str, str]


def is_upgrade(last: Image, new: Image) -> bool:
    """Say whether a start is an upgrade or a downgrade, to another release.

    Args:
        last: the image that ran last.
        new: the image that was just built.
    """
    return last.id != new.id and last.release != new.release


def broken(before: Checked | None, after: Checked | None) -> list[str]:
    """List what an upgrade has broken, one sentence each.

    Documents that could not be opened before do not count.

    Args:
        before: the result before the upgrade; None if there was no check.
        after: the result after the upgrade; None if the check failed.
    """
    if after is None:
        return ["The new lab doesn't say whether it can open documents."]
    if before is None and after.opened:
        return []  # the failed documents may have failed before the upgrade, too
    return [
        f"{path} can't be opened any more: {why}"
        for path, why in sorted(after.failed.items())
        if before is None or path in before.opened
    ]


def read(said: str) -> Checked | None:
    """Read the output of ``classroom documents``; None for any other output.

    Args:
        said: its standard output.
    """
    try:
        found = json.loads(said)
        return Checked(frozenset(found["opened"]), dict(found["failed"]))
    except (ValueError, TypeError, KeyError):
        return None


def superfluous(names: list[str]) -> list[str]:
    """Return the upgrades' backups to delete: all but the newest `KEPT_BACKUPS`.

    Args:
        names: the names of the folder's files.
    """
    ours = sorted(name for name in names if name.startswith("before-") and name.endswith(".tgz"))
    return ours[:-KEPT_BACKUPS]


def _asked(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False)


def _inspected(*words: str) -> Image | None:
    done = _asked(*words, "--format", "{{json .}}")
    if done.returncode != 0:
        return None
    found = json.loads(done.stdout)
    labels = found["Config"].get("Labels") or {}
    return Image(found.get("Image") or found["Id"], labels.get(LABEL, ""))


def built() -> Image:
    """Return the image that was just built.

    Raises:
        UpgradeError: there is none.
    """
    name = image_name()
    if (found := _inspected("image", "inspect", name)) is None:
        raise UpgradeError(f"Docker has no image {name}, which was just built.")
    return found


def remembered(of: str) -> str:
    """Return the name that keeps the image that ran last, also after later builds.

    Args:
        of: docker compose's name of the class.
    """
    return f"{of}:last"


def last() -> Image | None:
    """Return the image with which the class ran last; None if the class has no data.

    That is its container's image or, after ``make down``, the remembered image. Early releases
    remembered none: then it is the image with the class's name, which the next build replaces.
    """
    name = project()
    if _asked("volume", "inspect", f"{name}_data").returncode:
        return None
    container = compose("ps", "--all", "--quiet", SERVICE, quiet=True).stdout.split()
    if container and (found := _inspected("inspect", container[0])):
        return found
    names = (remembered(name), image_name())
    return next((found for one in names if (found := _inspected("image", "inspect", one))), None)


def remember(image: Image) -> None:
    """Remember an image as the last that ran: the next upgrade may have to go back to it."""
    _asked("tag", image.id, remembered(project()))


def documents() -> Checked | None:
    """Have the running lab check which documents it can open; None if that fails."""
    if current_state()[0] != "running":
        return None
    words = ("exec", "--no-TTY", SERVICE, "classroom", "documents")
    try:
        return read(compose(*words, quiet=True, seconds=OPEN_SECONDS).stdout)
    except subprocess.TimeoutExpired:
        return None


class Upgrade:
    """An upgrade of this folder's class."""

    def __init__(self, last: Image, new: Image) -> None:
        """Remember the images.

        Args:
            last: the image that ran last.
            new: the image that was built.
        """
        self.last, self.new = last, new
        self.name = time.strftime("%Y-%m-%dT%H-%M-%S")
        self.file = FOLDER / f"before-{self.name}.tgz"
        self._before: Checked | None = None

    def begin(self) -> None:
        """Stop the lab, and back up all data.

        Raises:
            UpgradeError: there is no backup; the lab goes on unchanged.
        """
        of = self.last.release or "an earlier release"
        print(f"Upgrade from {of} to {self.new.release}: the lab stops for a backup.", flush=True)
        self._before, runs = documents(), current_state()[0] == "running"
        if runs:
            compose("stop", quiet=True)
        FOLDER.mkdir(mode=0o700, exist_ok=True)
        try:
            backup.save(self.file)
        except (backup.BackupError, OSError) as error:
            if runs:
                compose("start", quiet=True)
            goes = " The lab goes on as it was." if runs else ""
            raise UpgradeError(f"Not upgraded: there is no backup ({error}).{goes}") from error
        for name in superfluous([file.name for file in FOLDER.iterdir()]):
            (FOLDER / name).unlink()

    def trouble(self) -> list[str]:
        """List what the new lab, which already answers, can't do any more; see `broken`."""
        return broken(self._before, documents())

    def back(self) -> bool:
        """Restore the previous image and data; say whether the lab can be started again."""
        log = FOLDER / f"failed-{self.name}.log"
        log.write_text(log_of_container(), encoding="utf-8")
        print(f"Back to the release before; the new one's log is in {log}.", file=sys.stderr)
        compose("stop", quiet=True)
        _asked("tag", self.last.id, image_name())
        with self.file.open("rb") as stream:
            done = subprocess.run(
                backup.command(running=False, word="restore-backup"),
                stdin=stream,
                check=False,
                stdout=subprocess.DEVNULL,
            )
        if done.returncode:
            sentence = f"The data could not be restored: make restore-backup FILE={self.file}."
            print(sentence, file=sys.stderr)
        return done.returncode == 0
