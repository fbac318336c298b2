"""List the labs that a person may enter, with the people in each, for Hub and lab pages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from jupyterhub.scopes import get_scopes_for, has_scope, parse_scopes

from classroom.hub.labs import members
from classroom.hub.labs.present import Present, present_in
from classroom.hub.labs.spawner import PersonalLab
from classroom.hub.sharing import service as sharing
from classroom.runtime.access_state import EDIT
from classroom.runtime.lab_room_names import hub_name, room_of
from classroom.runtime.paths import SERVICE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.hub.labs.service import PersonalLabs
    from classroom.hub.sharing.grants import GuestListing

DRIVE = "drive"
"""The role of tutors in every lab, and of owners in their own lab."""


class LabKind(Enum):
    """The kinds of labs."""

    CLASS = "class"
    ROOM = "room"
    PERSONAL = "personal"


@dataclass(frozen=True)
class EnterableLab:
    """A lab that somebody may enter.

    Attributes:
        kind: the class's lab, a room, or a personal lab.
        name: the room's or the owner's name; "" for the class's lab.
        hub_name: the Hub's name of its owner; "" for the class's lab, which is a service.
        address: its address, with a host if it has its own.
        role: the person's role: `DRIVE`, `classroom.runtime.access_state.EDIT` or ``VIEW``.
        is_own: whether it is the person's own lab.
        is_running: whether its server runs.
        may_start: whether the person may start it.
        may_stop: whether the person may stop it.
        present: the people who have it open, by name.
        is_pending: whether its server is being started or stopped.
        is_shared: whether its owner, or a tutor, shares it with the person, who may leave it.
    """

    kind: LabKind
    name: str
    hub_name: str
    address: str
    role: str
    is_own: bool = False
    is_running: bool = True
    may_start: bool = False
    may_stop: bool = False
    present: tuple[Present, ...] = ()
    is_pending: bool = False
    is_shared: bool = False

    @property
    def here(self) -> tuple[str, ...]:
        """The names of the people who have it open."""
        return tuple(one.name for one in self.present)


class LabListing:
    """List labs, also for a template. JupyterHub would call a function for every page."""

    def __init__(self, labs: PersonalLabs) -> None:
        """Remember the labs.

        Args:
            labs: all labs besides the class.
        """
        self._labs = labs

    def __deepcopy__(self, _: Any) -> LabListing:
        """Return this object: traitlets copies values of a configuration, but there must be one."""
        return self

    def may_enter(self, user: Any) -> list[EnterableLab]:
        """List the labs that a person may enter: the class, rooms, their own, others'.

        Args:
            user: the Hub's user (`jupyterhub.user.User`).
        """
        labs = self._labs
        scopes = parse_scopes(get_scopes_for(user.orm_user))
        people = sorted({user.name, *(lab.name for lab in labs.registry.all() if not lab.room)})
        own_first = sorted(people, key=lambda name: name != user.name)
        shares = sharing.of_app(labs.app)
        shared = shares.shared_with(user.name) if shares is not None else {}
        entered = self._of_owners(user, scopes, shared, [*self._rooms(), *own_first])
        return [*self._of_class(user, scopes), *entered]

    def _rooms(self) -> list[str]:
        """List the Hub's names of the rooms, in the order of the rooms' names."""
        return [hub_name(room) for room in sorted(self._labs.rooms)]

    def _of_owners(
        self, user: Any, scopes: Any, shared: Mapping[str, GuestListing], names: list[str]
    ) -> list[EnterableLab]:
        """Describe the labs of some owners that the person may enter."""
        users = self._labs.app.users
        known = [users[name] for name in names if users.get(name)]
        entered = [self._listed(user, scopes, shared.get(one.name), one) for one in known]
        return [one for one in entered if one is not None]

    def _of_class(self, user: Any, scopes: Any) -> list[EnterableLab]:
        """Describe the class's lab; nothing if the person may not enter it."""
        labs = self._labs
        if not has_scope(f"access:services!service={SERVICE}", scopes, db=labs.app.db):
            return []
        role = DRIVE if user.admin else EDIT
        address, present = str(labs.app.default_url), present_in(labs.paths.here)
        return [EnterableLab(LabKind.CLASS, "", "", address, role, present=present)]

    def _listed(
        self, user: Any, scopes: Any, share: GuestListing | None, owner: Any
    ) -> EnterableLab | None:
        """Describe a lab; None if the person may not enter it, or it can't exist."""

        def may(what: str) -> bool:
            wanted = f"{what}:servers!server={owner.name}/"
            return bool(has_scope(wanted, scopes, db=self._labs.app.db))

        room, is_own = room_of(owner.name), owner.name == user.name
        if not may("access") or not (room or self._labs.has_own):
            return None
        spawner = owner.spawners.get("")
        runs = isinstance(spawner, PersonalLab) and bool(spawner.ready)
        return EnterableLab(
            LabKind.ROOM if room else LabKind.PERSONAL,
            room or owner.name,
            owner.name,
            f"{owner.url}lab",
            self._role(user, room, share, is_own=is_own),
            is_own,
            runs,
            may("start"),
            may("delete"),
            present_in(self._labs.paths.of_lab(spawner.number).here) if runs else (),
            isinstance(spawner, PersonalLab) and bool(spawner.pending),
            share is not None,
        )

    def _role(self, user: Any, room: str, share: GuestListing | None, *, is_own: bool) -> str:
        if user.admin or is_own:
            return DRIVE
        theirs = (user.orm_user.user_info or {}).get(members.ORGANIZATIONS, ())
        found = members.role_of(self._labs.rooms[room], {user.name, *theirs}) if room else ""
        if share is not None and found != EDIT:
            return share.role
        return found or EDIT  # through a role that the tutor has configured
