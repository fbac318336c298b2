"""Who may be in the classroom: a decision on plain values."""

from __future__ import annotations

from dataclasses import dataclass

ORGANIZATION = "organization"
"""What `ADMITTED_BY` says of somebody whom no list names, only their GitHub organization."""
ADMITTED_BY = "admitted_by"
"""Key in JupyterHub's ``user_info`` that remembers it; the Hub can't ask GitHub again later."""


@dataclass(frozen=True)
class Allowlist:
    """The tutor's word on who may be in.

    Attributes:
        names: everybody who is named, tutors among them, lower case.
        blocked: who may not enter whatever else says so, lower case.
        organizations: whether members of GitHub organizations may enter.
        everybody: whether the configuration admits anybody (``allow_all`` and the like).
    """

    names: frozenset[str]
    blocked: frozenset[str] = frozenset()
    organizations: bool = False
    everybody: bool = False

    def admits(self, name: str, admitted_by: str | None = None) -> bool:
        """Say whether somebody who was in before may still be in.

        Args:
            name: the Hub's user name, lower case.
            admitted_by: how they came in, if not by name.
        """
        if name in self.blocked:
            return False
        by_organization = self.organizations and admitted_by == ORGANIZATION
        return self.everybody or name in self.names or by_organization
