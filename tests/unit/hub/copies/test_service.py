"""Links to copies in a Hub: with its database, existing labs, and a disk that fills up."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from jupyterhub import orm, roles
from tornado import web
from traitlets.config import Config

from classroom.config.lab_rooms import LabRoom
from classroom.config.settings import Settings
from classroom.config.sign_in_mode import SignInMode
from classroom.hub.access.roster import Roster
from classroom.hub.access.service import Access
from classroom.hub.auth.accounts import Accounts
from classroom.hub.copies import kept_copies, service
from classroom.hub.copies.copy_links import NotMadeError, WantedCopies
from classroom.hub.copies.lab_access import KnownLab
from classroom.hub.copies.service import GivenCopies
from classroom.hub.labs.service import PersonalLabs
from classroom.runtime.lab_users import CLASS
from classroom.runtime.paths import SERVICE, Paths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = ("ada", "bob", "mona")
WANTED = WantedCopies("a/plan.ipynb", is_folder=False, seconds=3600.0, kernel="")
THE_CLASS = KnownLab(CLASS)


class Hub:
    """A Hub with JupyterHub's database, the people whom the file names, and the labs."""

    def __init__(self, folder: Path, *, own: bool = True) -> None:
        paths = Paths(data=folder, run=folder / "run", prefix=folder / "opt")
        paths.hub.mkdir(exist_ok=True)
        rooms = {"maths": LabRoom(frozenset({"ada"}), frozenset())}
        self.settings = Settings(
            paths,
            SignInMode.INVITATIONS,
            Config(),
            allowed=frozenset(PEOPLE),
            personal_labs=own,
            rooms=rooms,
        )
        self.db = orm.new_session_factory(f"sqlite:///{folder / 'hub.sqlite'}")()
        for role in roles.get_default_roles():
            roles.create_role(self.db, role)
        for name in PEOPLE:
            self.add(name)
        self.tornado_application = SimpleNamespace(settings={})
        self.default_url = f"/services/{SERVICE}/lab"
        self.users = {name: SimpleNamespace(url=f"/user/{name}/") for name in PEOPLE}
        self.access = Access(self.settings, Roster(frozenset(PEOPLE)))
        self.access._app = self
        self.labs = PersonalLabs(self.settings, Accounts(paths.hub / "accounts.json"))
        self.labs.begin(self)

    def add(self, name: str) -> None:
        if orm.User.find(self.db, name) is None:
            self.db.add(orm.User(name=name, admin=name == "mona"))
        user = orm.User.find(self.db, name)
        roles.assign_default_roles(self.db, entity=user)
        wanted = {"name": "user", "scopes": ["self", f"access:services!service={SERVICE}"]}
        roles.create_role(self.db, wanted)
        self.db.commit()

    def start(self) -> GivenCopies:
        made = GivenCopies(self.settings.paths)
        made.begin(self, self.access, self.labs)
        return made

    def remove(self, name: str) -> None:
        self.db.delete(orm.User.find(self.db, name))
        self.db.commit()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path)
    yield made
    made.db.close()


def make(copies: GivenCopies, name: str = "ada", lab: KnownLab = THE_CLASS) -> str:
    return asyncio.run(copies.make(name, lab, WANTED))


async def once(copies: GivenCopies) -> None:
    """Let the service check everything once."""
    work = asyncio.create_task(copies.follow())
    await asyncio.sleep(0)
    work.cancel()


def test_a_link_is_kept_counted_and_taken_back_by_its_maker_alone(hub: Hub) -> None:
    copies = hub.start()
    assert hub.tornado_application.settings[service.COPIES] is copies
    code = make(copies)
    found = copies.find(code)
    assert found is not None
    copies.count(found)
    again = hub.start()
    (link,) = again.of_maker("ada")
    assert (link.path, link.used, link.lab) == ("a/plan.ipynb", 1, CLASS)
    assert again.of_maker("bob") == []
    assert not again.take_back("bob", link.key)
    assert not again.take_back("ada", "wrong")
    assert again.find(code) == link
    assert again.take_back("ada", link.key)
    assert again.find(code) is None
    assert hub.start().find(code) is None


def test_a_link_ends_with_its_makers_account(hub: Hub) -> None:
    copies = hub.start()
    code, other = make(copies), make(copies, "bob")
    hub.access.people = hub.access.people.removed("ada")
    assert copies.find(code) is None, "before the Hub has deleted them"
    hub.remove("ada")
    hub.access.people = hub.access.people.added("ada", tutor=False)
    hub.add("ada")
    assert copies.find(code) is None, "another has the name now"
    assert copies.find(other) is not None


