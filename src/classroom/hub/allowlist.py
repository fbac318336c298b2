"""Who may be in the classroom: a decision on plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ADMITTED_BY = "admitted_by"
"""Key in JupyterHub's ``user_info`` with the GitHub organizations that let somebody in whom no
list names: those allowed at the time. The Hub can't ask GitHub again later which it was."""


@dataclass(frozen=True)
class Allowlist:
    """The tutor's word on who may be in.

    Attributes:
        names: everybody who is named, tutors among them, lower case.
        blocked: who may not enter whatever else says so, lower case.
        organizations: GitHub organizations whose members may enter, lower case.
        everybody: whether the configuration admits anybody (``allow_all`` and the like).
    """

    names: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    everybody: bool = False

    def admits(self, name: str, admitted_by: Iterable[str] = ()) -> bool:
        """Say whether somebody who was in before may still be in.

        Args:
            name: the Hub's user name, lower case.
            admitted_by: the organizations that were allowed when they came in by one of them.
                If any of these has gone they must show again that another lets them in.
        """
        if name in self.blocked:
            return False
        then = frozenset(admitted_by)
        by_organization = bool(then) and then <= self.organizations
        return self.everybody or name in self.names or by_organization
