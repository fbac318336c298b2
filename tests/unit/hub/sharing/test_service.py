"""Shares in JupyterHub's database, and the notifications to labs."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from jupyterhub import orm, roles, scopes

from classroom.hub.access.roster import Roster
from classroom.hub.sharing import kept
from classroom.hub.sharing.service import FILE, SHARES, Shares
from classroom.runtime.access_state import EDIT, VIEW, Guest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Hub:
    """JupyterHub's database, and a stand-in for the Hub and the labs around it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = orm.new_session_factory(f"sqlite:///{folder / 'hub.sqlite'}")()
        for role in roles.get_default_roles():
            roles.create_role(self.db, role)
        for name in ("mona", "ada"):
            self.add(name)
        self.tornado_application = SimpleNamespace(settings={})
        self.people = Roster()
        self.told: list[Any] = []
        self.is_full = False
        self.before: list[bool] = []
        """Whether ada could enter when the labs were notified of the change."""

    def add(self, name: str) -> None:
        user = orm.User(name=name)
        self.db.add(user)
        roles.assign_default_roles(self.db, entity=user)
        self.db.commit()

    def tell_shares(self, guests: Any) -> None:
        if self.is_full:
            raise OSError("No space left on device")
        self.before.append(self.may("access"))
        self.told.append(guests)

    def may(self, what: str, name: str = "ada") -> bool:
        user = orm.User.find(self.db, name)
        found = scopes.get_scopes_for(user) if user is not None else frozenset()
        return bool(scopes.has_scope(f"{what}:servers!server=mona/", found, db=self.db))

    def share(self) -> orm.Share:
        spawner = orm.User.find(self.db, "mona").orm_spawners[""]
        found: orm.Share = orm.Share.find(self.db, spawner, orm.User.find(self.db, "ada"))
        return found

    def start(self) -> Shares:
        made = Shares(self.folder / FILE)
        made.begin(self, self)  # type: ignore[arg-type]
        return made


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path)
    yield made
    made.db.close()


def test_a_share_is_jupyterhubs_and_the_lab_knows_first(hub: Hub) -> None:
    shares = hub.start()
    assert hub.tornado_application.settings[SHARES] is shares
    shares.grant("mona", "ada", VIEW, None)
    assert hub.told[-1] == {"mona": {"ada": Guest(VIEW)}}
    assert not any(hub.before), "nobody is in before their lab knows that they only look on"
    assert hub.may("access")
    assert hub.may("start")
    assert not hub.may("delete")
    assert not hub.may("admin")
    since = shares.listed("mona")[0].since
    shares.grant("mona", "ada", EDIT, None)
    (found,) = shares.listed("mona")
    assert (found.role, found.since, found.waits) == (EDIT, since, False)
    assert shares.shared_with("ada").keys() == {"mona"}
    assert shares.shared_with("mona") == {}
    shares.revoke("mona", "ada")
    assert not hub.may("access")
    assert hub.told[-1] == {}
    assert shares.listed("mona") == []
    assert kept.TERMS.read(hub.folder / FILE) == {}


