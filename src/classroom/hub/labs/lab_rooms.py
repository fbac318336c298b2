"""Represent rooms and groups as JupyterHub's own users, roles and groups.

JupyterHub's API can't make or change roles, but code in its process can. So JupyterHub itself
decides about people's scopes, here and for every lab's server.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from jupyterhub import orm, roles

from classroom.hub.labs import members
from classroom.hub.labs.door import LabNotStartedError
from classroom.hub.labs.registry import ROOMS, Owner
from classroom.runtime.lab_room_names import hub_name, room_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from classroom.config.settings import Settings
    from classroom.hub.access.service import Access
    from classroom.hub.labs.service import PersonalLabs

OF_ROOM, OF_GROUP = "classroom.room.", "classroom.group."
"""The prefixes of the roles' names."""
OF_MEMBERS = ("access", "start", "read")
"""What members may do with a room's server; only tutors may stop it."""
OWN_LAB_SCOPES = ["servers!user", "access:servers!user", "shares!user", "read:users:name"]
"""Scopes to open, start and stop one's own lab, and to share it with a person whose name one knows.
A tutor's role has these scopes for everybody's labs."""
OURS = {"classroom": True}
"""Properties of JupyterHub's groups that come from `c.Classroom.groups`."""


def roles_of(rooms: Iterable[str], groups: Iterable[str]) -> list[dict[str, Any]]:
    """Describe JupyterHub's roles, without their members.

    Args:
        rooms: names of rooms.
        groups: names of groups.

    Returns:
        The roles, as in ``c.JupyterHub.load_roles``. JupyterHub deletes other roles at its start.
    """
    of_rooms = [
        {
            "name": f"{OF_ROOM}{room}",
            "description": f"Enter the room {room}",
            "scopes": [f"{what}:servers!server={hub_name(room)}/" for what in OF_MEMBERS],
        }
        for room in rooms
    ]
    of_groups = [
        {
            "name": f"{OF_GROUP}{group}",
            "description": f"Enter the labs of {group}",
            "scopes": [f"access:servers!group={group}"],
        }
        for group in groups
    ]
    return [*of_rooms, *of_groups]


def people_of(db: Any) -> dict[str, Collection[str]]:
    """List the organizations and teams of all users, by name.

    Args:
        db: the Hub's database.
    """
    return {
        user.name: tuple((user.user_info or {}).get(members.ORGANIZATIONS, ()))
        for user in db.query(orm.User)
        if not room_of(user.name)
    }


