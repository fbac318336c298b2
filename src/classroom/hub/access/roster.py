"""The list of people, from the tutor's file and the admin page: the last change of each counts.

Both can add and remove people, and have equal rank. For each person the later change wins. A person
removed in the page stays out, across saves and restarts, until the page adds them again or the file
newly names them. A person added in the page stays in until the page removes them, or the file adds
them and later no longer names them. A save that doesn't change a person's entry changes nothing for
them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from classroom.runtime import files
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOBODY: frozenset[str] = frozenset()


def without(words: Mapping[str, bool], names: frozenset[str]) -> dict[str, bool]:
    """Drop the page's changes for some people, because the file has changed for them later."""
    return {name: word for name, word in words.items() if name not in names}


@dataclass(frozen=True)
class Roster:
    """The people in the file, and the page's later changes.

    All names are lower case.

    Attributes:
        listed: people whom the file names, including tutors.
        tutors: tutors whom the file names.
        page: by name, whether the page has added or removed somebody since the file's last change.
        page_tutors: by name, whether the page has made somebody a tutor or demoted them.
    """

    listed: frozenset[str] = NOBODY
    tutors: frozenset[str] = NOBODY
    page: Mapping[str, bool] = field(default_factory=dict)
    page_tutors: Mapping[str, bool] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """Everybody who is on the list."""
        added = {name for name, word in self.page.items() if word}
        return (self.listed | added) - self.out

    @property
    def out(self) -> frozenset[str]:
        """People whom the page has removed; they stay out even if another rule would admit them."""
        return frozenset(name for name, word in self.page.items() if not word)

    @property
    def all_tutors(self) -> frozenset[str]:
        """Everybody who is a tutor."""
        made = {name for name, word in self.page_tutors.items() if word}
        unmade = {name for name, word in self.page_tutors.items() if not word}
        return ((self.tutors | made) - unmade) - self.out

    def saved(self, listed: frozenset[str], tutors: frozenset[str]) -> Roster:
        """Apply a saved file.

        Args:
            listed: everybody whom it names, including tutors.
            tutors: its tutors.
        """
        return Roster(
            listed,
            tutors,
            without(self.page, self.listed ^ listed),
            without(self.page_tutors, self.tutors ^ tutors),
        )

    def added(self, name: str, *, tutor: bool) -> Roster:
        """Note that the page has added somebody."""
        return replace(
            self,
            page={**self.page, name: True},
            page_tutors={**self.page_tutors, name: tutor},
        )

    def removed(self, name: str) -> Roster:
        """Note that the page has removed somebody."""
        known = without(self.page_tutors, frozenset({name}))
        return replace(self, page={**self.page, name: False}, page_tutors=known)

    def appointed(self, name: str, *, tutor: bool) -> Roster:
        """Note that the page has made somebody a tutor, or has demoted them.

        A demoted person whom the file names only as a tutor stays on the list.
        """
        page = self.page if name in self.names else {**self.page, name: True}
        return replace(self, page=page, page_tutors={**self.page_tutors, name: tutor})

    def source(self, name: str) -> str:
        """Say which of the two admits somebody: "page", "file" or "" for neither."""
        if name in self.out:
            return ""
        if name in self.listed:
            return "file"
        return "page" if name in self.names else ""


def read(file: Path) -> Roster:
    """Read the roster; an empty one if there is no file.

    Raises:
        StartRefusedError: the file is damaged; without it, people whom the page has removed would
            be admitted again.
    """
    if not file.exists():
        return Roster()
    try:
        kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return Roster(
            frozenset(kept["listed"]), frozenset(kept["tutors"]), kept["page"], kept["page_tutors"]
        )
    except (ValueError, KeyError, TypeError):
        cure = "restore it from a backup, or remove it: then jupyterhub_config.py alone decides"
        raise StartRefusedError(
            [Problem(str(file), "is not readable as a list of people", cure)]
        ) from None


def write(file: Path, roster: Roster) -> None:
    """Write the roster.

    Args:
        file: the file on the volume, which only root can read.
        roster: the roster.
    """
    kept = asdict(roster) | {"listed": sorted(roster.listed), "tutors": sorted(roster.tutors)}
    files.write_private(file, json.dumps(kept, indent=1).encode())