def test_an_expired_share_ends_even_on_a_full_disk(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = hub.start()
    shares.grant("mona", "ada", EDIT, time.time() + 60)
    assert hub.may("access")
    hub.is_full = True
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(OSError, match="No space"):
        shares._apply()
    assert not hub.may("access")
    hub.is_full = False
    shares._apply()
    assert hub.told[-1] == {}
    assert shares.listed("mona") == []


@pytest.mark.parametrize("name", ["ada", "mona"])
def test_who_gets_another_name_is_another_person(hub: Hub, name: str) -> None:
    """JupyterHub renames in place: terms go by name, so a viewer would become an editor."""
    shares = hub.start()
    shares.grant("mona", "ada", VIEW, None)
    shares._changed.clear()
    orm.User.find(hub.db, name).name = "another"
    hub.db.commit()
    assert shares._changed.is_set()
    shares._apply()
    assert hub.told[-1] == {}
    assert hub.db.query(orm.Share).count() == 0
    assert kept.TERMS.read(hub.folder / FILE) == {}


def test_a_change_of_somebody_else_is_not_looked_at(hub: Hub) -> None:
    shares = hub.start()
    shares._changed.clear()
    orm.User.find(hub.db, "ada").admin = True
    hub.db.commit()
    assert not shares._changed.is_set(), "as whenever somebody does anything"


def test_a_person_who_takes_an_owners_name_shares_with_nobody(hub: Hub) -> None:
    shares = hub.start()
    shares.grant("mona", "carol", EDIT, None)
    hub.db.delete(orm.User.find(hub.db, "mona"))
    hub.db.commit()
    shares._apply()
    hub.add("mona")
    hub.add("carol")
    shares._apply()
    assert not hub.may("access", "carol")
    assert hub.told[-1] == {}


def test_who_was_removed_meanwhile_is_waited_for_no_more(hub: Hub) -> None:
    shares = hub.start()
    shares.grant("mona", "carol", EDIT, None)
    hub.people = hub.people.added("carol", tutor=False).removed("carol")
    shares._apply()
    hub.people = hub.people.added("carol", tutor=False)
    hub.add("carol")
    shares._apply()
    assert not hub.may("access", "carol")


def test_what_the_api_does_is_followed(hub: Hub) -> None:
    shares = hub.start()
    shares.grant("mona", "ada", VIEW, None)
    shares._changed.clear()
    hub.db.delete(hub.share())
    hub.db.commit()
    assert shares._changed.is_set()
    shares._apply()
    assert hub.told[-1] == {}
    shares._changed.clear()
    spawner = orm.User.find(hub.db, "mona").orm_spawners[""]
    orm.Share.grant(hub.db, spawner, orm.User.find(hub.db, "ada"))
    assert shares._changed.is_set()
    shares._apply()
    assert hub.told[-1] == {"mona": {"ada": Guest(EDIT)}}, "no role is kept of this one"
    shares._changed.clear()
    hub.db.query(orm.Share).delete()  # as the API ends all shares of a lab
    hub.db.commit()
    assert shares._changed.is_set()


def test_who_is_new_is_let_in_and_who_is_gone_is_forgotten(hub: Hub) -> None:
    shares = hub.start()
    shares.grant("mona", "grace", VIEW, None)
    (found,) = shares.listed("mona")
    assert (found.waits, hub.may("access", "grace")) == (True, False)
    shares._changed.clear()
    hub.add("grace")
    assert shares._changed.is_set()
    shares._apply()
    assert hub.may("access", "grace")
    (found,) = shares.listed("mona")
    assert (found.role, found.waits) == (VIEW, False)
    hub.db.delete(orm.User.find(hub.db, "grace"))
    hub.db.commit()
    shares._apply()
    assert (shares.listed("mona"), hub.told[-1]) == ([], {})
    hub.add("grace")
    shares._apply()
    assert not hub.may("access", "grace"), "another may have the name now"
    shares.grant("mona", "hedy", EDIT, None)
    shares.revoke("mona", "hedy")
    hub.add("hedy")
    shares._apply()
    assert not hub.may("access", "hedy")


def test_what_ends_while_the_hub_is_down_is_over_when_it_starts(hub: Hub) -> None:
    shares = hub.start()
    shares.grant("mona", "ada", VIEW, time.time() + 3600)
    again = hub.start()
    assert hub.told[-1]["mona"]["ada"].role == VIEW
    assert hub.may("access")
    (terms,) = kept.TERMS.read(hub.folder / FILE).values()
    kept.TERMS.write(hub.folder / FILE, {("mona", "ada"): type(terms)(VIEW, 5.0, 1.0, terms.key)})
    again = hub.start()
    assert not hub.may("access")
    assert (again.listed("mona"), hub.told[-1]) == ([], {})


def test_on_a_full_disk_nobody_is_let_in(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    shares = hub.start()
    shares.grant("mona", "ada", VIEW, None)

    def full(*_: Any) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept, "TERMS", replace(kept.TERMS, encode=full))
    with pytest.raises(OSError, match="No space"):
        shares.grant("mona", "ada", EDIT, None)
    with pytest.raises(OSError, match="No space"):
        shares.grant("mona", "grace", EDIT, None)
    shares._apply()
    assert hub.told[-1] == {"mona": {"ada": Guest(VIEW)}}
    shares.revoke("mona", "ada")
    assert not hub.may("access")
    assert hub.told[-1] == {}


def test_who_is_left_no_right_to_enter_is_out(hub: Hub) -> None:
    """The API may leave a part of a share that admits nobody, and may share again."""
    shares = hub.start()
    shares.grant("mona", "ada", VIEW, None)
    shares._changed.clear()
    spawner, ada = orm.User.find(hub.db, "mona").orm_spawners[""], orm.User.find(hub.db, "ada")
    orm.Share.revoke(hub.db, spawner, ada, scopes=["read:servers!server=mona/"])
    assert shares._changed.is_set()
    shares._apply()
    assert hub.told[-1] == {"mona": {"ada": Guest(VIEW)}}
    orm.Share.revoke(hub.db, spawner, ada, scopes=["access:servers!server=mona/"])
    shares._apply()
    assert hub.share().scopes == ["start:servers!server=mona/"]
    assert not hub.may("access")
    assert (hub.told[-1], shares.listed("mona"), shares.shared_with("ada")) == ({}, [], {})
    orm.Share.grant(hub.db, spawner, ada, scopes=["shares!server=mona/"])
    shares._apply()
    assert hub.may("access")
    assert hub.told[-1] == {"mona": {"ada": Guest(EDIT)}}, "it is another share, without a role"


def test_whose_access_the_api_has_ended_is_let_in_by_no_link(hub: Hub) -> None:
    """The service also stops waiting for a guest who has never signed in."""
    shares = hub.start()
    shares.grant("mona", "ada", VIEW, None)
    shares.grant("mona", "grace", VIEW, None)
    hub.db.query(orm.Share).delete()
    hub.db.commit()
    shares.keep_out("mona", ["ada", "grace"])
    shares._apply()
    assert (hub.told[-1], shares.listed("mona")) == ({}, [])
    again = hub.start()
    hub.add("grace")
    again._apply()
    assert again.listed("mona") == []
    assert all(again.links.refuses("mona", name) for name in ("ada", "grace"))
