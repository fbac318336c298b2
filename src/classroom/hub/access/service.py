"""Admit people and end their access while the Hub runs, as file and page say.

This applies the roster's decisions to the Hub's authenticator and database, and informs the lab,
which drops cached authorisation and closes sockets (`classroom.lab.people.revocation`).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from classroom.config import people_lists, repeated_names
from classroom.config.sign_in_mode import SignInMode
from classroom.hub import reload
from classroom.hub.access import policy, roster
from classroom.hub.access.hub_users import HubUsers
from classroom.runtime import access_state, background_tasks, lab_users
from classroom.runtime.lab_room_names import room_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from jupyterhub import orm
    from jupyterhub.app import JupyterHub

    from classroom.config.settings import Settings
    from classroom.hub.access.roster import Roster
    from classroom.runtime.access_state import Guest, Standing
    from classroom.runtime.paths import Paths

AGAIN_SECONDS = 2.0
"""After this time the Hub checks everybody once more, because a sign-in may have been under way."""


class Access:
    """Decides who may be in, and ends the access of people who no longer may."""

    def __init__(self, settings: Settings, people: Roster) -> None:
        """Begin with the start's decisions.

        Args:
            settings: as loaded at the start.
            people: the people on the list.
        """
        self._held = self._first = settings
        self.people = people
        self._app: JupyterHub | None = None
        self._lock = asyncio.Lock()
        # Read the labs' file, so that nothing in it is lost when the Hub restarts.
        of_labs = settings.paths.of_lab(lab_users.LAST).standing
        known = of_labs if of_labs.exists() else settings.paths.standing
        self._standing = access_state.read(known)
        self._again: asyncio.Task[None] | None = None

    def __deepcopy__(self, _: Any) -> Access:
        """Return this object: traitlets copies values of a configuration, but there must be one."""
        return self

    @property
    def app(self) -> Any:
        """The running Hub.

        Raises:
            RuntimeError: it isn't running yet.
        """
        if self._app is None:
            raise RuntimeError("the Hub has not started yet")
        return self._app

    @property
    def paths(self) -> Paths:
        """Where things are."""
        return self._held.paths

    @property
    def rooms(self) -> Mapping[str, Mapping[str, str]]:
        """People's roles in each room, by the Hub's name of the room (`tell_labs`)."""
        return self._standing.rooms

    @property
    def students_file(self) -> str:
        """The file of students' names; "" for none."""
        return self._first.students_file

    def wrong(self, names: Collection[str]) -> list[str]:
        """Say what is wrong with names that a tutor adds, by the same rules as for the file.

        Args:
            names: the names as typed.
        """
        wrong = self.malformed(names)
        if self._held.mode is SignInMode.INVITATIONS:
            wrong += repeated_names.added(names, self.people.names)
        return wrong

    @property
    def by_github(self) -> bool:
        """Whether people sign in with GitHub, under their names there."""
        return self._held.mode is SignInMode.GITHUB

    def admits(self, user: orm.User) -> bool:
        """Say whether a user of the Hub may still be in.

        Args:
            user: a person or a room.
        """
        if room_of(user.name):
            return False
        return policy.rule(self._held, self.people).admits(user.name, policy.admitted_by(user))

    def malformed(self, names: Collection[str]) -> list[str]:
        """Say what is wrong with names that nobody can have with this way to sign in.

        Args:
            names: the names as typed.
        """
        if rooms := [one for one in names if room_of(one.lower())]:
            return [f"{one!r} is a room: rooms stand in jupyterhub_config.py." for one in rooms]
        if self.by_github:
            return [str(one) for one in people_lists.wrong_logins("The name", names)]
        if self._held.mode is SignInMode.INVITATIONS:
            return [str(one) for one in people_lists.wrong_people("The name", names)]
        return []

    async def start(self, app: JupyterHub) -> None:
        """Check everybody once, because the file may have changed while the Hub was down.

        Args:
            app: the Hub, its database open.
        """
        self._app = app
        await self._apply(lambda people: people)

    async def follow(self, found: Settings) -> None:
        """Apply a saved configuration.

        Args:
            found: the new settings, checked.
        """
        labs = self.paths.labs_run.is_dir()
        github = self.by_github
        waiting = reload.waiting(self._first.config, found.config, labs=labs, github=github)
        if waiting:
            self.app.log.warning(
                "These changes take effect at the next start: %s", ", ".join(waiting)
            )
        if github and found.anybody != self._held.anybody:
            who = "anybody who has a GitHub account" if found.anybody else "only the people named"
            self.app.log.info("access: %s may enter from now on", who)
        self._held = policy.followed(self._held, found)
        await self._apply(lambda people: people.saved(*policy.listed(self._held)))

    async def added(self, *names: str, tutor: bool) -> None:
        """Apply that the page has added people."""

        def add(people: Roster) -> Roster:
            for name in names:
                people = people.added(name, tutor=tutor)
            return people

        await self._apply(add)

    async def renamed(self, old: str, new: str, *, tutor: bool) -> None:
        """Apply that the page has renamed somebody, who then counts as another person."""
        await self._apply(lambda people: people.removed(old).added(new, tutor=tutor), (old,))

    async def removed(self, name: str) -> None:
        """Record that a tutor removed somebody on the People page."""
        await self._apply(lambda people: people.removed(name), deleted=(name,))

    async def appointed(self, name: str, *, tutor: bool) -> None:
        """Apply that the page has made somebody a tutor, or has demoted them."""
        await self._apply(lambda people: people.appointed(name, tutor=tutor))

    def tell_labs(
        self,
        rooms: Mapping[str, Mapping[str, str]],
        groups: Mapping[str, Sequence[str]],
        *,
        several: bool,
        own: bool,
    ) -> None:
        """Inform the other labs of rooms' and groups' members, and the class of the labs.

        Args:
            rooms: people's roles in each room, by the Hub's name of the room.
            groups: groups of people who may enter each other's labs.
            several: whether there are labs besides the class.
            own: whether people have labs of their own.

        Raises:
            OSError: it can't be written.
        """
        found = replace(self._standing, rooms=rooms, groups=groups, several=several, own=own)
        self._tell(found)

    def tell_shares(self, shares: Mapping[str, Mapping[str, Guest]]) -> None:
        """Inform the labs besides the class with whom each is shared.

        Args:
            shares: the guests, by the lab's owner.

        Raises:
            OSError: it can't be written.
        """
        if shares != self._standing.shares:
            self._tell(self._standing.shared(shares, time.time()))

    def _tell(self, found: Standing) -> None:
        before = self._standing
        if found != before:
            access_state.write(self.paths.of_lab(lab_users.LAST).standing, found)
            if found.of_class() != before.of_class():
                access_state.write(self.paths.standing, found.of_class())
            self._standing = found

    async def _apply(
        self, change: Callable[[Roster], Roster], deleted: tuple[str, ...] = ()
    ) -> None:
        """Change the roster and apply the change; one change at a time.

        Args:
            change: makes the new roster from the present one.
            deleted: people whom the Hub itself has just deleted.
        """
        users = HubUsers(self.app)
        async with self._lock:
            before, people = self.people, change(self.people)
            self.people = people
            try:
                # End access first, and do later what may fail or be slow: the removed person may
                # have filled the disk.
                self._tell_the_authenticator()
                gone = users.end_unadmitted(self._held, people, before.names - people.names)
                ended = {*deleted, *(user.name for user in gone)}
                users.set_tutors(before, people)
                self._tell_the_lab(ended)
                users.list_named(self._held, people)
                roster.write(self._held.paths.people, people)
                for user in gone:
                    await users.delete(user)
            except BaseException:
                # Restore the old roster, so that the same change can be tried again.
                self.people = before
                self.app.db.rollback()
                raise
            if ended and self._again is None:
                self._again = background_tasks.start(
                    self._look_again(), "Looking again who is in", self.app.log
                )

    def _tell_the_authenticator(self) -> None:
        authenticator = self.app.authenticator
        authenticator.blocked_users = set(self._held.blocked | self.people.out)
        if policy.is_by_name(self._held):
            authenticator.allowed_users = set(self.people.names)
            authenticator.admin_users = set(self.people.all_tutors)
        if self.by_github:
            authenticator.allow_all = self._held.anybody

    def _tell_the_lab(self, ended: set[str]) -> None:
        tutors = HubUsers(self.app).tutors()
        self._standing = self._standing.after(tutors, ended, time.time())
        access_state.write(self.paths.standing, self._standing.of_class())
        labs = self.paths.of_lab(lab_users.LAST)
        if labs.standing.parent.is_dir():
            access_state.write(labs.standing, self._standing)

    async def _look_again(self) -> None:
        """Find people who got in by a check that was under way when the list changed."""
        await asyncio.sleep(AGAIN_SECONDS)
        self._again = None
        await self._apply(lambda people: people)
