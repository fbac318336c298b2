"""Which labs somebody may enter, for the Hub's home page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyterhub.scopes import has_scope
from jupyterhub.utils import url_escape_path

from classroom.hub.access.listing import read_here
from classroom.hub.labs.spawner import PersonalLab

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.hub.labs.service import PersonalLabs


@dataclass(frozen=True)
class ListedLab:
    """A lab as the page shows it.

    Attributes:
        owner: whose; the class's is nobody's.
        address: where it is.
        is_own: whether it is that of whoever looks.
        is_running: whether its server runs.
        here: who has it open.
    """

    owner: str
    address: str
    is_own: bool
    is_running: bool
    here: tuple[str, ...]


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
    here = read_here(labs.paths.of_lab(spawner.number).here) if runs else set()
    address = f"/user/{url_escape_path(user.name)}/lab"
    return ListedLab(user.name, address, is_own, bool(runs), tuple(sorted(here)))