def test_a_link_gives_nothing_while_its_maker_may_not_enter_the_lab(hub: Hub) -> None:
    hub.labs.registry.give(hub.labs.owner("bob"), "bob")  # type: ignore[arg-type]
    copies = hub.start()
    bobs = copies.labs.of_owner("bob")
    assert bobs is not None
    code = make(copies, "ada", bobs)
    assert copies.find(code) is None, "nobody has shared it with ada"
    user = orm.User.find(hub.db, "bob")
    spawner = orm.Spawner(name="", user=user)
    hub.db.add(spawner)
    hub.db.commit()
    ada = orm.User.find(hub.db, "ada")
    orm.Share.grant(hub.db, spawner, ada, scopes=["access:servers!server=bob/"])
    assert copies.find(code) is not None
    orm.Share.revoke(hub.db, spawner, ada)
    assert copies.find(code) is None
    own = make(copies, "bob", bobs)
    assert copies.find(own) is not None
    assert copies.labs.is_guest("ada", bobs)
    assert not copies.labs.is_guest("bob", bobs)
    assert not copies.labs.is_guest("mona", bobs), "a tutor is no guest"
    assert not copies.labs.is_guest("ada", THE_CLASS)


def test_of_a_lab_that_is_closed_deleted_or_anothers_there_is_none(hub: Hub) -> None:
    copies, registry = hub.start(), hub.labs.registry
    room = registry.give(hub.labs.owner("room.maths"), "room.maths").number  # type: ignore[arg-type]
    bobs = registry.give(hub.labs.owner("bob"), "bob").number  # type: ignore[arg-type]
    of = copies.labs.of_number
    assert of(room) == KnownLab(room, "room.maths")
    assert (of(bobs), of(99)) == (KnownLab(bobs, "bob"), None)
    assert copies.labs.of_owner("nobody") is None
    assert copies.labs.of_owner("") == THE_CLASS
    hub.labs.rooms = {}
    assert of(room) is None
    hub.labs.leaving.add(bobs)
    assert of(bobs) is None
    hub.labs.leaving.clear()
    hub.labs.has_own = False
    assert of(bobs) is None
    hub.labs.has_own = True
    registry.retire(bobs)
    assert of(bobs) is None
    assert copies.labs.of_owner("bob") is None


def test_a_copy_comes_into_ones_own_lab_where_there_are_such(hub: Hub) -> None:
    labs = hub.start().labs
    assert labs.has_own
    home = labs.home("ada")
    assert (home.owner, labs.address(home)) == ("ada", "/user/ada/lab")
    with pytest.raises(web.HTTPError):
        labs.home("a:b")
    hub.labs.has_own = False
    assert labs.home("ada") == THE_CLASS
    assert labs.address(THE_CLASS) == f"/services/{SERVICE}/lab"


def test_nobody_has_links_without_end(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_LINKS_OF_A_PERSON", 2)
    copies = hub.start()
    for _ in range(2):
        make(copies)
    with pytest.raises(NotMadeError, match="2 links"):
        make(copies)
    make(copies, "bob")
    copies.take_back("ada", copies.of_maker("ada")[0].key)
    make(copies)


def test_on_a_full_disk_no_link_is_made_and_taking_back_works(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = hub.start()
    code, other = make(copies), make(copies)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as half:
        half.setattr(type(kept_copies.COPIES), "write", full)
        before = copies.of_maker("ada")
        with pytest.raises(OSError, match="No space"):
            make(copies)
        assert copies.of_maker("ada") == before
        found = copies.find(code)
        assert found is not None
        copies.count(found)
        copies.take_back("ada", found.key)
        assert copies.find(code) is None
        assert hub.start().find(code) is not None, "that can't be written yet"
    asyncio.run(once(copies))
    again = hub.start()
    assert again.find(code) is None, "it is written when it can be"
    assert again.find(other) is not None


def test_what_is_over_is_forgotten(hub: Hub) -> None:
    copies = hub.start()
    make(copies, "bob")
    make(copies)
    hub.remove("bob")
    asyncio.run(once(copies))
    (left,) = kept_copies.COPIES.read(hub.settings.paths.hub / service.FILE).links
    assert left.maker == "ada"
