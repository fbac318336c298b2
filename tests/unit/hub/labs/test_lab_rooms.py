"""Members of rooms and groups, and how JupyterHub and the labs learn of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from jupyterhub import orm, roles, scopes
from tornado import web
from traitlets.config import Config

from classroom.config.lab_rooms import LabRoom
from classroom.config.settings import Settings
from classroom.config.sign_in_mode import SignInMode
from classroom.hub.access import listing, offline, people_page
from classroom.hub.access.listing import HubUser
from classroom.hub.access.policy import Allowlist
from classroom.hub.access.roster import Roster
from classroom.hub.auth import usernames
from classroom.hub.auth.accounts import Accounts
from classroom.hub.labs import members
from classroom.hub.labs.lab_rooms import OURS, LabRooms
from classroom.hub.labs.service import PersonalLabs
from classroom.runtime.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LECTURE = LabRoom(frozenset({"ada", "school:tutors"}), frozenset({"school", "ada"}))
PEOPLE: dict[str, tuple[str, ...]] = {
    "ada": (),
    "bob": ("school",),
    "cleo": ("school", "school:tutors"),
    "dan": ("other",),
}


def test_members_are_people_organizations_and_teams() -> None:
    assert members.of_room(LECTURE, PEOPLE) == {"ada": "edit", "bob": "view", "cleo": "edit"}
    assert members.of_room(LabRoom(), PEOPLE) == {}
    assert members.of_group({"dan", "school"}, PEOPLE) == ["bob", "cleo", "dan"]


def test_github_is_asked_only_about_what_may_be_an_organization() -> None:
    assert members.to_ask([*LECTURE.entries, "dan"], PEOPLE) == ["school", "school:tutors"]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Any]:
    """The Hub's database, and a stand-in for the rest of the Hub."""
    database = tmp_path / "jupyterhub.sqlite"
    db = orm.new_session_factory(f"sqlite:///{database}")()
    for role in roles.get_default_roles():
        roles.create_role(db, role)
    for name, theirs in PEOPLE.items():
        user = orm.User(name=name, user_info={members.ORGANIZATIONS: list(theirs)})
        db.add(user)
        roles.assign_default_roles(db, entity=user)
    db.commit()
    yield SimpleNamespace(db=db, file=database, told=[])
    db.close()


def rooms_of(hub: Any, folder: Path, **given: Any) -> LabRooms:
    """Make the service; only the Hub's process is a stand-in."""
    paths = Paths(data=folder, run=folder / "run")
    paths.hub.mkdir(exist_ok=True)
    settings = Settings(paths, SignInMode.TRIAL, Config(), **given)
    labs = PersonalLabs(settings, Accounts(paths.hub / "accounts.json"))
    labs.app = hub
    made = LabRooms(settings, labs, ["read:users!user"])
    made._access = Told(hub)  # type: ignore[assignment]
    return made


class Told:
    """Records the access state that the labs would read from its file."""

    def __init__(self, hub: Any) -> None:
        self._hub = hub
        self.rooms: Any = {}
        self.is_full = False

    def tell_labs(self, rooms: Any, groups: Any, **labs: bool) -> None:
        if self.is_full:
            raise OSError("No space left on device")
        self._hub.told.append((rooms, groups, labs))
        self.rooms = rooms


def may(hub: Any, name: str, what: str, owner: str) -> bool:
    found = scopes.get_scopes_for(orm.User.find(hub.db, name))
    return bool(scopes.has_scope(f"{what}:servers!server={owner}/", found, db=hub.db))


def test_jupyterhub_knows_who_may_enter_and_start_a_room(hub: Any, tmp_path: Path) -> None:
    made = rooms_of(hub, tmp_path, rooms={"lecture": LECTURE})
    made.greet("dan", {members.ORGANIZATIONS: ["other"]})
    for name in ("ada", "bob", "cleo"):
        assert may(hub, name, "access", "room.lecture")
        assert may(hub, name, "start", "room.lecture")
        assert not may(hub, name, "delete", "room.lecture"), "only tutors stop a room"
        assert not may(hub, name, "access", "room.other")
    assert not may(hub, "dan", "access", "room.lecture")
    made.greet("dan", {members.ORGANIZATIONS: ["school"]})
    assert may(hub, "dan", "access", "room.lecture")
    assert hub.told[-1][0]["room.lecture"]["dan"] == "view"
    made.greet("eve", {})  # the Hub doesn't know this person
    assert not may(hub, "eve", "access", "room.lecture")