def staying(
    rooms: Mapping[str, Mapping[str, str]], told: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Leave out members whose room's lab does not know their role yet.

    Args:
        rooms: people's new roles in each room.
        told: the roles that the labs know.
    """
    return {
        room: {name: role for name, role in people.items() if told.get(room, {}).get(name) == role}
        for room, people in rooms.items()
    }


class LabRooms:
    """All rooms and groups, and whether people have labs of their own. For one event loop."""

    def __init__(
        self, settings: Settings, labs: PersonalLabs, scopes_of_users: Iterable[str]
    ) -> None:
        """Begin with the file at the start.

        Args:
            settings: as loaded and checked.
            labs: starts and stops labs.
            scopes_of_users: the scopes of everybody, without those for personal labs.
        """
        self._labs = labs
        self._scopes_of_users = list(scopes_of_users)
        self._admitting = settings.organizations
        self._access: Access | None = None

    def __deepcopy__(self, _: Any) -> LabRooms:
        """Return this object: traitlets copies values of a configuration, but there must be one."""
        return self

    @property
    def _app(self) -> Any:
        return self._labs.app

    async def begin(self, access: Access) -> None:
        """Connect to the running Hub, before it listens; `PersonalLabs.begin` has been called.

        Args:
            access: decides who may be in.
        """
        self._access = access
        self._apply()
        await self._close()
        try:
            await self._close_own()
        except RuntimeError as error:
            self._app.log.error("The Hub starts with %s", error)  # noqa: TRY400 (it says which)

    async def follow(self, found: Settings) -> None:
        """Apply a saved configuration: first end people's access, then stop closed rooms.

        Args:
            found: the new settings, checked.
        """
        self._labs.rooms, self._labs.groups = found.rooms, found.groups
        self._labs.has_own = found.personal_labs
        self._apply()
        await self._close()
        await self._close_own()

    def to_ask(self) -> list[str]:
        """List the organizations and teams about which to ask GitHub at a sign-in."""
        named = {entry for room in self._labs.rooms.values() for entry in room.entries}
        named |= {entry for group in self._labs.groups.values() for entry in group}
        if not named:
            return []
        return members.to_ask(named | self._admitting, people_of(self._app.db))

    def greet(self, name: str, info: dict[str, Any]) -> None:
        """Give a person who signs in their rooms and groups, before they are in.

        Args:
            name: the Hub's name.
            info: JupyterHub's ``user_info``, which this stores.
        """
        user = orm.User.find(self._app.db, name)
        if user is None:
            user = orm.User(name=name)
            self._app.db.add(user)
            roles.assign_default_roles(self._app.db, entity=user)
        user.user_info = info
        self._apply()

    def _apply(self) -> None:
        """Inform JupyterHub and the labs who may enter which lab, with which role.

        Access ends first, because the labs' file may not be writable. It begins last, so that
        nobody is in a room before its lab knows that they are view-only.

        Raises:
            OSError: the labs can't be informed; the caller tries again.
            RuntimeError: the Hub has not started yet.
        """
        if self._access is None:
            raise RuntimeError("the Hub has not started yet")
        people = people_of(self._app.db)
        rooms = {hub_name(r): members.of_room(one, people) for r, one in self._labs.rooms.items()}
        groups = {name: members.of_group(one, people) for name, one in self._labs.groups.items()}
        labs = self._labs
        self._keep_roles(staying(rooms, self._access.rooms), groups)
        self._access.tell_labs(rooms, groups, several=labs.has_any, own=labs.has_own)
        self._keep_roles(rooms, groups)

    def _keep_roles(
        self, rooms: Mapping[str, Collection[str]], groups: Mapping[str, Collection[str]]
    ) -> None:
        """Make, fill and delete users, groups and roles, in one transaction."""
        try:
            self._set_roles(rooms, groups)
            self._app.db.commit()
        except BaseException:
            self._app.db.rollback()
            raise

    def _set_roles(
        self, rooms: Mapping[str, Collection[str]], groups: Mapping[str, Collection[str]]
    ) -> None:
        db = self._app.db
        wanted = {one["name"]: one for one in roles_of(self._labs.rooms, self._labs.groups)}
        own = OWN_LAB_SCOPES if self._labs.has_own else []
        everybody = {"name": "user", "scopes": [*self._scopes_of_users, *own]}
        if (known := orm.Role.find(db, "user")) and set(known.scopes) != set(everybody["scopes"]):
            roles.create_role(db, everybody, commit=False)
        for role in db.query(orm.Role).all():
            if role.name.startswith((OF_ROOM, OF_GROUP)) and role.name not in wanted:
                db.delete(role)
        for group in db.query(orm.Group).all():
            if group.properties == OURS and group.name not in groups:
                db.delete(group)
        made = {name: roles.create_role(db, one, commit=False) for name, one in wanted.items()}
        for room, entering in rooms.items():
            if orm.User.find(db, room) is None:
                user = orm.User(name=room)
                db.add(user)
                roles.assign_default_roles(db, entity=user)
            _fill(db, made[f"{OF_ROOM}{room_of(room)}"], {room, *entering})
        for name, entering in groups.items():
            group = orm.Group.find(db, name)
            if group is None:
                group = orm.Group(name=name, properties=dict(OURS))
                db.add(group)
            _fill(db, group, entering)
            made[f"{OF_GROUP}{name}"].groups = [group]

    async def _close(self) -> None:
        """Stop rooms that are no longer in the file; their files and numbers stay."""
        for found in self._app.db.query(orm.User).all():
            room = room_of(found.name)
            if not room or room in self._labs.rooms:
                continue
            user = self._app.users[found]
            if user.spawner.active:
                await self._app.proxy.delete_user(user)
                await user.stop()
            lab = self._labs.registry.find(Owner(ROOMS, room))
            if lab is not None:
                with contextlib.suppress(LabNotStartedError):  # the supervisor has logged it
                    await self._labs.stop(lab.number)
            self._app.users.delete(user)
            self._app.log.info("The room %s is closed; its files are kept", room)

    async def _close_own(self) -> None:
        """Stop personal labs if the setting was removed; their files stay.

        Raises:
            RuntimeError: some are still running; the caller tries again.
        """
        if self._labs.has_own:
            return
        left = []
        for user in list(self._app.users.values()):
            spawner = user.spawners.get("")
            if room_of(user.name) or spawner is None or not spawner.active:
                continue
            try:
                await self._app.proxy.delete_user(user)
                await user.stop()
                owner = self._labs.owner(user.name)
                lab = self._labs.registry.find(owner) if owner is not None else None
                if lab is not None:  # if it is starting, the spawner may not have its number yet
                    with contextlib.suppress(LabNotStartedError):  # the supervisor has logged it
                        await self._labs.stop(lab.number)
            except Exception as error:  # noqa: BLE001 (after any error, close the others)
                left.append(f"{user.name} ({error})")
            else:
                self._app.log.info("The lab of %s is closed; its files are kept", user.name)
        if left:
            raise RuntimeError(f"labs that can't be closed yet: {', '.join(left)}")


def _fill(db: Any, place: Any, names: Collection[str]) -> None:
    """Set the members of a role or a group.

    Args:
        db: the Hub's database.
        place: the role or the group.
        names: the names of existing users.
    """
    if {user.name for user in place.users} != set(names):
        place.users = db.query(orm.User).filter(orm.User.name.in_(sorted(names))).all()
