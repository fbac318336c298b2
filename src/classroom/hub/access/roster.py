"""Who is on the list, by file and by page: the last word about a person counts.

The tutor's file names people, and so does the Hub's admin page. Neither is above the other. For
each person the later change wins: who was removed in the page stays out, across saves and
restarts, until the page adds them again or the file newly names them; who was added in the page
stays in until the page removes them or the file, having named them, no longer does. A save that
doesn't touch a person's name says nothing about them.
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
    """Forget what the page has said of some people: the file has changed its mind on them."""
    return {name: word for name, word in words.items() if name not in names}


@dataclass(frozen=True)
class Roster:
    """What the file says, and what the page has said since.

    All names are lower case.

    Attributes:
        listed: people whom the file names, its tutors among them.
        tutors: tutors whom the file names.
        page: by name, whether the page has let somebody in or out since the file's last word.
        page_tutors: by name, whether the page has made somebody a tutor or no longer one.
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
        """Whom the page has removed; they stay out whatever else would let them in."""
        return frozenset(name for name, word in self.page.items() if not word)

    @property
    def all_tutors(self) -> frozenset[str]:
        """Everybody who is a tutor."""
        made = {name for name, word in self.page_tutors.items() if word}
        unmade = {name for name, word in self.page_tutors.items() if not word}
        return ((self.tutors | made) - unmade) - self.out

    def saved(self, listed: frozenset[str], tutors: frozenset[str]) -> Roster:
        """Take over what the file says now.

        Args:
            listed: everybody whom it names, tutors among them.
            tutors: its tutors.
        """
        return Roster(
            listed,
            tutors,
            without(self.page, self.listed ^ listed),
            without(self.page_tutors, self.tutors ^ tutors),
        )

    def added(self, name: str, *, tutor: bool) -> Roster:
        """Take over that the page has added somebody."""
        return replace(
            self,
            page={**self.page, name: True},
            page_tutors={**self.page_tutors, name: tutor},
        )

    def removed(self, name: str) -> Roster:
        """Take over that the page has removed somebody."""
        known = without(self.page_tutors, frozenset({name}))
        return replace(self, page={**self.page, name: False}, page_tutors=known)

    def appointed(self, name: str, *, tutor: bool) -> Roster:
        """Take over that the page has made somebody a tutor, or no longer one.

        Who is one only by the file was in by that as well: they stay in.
        """
        page = self.page if name in self.names else {**self.page, name: True}
        return replace(self, page=page, page_tutors={**self.page_tutors, name: tutor})

    def source(self, name: str) -> str:
        """Say where somebody's place comes from: "page", "file" or "" for neither."""
        if name in self.out:
            return ""
        if name in self.listed:
            return "file"
        return "page" if name in self.names else ""


def read(file: Path) -> Roster:
    """Read the roster as it was kept; an empty one when there is none.

    Raises:
        StartRefusedError: the file is no roster; without it, whom the page has removed would be
            back.
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
    """Keep the roster.

    Args:
        file: root's alone, on the volume.
        roster: to keep.
    """
    kept = asdict(roster) | {"listed": sorted(roster.listed), "tutors": sorted(roster.tutors)}
    files.write_private(file, json.dumps(kept, indent=1).encode())