def test_nobody_is_in_a_room_that_does_not_know_as_what(hub: Any, tmp_path: Path) -> None:
    """A removed or demoted member loses access even if the disk is full."""
    made = rooms_of(hub, tmp_path, rooms={"lecture": LabRoom(frozenset({"ada", "bob"}))})
    made.greet("ada", {})
    made._access.is_full = True  # type: ignore[union-attr]
    made._labs.rooms = {"lecture": LabRoom(frozenset({"dan"}), frozenset({"ada", "cleo"}))}
    for _ in range(2):
        with pytest.raises(OSError, match="No space"):
            made._apply()
        assert not any(may(hub, name, "access", "room.lecture") for name in PEOPLE)
    made._access.is_full = False  # type: ignore[union-attr]
    made._apply()
    found = {name for name in PEOPLE if may(hub, name, "access", "room.lecture")}
    assert found == {"ada", "cleo", "dan"}


def test_members_of_a_group_enter_each_others_labs(hub: Any, tmp_path: Path) -> None:
    groups = {"team-a": frozenset({"ada", "dan", "nobody"})}
    made = rooms_of(hub, tmp_path, groups=groups, personal_labs=True)
    hub.db.add(orm.Group(name="tutors-own"))
    made.greet("ada", {})
    assert may(hub, "ada", "access", "dan")
    assert may(hub, "dan", "access", "ada")
    assert not may(hub, "bob", "access", "ada")
    assert not may(hub, "ada", "start", "dan")
    assert hub.told[-1][1] == {"team-a": ["ada", "dan"]}
    assert orm.Group.find(hub.db, "team-a").properties == OURS
    made._labs.groups = {}
    made.greet("ada", {})
    assert not may(hub, "ada", "access", "dan")
    assert [group.name for group in hub.db.query(orm.Group)] == ["tutors-own"]
    assert orm.Role.find(hub.db, "classroom.group.team-a") is None


def test_people_may_have_labs_of_their_own_as_soon_as_the_file_says_so(
    hub: Any, tmp_path: Path
) -> None:
    """The permission ends with the setting; the class and the labs are notified."""
    made = rooms_of(hub, tmp_path)
    made.greet("ada", {})
    assert not any(may(hub, "ada", what, "ada") for what in ("access", "start"))
    assert hub.told[-1][2] == {"several": False, "own": False}
    made._labs.has_own = True
    made.greet("ada", {})
    assert all(may(hub, "ada", what, "ada") for what in ("access", "start", "delete"))
    assert not may(hub, "ada", "access", "bob")
    assert hub.told[-1][2] == {"several": True, "own": True}
    made._labs.has_own = False
    made.greet("ada", {})
    assert not may(hub, "ada", "access", "ada")
    assert orm.Role.find(hub.db, "user").scopes == ["read:users!user"]


def test_a_room_has_a_number_of_its_own_while_it_is_open(hub: Any, tmp_path: Path) -> None:
    labs = rooms_of(hub, tmp_path, rooms={"lecture": LECTURE})._labs
    assert labs.number("room.lecture") == 1
    labs.rooms = {}
    with pytest.raises(web.HTTPError) as refused:
        labs.number("room.lecture")
    assert "a tutor has closed it" in refused.value.jupyterhub_message  # type: ignore[attr-defined]
    labs.rooms = {"lecture": LECTURE, "other": LabRoom()}
    assert [labs.number(f"room.{room}") for room in ("other", "lecture")] == [2, 1]
    with pytest.raises(web.HTTPError) as refused:
        labs.number("ada")
    assert "Nobody has a lab of their own" in refused.value.jupyterhub_message  # type: ignore[attr-defined]


def test_a_room_is_nobody_who_could_be_removed_or_sign_in(hub: Any) -> None:
    hub.db.add(orm.User(name="room.lecture"))
    hub.db.commit()
    offline.end_access(hub.file, Allowlist(frozenset({"ada"})), frozenset())
    hub.db.expire_all()
    assert {user.name for user in hub.db.query(orm.User)} == {"ada", "room.lecture"}
    shown = listing.entries([HubUser("ada"), HubUser("room.lecture")], Roster(), ())
    assert [one.name for one in shown] == ["ada"]
    assert "rooms are called so" in usernames.problem("Room.Lecture", ())


def test_the_students_of_each_room_are_listed() -> None:
    roles = {"room.b": {"ada": "edit", "mona": "edit"}, "room.a": {"bob": "view"}, "room.c": {}}
    found = people_page.students_of_rooms(roles, ["ada", "bob"])
    assert found == [{"name": "a", "members": ["bob"]}, {"name": "b", "members": ["ada"]}]
