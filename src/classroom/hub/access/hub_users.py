"""Change the users in the Hub's database as the roster says, on the Hub's event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyterhub import orm
from jupyterhub.roles import assign_default_roles

from classroom.hub.access import policy
from classroom.runtime.lab_room_names import room_of

if TYPE_CHECKING:
    from classroom.config.settings import Settings
    from classroom.hub.access.roster import Roster


class HubUsers:
    """The users in the Hub's database."""

    def __init__(self, app: Any) -> None:
        """Do not change anything yet.

        Args:
            app: the Hub, its database open.
        """
        self._app = app

    def tutors(self) -> frozenset[str]:
        """List the names of all tutors."""
        return frozenset(user.name for user in self._app.db.query(orm.User).filter_by(admin=True))

    def end_unadmitted(
        self, held: Settings, people: Roster, dropped: frozenset[str]
    ) -> list[orm.User]:
        """End the access of people whom neither list nor organization admits; return their names.

        Args:
            held: the settings in force.
            people: the people on the list.
            dropped: people who were on the list until now.
        """
        rule = policy.rule(held, people, dropped)
        users = [user for user in self._app.db.query(orm.User) if not room_of(user.name)]
        gone = [user for user in users if not rule.admits(user.name, policy.admitted_by(user))]
        for user in gone:
            self._app.log.info("access: %s is no longer admitted", user.name)
            for token in list(user.api_tokens):
                self._app.db.delete(token)
            user.cookie_id = orm.new_token()
            user.admin = False
        self._app.db.commit()
        return gone

    async def delete(self, found: orm.User) -> None:
        """Delete somebody from the Hub's database; their files stay.

        Args:
            found: the user.
        """
        user = self._app.users[found]
        for name, spawner in list(user.spawners.items()):
            if spawner.active:  # a personal server, if the tutor has configured them
                await self._app.proxy.delete_user(user, name)
                await user.stop(name)
        self._app.users.delete(user)

    def set_tutors(self, before: Roster, people: Roster) -> None:
        """Make people tutors, or no longer tutors, as a change of the list says.

        Args:
            before: the list until now.
            people: the new list.
        """
        now = people.all_tutors
        for name in before.all_tutors ^ now:
            if user := orm.User.find(self._app.db, name):
                user.admin = name in now
                assign_default_roles(self._app.db, entity=user)
        self._app.db.commit()

    def list_named(self, held: Settings, people: Roster) -> None:
        """Make the admin page list people who have not signed in yet, as a start does.

        Args:
            held: the settings in force.
            people: the people on the list.
        """
        for name in sorted(people.names):
            if orm.User.find(self._app.db, name) is None and name not in held.blocked:
                user = orm.User(name=name, admin=name in people.all_tutors)
                self._app.db.add(user)
                assign_default_roles(self._app.db, entity=user)
        self._app.db.commit()
