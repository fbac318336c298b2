"""Decide which labs a person may enter, and which lab gets their copies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyterhub import orm
from jupyterhub.scopes import get_scopes_for, has_scope, parse_scopes

from classroom.runtime.lab_room_names import hub_name, room_of
from classroom.runtime.lab_users import CLASS
from classroom.runtime.paths import SERVICE

if TYPE_CHECKING:
    from classroom.hub.access.service import Access
    from classroom.hub.labs.service import PersonalLabs


@dataclass(frozen=True)
class KnownLab:
    """A lab that exists now.

    Attributes:
        number: its number, which never changes.
        owner: the Hub's name of its owner, a person or a room; "" for the class's lab.
    """

    number: int
    owner: str = ""

    @property
    def room(self) -> str:
        """The room's name; "" for any other lab."""
        return room_of(self.owner)


class LabAccess:
    """Answers from the running Hub, for one event loop."""

    def __init__(self, access: Access, labs: PersonalLabs | None) -> None:
        """Remember the parts that know people and labs.

        Args:
            access: decides who may be in.
            labs: those besides the class; None if there can be none.
        """
        self._access, self._labs = access, labs

    def accounts(self) -> dict[str, str]:
        """Return a text for each person; it differs for a later person of the same name."""
        people = self._access.app.db.query(orm.User).all()
        return {
            one.name: f"{one.id} {one.created.isoformat() if one.created else ''}"
            for one in people
            if self._access.admits(one)
        }

    def of_owner(self, owner: str) -> KnownLab | None:
        """Return a lab that is open; None if there is none.

        Args:
            owner: the Hub's name of its owner; "" for the class's lab.
        """
        if not owner:
            return KnownLab(CLASS)
        if self._labs is None:
            return None
        whose = self._labs.owner(owner)
        found = self._labs.registry.find(whose) if whose else None
        return self.of_number(found.number) if found else None

    def of_number(self, number: int) -> KnownLab | None:
        """Return an open lab; None if it is closed, being deleted, or has no owner any more.

        Args:
            number: the lab's number.
        """
        if number == CLASS:
            return KnownLab(CLASS)
        if (labs := self._labs) is None or number in labs.leaving:
            return None
        lab = next((one for one in labs.registry.all() if one.number == number), None)
        if lab is None:
            return None
        if lab.room:
            return KnownLab(number, hub_name(lab.room)) if lab.room in labs.rooms else None
        is_theirs = labs.has_own and labs.owner(lab.name) == lab.owner
        return KnownLab(number, lab.name) if is_theirs else None

    def may_enter(self, name: str, lab: KnownLab) -> bool:
        """Say whether somebody may enter a lab.

        Args:
            name: the person's name.
            lab: which.
        """
        db = self._access.app.db
        if (user := orm.User.find(db, name)) is None:
            return False
        scope = f"access:servers!server={lab.owner}/"
        if lab.number == CLASS:
            scope = f"access:services!service={SERVICE}"
        return bool(has_scope(scope, parse_scopes(get_scopes_for(user)), db=db))

    def is_guest(self, name: str, lab: KnownLab) -> bool:
        """Say whether a person would enter a lab as a guest, whom its owner may have removed.

        Args:
            name: the person's name.
            lab: which.
        """
        user = orm.User.find(self._access.app.db, name)
        return lab.number != CLASS and name != lab.owner and not (user and user.admin)

    @property
    def has_own(self) -> bool:
        """Whether people have labs of their own, which get their copies."""
        return self._labs is not None and self._labs.has_own

    def home(self, name: str) -> KnownLab:
        """Return the lab that gets somebody's copies: their own, or else the class's.

        Args:
            name: the person's name.

        Raises:
            HTTPError: they can't have their own lab, with the sentence for people.
        """
        if self._labs is None or not self.has_own:
            return KnownLab(CLASS)
        return KnownLab(self._labs.number(name), name)

    def address(self, lab: KnownLab) -> str:
        """Return the address of a lab's page, without a slash at the end.

        Args:
            lab: a lab that gets copies.
        """
        app: Any = self._access.app
        if lab.number == CLASS:
            return str(app.default_url)
        return f"{app.users[lab.owner].url}lab"
