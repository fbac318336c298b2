"""Versions of releases as in SemVer: three numbers; the highest version is the newest."""

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
        major: it increases if something changes on which people rely.
        minor: it increases if something is added.
        patch: it increases if an error is corrected.
    """

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        """Return it as people write it."""
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def tag(self) -> str:
        """The tag of the commit in git."""
        return f"v{self}"


def parse(text: str) -> Version | None:
    """Read a version; None if the text is no version.

    Args:
        text: the text that people write.
    """
    found = FORM.fullmatch(text)
    return Version(*map(int, found.groups())) if found else None


def newest(tags: Iterable[str]) -> Version | None:
    """Return the highest version of git's tags; None if no tag is a release's.

    Args:
        tags: all tags of the repository.
    """
    found = (parse(tag.removeprefix("v")) for tag in tags if tag.startswith("v"))
    return max((one for one in found if one is not None), default=None)
