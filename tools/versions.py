"""Versions of releases, as SemVer has them: three numbers, the highest is the newest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NUMBER = r"(0|[1-9]\d*)"
FORM = re.compile(rf"{NUMBER}\.{NUMBER}\.{NUMBER}", re.ASCII)


@dataclass(frozen=True, order=True)
class Version:
    """A release's version.

    Attributes:
        major: goes up if something that people rely on changes.
        minor: goes up if something new is there.
        patch: goes up if something is mended.
    """

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        """Write it as people do."""
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def tag(self) -> str:
        """What git calls the commit."""
        return f"v{self}"


def parse(text: str) -> Version | None:
    """Read a version; None where it is something else.

    Args:
        text: as people write it.
    """
    found = FORM.fullmatch(text)
    return Version(*map(int, found.groups())) if found else None


def newest(tags: Iterable[str]) -> Version | None:
    """Return the highest version of git's tags; None if no tag is a release's.

    Args:
        tags: all of the repository.
    """
    found = (parse(tag.removeprefix("v")) for tag in tags if tag.startswith("v"))
    return max((one for one in found if one is not None), default=None)
