"""Which labs somebody may enter, and who is in each: for the Hub's home page, and for lab pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyterhub.scopes import has_scope

from classroom.hub.access.listing import read_here
from classroom.hub.labs.present import Present, present_in
from classroom.hub.labs.spawner import PersonalLab
from classroom.runtime.paths import SERVICE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.hub.labs.service import PersonalLabs


@dataclass(frozen=True)
class ListedLab:
    """A lab as pages show it to somebody who may enter it.

    Attributes:
        kind: "class" or "personal".
        owner: whose; "" for the class's.
        address: where it is.
        is_own: whether it is that of whoever looks.
        is_running: whether its server runs.
        role: "edit", or "view" for who may only look on.
        present: who has it open, by name.
    """

    kind: str
    owner: str
    address: str
    is_own: bool
    is_running: bool
    role: str
    present: tuple[Present, ...]

    @property
    def here(self) -> tuple[str, ...]:
        """The names of those who have it open."""
        return tuple(one.name for one in self.present)


class LabListing:
    """Lists labs for a template; no function, which JupyterHub would call for every page."""

    def __init__(self, labs: PersonalLabs) -> None:
        """Know them.

        Args:
            labs: all of people's own.
        """
        self._labs = labs

    def __deepcopy__(self, _: Any) -> LabListing:
        """Stay the one there is: traitlets copies what stands in a configuration."""
        return self

    def in_class(self) -> list[str]:
        """Return who has the class's lab open."""
        return sorted(read_here(self._labs.paths.here))

    def all_of(self, user: Any, scopes: Mapping[str, Any]) -> list[ListedLab]:
        """List all labs that somebody may enter: the class's, their own, and others'.

        Args:
            user: the Hub's.
            scopes: what they may, as the Hub parses it.
        """
        labs = self._labs
        found = self.of(user, scopes)
        if has_scope(f"access:services!service={SERVICE}", scopes, db=labs.app.db):
            present = present_in(labs.paths.here)
            address = str(labs.app.default_url)
            found.insert(0, ListedLab("class", "", address, False, True, "edit", present))  # noqa: FBT003
        return found

    def of(self, user: Any, scopes: Mapping[str, Any]) -> list[ListedLab]:
        """List the labs of people's own that somebody may enter, one's own first.

        Args:
            user: the Hub's, who looks.
            scopes: what they may, as the Hub has parsed it for the page.
        """
        labs = self._labs
        names = {user.name, *(lab.name for lab in labs.registry.all())}
        known = [labs.app.users[name] for name in names if labs.app.users.get(name)]
        found = [
            _listed(labs, one, is_own=one.name == user.name)
            for one in known
            if has_scope(f"access:servers!server={one.name}/", scopes, db=labs.app.db)
        ]
        return sorted(found, key=lambda one: (not one.is_own, one.owner))


def _listed(labs: PersonalLabs, user: Any, *, is_own: bool) -> ListedLab:
    spawner = user.spawners.get("")
    runs = isinstance(spawner, PersonalLab) and spawner.ready
    present = present_in(labs.paths.of_lab(spawner.number).here) if runs else ()
    # With a host in front, where each lab has its own.
    return ListedLab("personal", user.name, f"{user.url}lab", is_own, bool(runs), "edit", present)
