"""This checkout as people get it: a published repository and a clone of it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WHO = ("-c", "user.name=Mona", "-c", "user.email=mona@classroom.test")
FIRST = "v1.0.0"


def git(folder: Path, *words: str) -> str:
    """Run git with a test's identity; return what it prints."""
    done = subprocess.run(
        ["git", "-C", str(folder), *WHO, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Repository:
    """A repository with a release of the content of a folder, which becomes a clone of it."""

    def __init__(self, place: Path, folder: Path) -> None:
        self.place, self._dev = place / "published", place / "dev"
        git(folder, "init", "--quiet", "--initial-branch", "main")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "--message", "All that is here")
        git(folder, "tag", "--annotate", "--message", "The first", FIRST)
        git(folder, "clone", "--quiet", "--bare", ".", str(self.place))
        git(folder, "remote", "add", "origin", str(self.place))
        git(folder, "fetch", "--quiet", "origin")
        git(folder, "branch", "--quiet", "--set-upstream-to", "origin/main")

    def release(self, tag: str, name: str, before: str, after: str) -> None:
        """Publish another release, in which a part of one file is replaced."""
        if not self._dev.exists():
            git(self.place, "clone", "--quiet", ".", str(self._dev))
        change(self._dev / name, before, after)
        git(self._dev, "commit", "--quiet", "--all", "--message", f"Change {name}")
        git(self._dev, "tag", "--annotate", "--message", f"Release {tag}", tag)
        git(self._dev, "push", "--quiet", "--follow-tags", "origin", "main")


def change(file: Path, before: str, after: str) -> None:
    """Replace a part of a file, which must exist."""
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
