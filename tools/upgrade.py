"""Upgrade a class to another image: a backup first, a look at documents after, and the way back.

``make up`` does this when the image that it has built is of another release than the one that ran
last. The lab stops first: what people type after a backup would not be in it.
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
"""Backups that upgrades have made which stay; the tutor's own are left alone."""
LABEL = "org.opencontainers.image.version"
OPEN_SECONDS = 180


class UpgradeError(Exception):
    """It can't be done, and nothing has changed; the text is what the person reads."""


@dataclass(frozen=True)
class Image:
    """An image of the lab.

    Attributes:
        id: the engine's.
        release: as its build was told; "" if it wasn't.
    """

    id: str
    release: str


@dataclass(frozen=True)
class Checked:
    """What ``classroom documents`` has found.

    Attributes:
        opened: paths of documents that can be opened.
        failed: why others can't, by their paths.
    """

    opened: frozenset[str]
    failed: dict[str, str]


def is_upgrade(last: Image, new: Image) -> bool:
    """Say whether a start is an upgrade, or a downgrade: of another release.

    Args:
        last: the image that ran last.
        new: the one that was just built.
    """
    return last.id != new.id and last.release != new.release


def broken(before: Checked | None, after: Checked | None) -> list[str]:
    """List what an upgrade has broken, a sentence each.

    A document that couldn't be opened before is nobody's fault now.

    Args:
        before: what the lab could open before; None if it wasn't asked.
        after: likewise, since; None if it didn't say.
    """
    if after is None:
        return ["The new lab doesn't say whether it can open documents."]
    if before is None and after.opened:
        return []  # nobody knows since when
    return [
        f"{path} can't be opened any more: {why}"
        for path, why in sorted(after.failed.items())
        if before is None or path in before.opened
    ]


def read(said: str) -> Checked | None:
    """Read what ``classroom documents`` has printed; None where it is something else.

    Args:
        said: its standard output.
    """
    try:
        found = json.loads(said)
        return Checked(frozenset(found["opened"]), dict(found["failed"]))
    except (ValueError, TypeError, KeyError):
        return None


def superfluous(names: list[str]) -> list[str]:
    """Choose the backups of upgrades that go: all but the newest.

    Args:
        names: of the folder's files.
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
    """Return the name under which the image that ran last is kept, whatever is built since.

    Args:
        of: docker compose's name of the class.
    """
    return f"{of}:last"


def last() -> Image | None:
    """Return the image that the class ran with last; None where there is no data of it.

    That is the one of its container or, after ``make down``, the one remembered. Early releases
    remembered none: then it is the one with the class's name, which the next build takes from it.
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
    """Keep an image as the one that ran last: the next upgrade may have to go back to it."""
    _asked("tag", image.id, remembered(project()))


def documents() -> Checked | None:
    """Ask the lab that runs which documents it opens; None if it doesn't say."""
    if current_state()[0] != "running":
        return None
    words = ("exec", "--no-TTY", SERVICE, "classroom", "documents")
    try:
        return read(compose(*words, quiet=True, seconds=OPEN_SECONDS).stdout)
    except subprocess.TimeoutExpired:
        return None


class Upgrade:
    """One upgrade of this folder's class."""

    def __init__(self, last: Image, new: Image) -> None:
        """Do nothing yet.

        Args:
            last: the image that ran last.
            new: the one that was built.
        """
        self.last, self.new = last, new
        self.name = time.strftime("%Y-%m-%dT%H-%M-%S")
        self.file = FOLDER / f"before-{self.name}.tgz"
        self._before: Checked | None = None

    def begin(self) -> None:
        """Stop the lab, and back everything up.

        Raises:
            UpgradeError: there is no backup; the lab goes on as it was.
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
        """Say what is wrong with the new lab, which answers; nothing if all is well."""
        return broken(self._before, documents())

    def back(self) -> bool:
        """Go back to the image and the data of before; say whether the lab can be started again."""
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
            print(f"The data could not be restored: make restore-backup FILE={self.file}.")
        return done.returncode == 0
