"""Links in JupyterHub's database, and the people whom they admit."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from jupyterhub import orm

from classroom.hub.sharing import kept, kept_links, link_service
from classroom.hub.sharing.accept import accept
from classroom.hub.sharing.link_requests import WantedLink
from classroom.hub.sharing.requests import NotSharedError
from classroom.runtime.access_state import EDIT, VIEW, Guest
from tests.unit.hub.sharing.test_service import Hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from classroom.hub.sharing.service import Shares

DAY = 86400
LOOKS = WantedLink(VIEW, DAY, time.time() + 2 * DAY, 2)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path)
    for name in ("grace", "hedy"):
        made.add(name)
    yield made
    made.db.close()


def come(shares: Shares, secret: str, name: str) -> None:
    shown = shares.links.find(secret)
    assert shown is not None
    accept(shares, shown, name)


def by_the_api(hub: Hub, shares: Shares) -> str:
    del shares
    spawner = orm.User.find(hub.db, "mona").orm_spawners[""]
    scopes = ["access:servers!server=mona/"]
    return str(orm.ShareCode.new(hub.db, spawner, scopes=scopes, expires_in=DAY)[1])


def test_a_link_lets_in_as_what_it_says_and_the_lab_knows_first(hub: Hub) -> None:
    shares = hub.start()
    made, secret = shares.links.make("mona", LOOKS)
    assert len(secret) * 6 >= 128
    (row,) = hub.db.query(orm.ShareCode).all()
    assert secret not in str(vars(row))
    assert secret.encode() not in (hub.folder / link_service.FILE).read_bytes()
    come(shares, secret, "ada")
    assert hub.told[-1] == {"mona": {"ada": Guest(VIEW, LOOKS.guests_until)}}
    assert not any(hub.before), "nobody is in before their lab knows that they only look on"
    assert hub.may("access")
    assert hub.may("start")
    (found,) = shares.links.listed("mona")
    assert (found.id, found.used, found.most, found.came, found.alive) == (
        *(made.id, 1, 2),
        ("ada",),
        True,
    )
    assert shares.listed("mona")[0].link == made.id
    assert row.exchange_count == 1


def test_a_used_up_link_is_deleted_and_dead(hub: Hub) -> None:
    shares = hub.start()
    made, secret = shares.links.make("mona", LOOKS)
    for name in ("ada", "ada", "grace"):
        come(shares, secret, name)
    assert shares.links.find(secret) is None
    assert hub.db.query(orm.ShareCode).count() == 0
    (found,) = shares.links.listed("mona")
    assert (found.id, found.came, found.alive) == (made.id, ("ada", "grace"), False)
    shares.take_back("mona", made.id, guests=True)
    assert not hub.may("access")
    assert not hub.may("access", "grace")
    assert shares.links.listed("mona") == []
    assert kept_links.LINKS.read(hub.folder / link_service.FILE).links == {}


def test_a_link_is_taken_back_with_those_who_came_by_it_or_without(hub: Hub) -> None:
    shares = hub.start()
    shares.grant("mona", "hedy", VIEW, None)
    first, secret = shares.links.make("mona", WantedLink(EDIT, DAY, None, None))
    second, other = shares.links.make("mona", WantedLink(EDIT, DAY, None, None))
    come(shares, secret, "ada")
    come(shares, other, "grace")
    shares.take_back("mona", first.id, guests=False)
    assert shares.links.find(secret) is None
    assert hub.may("access"), "only the link is dead"
    shares.take_back("mona", first.id, guests=True)
    assert not hub.may("access")
    assert hub.may("access", "grace")
    assert hub.may("access", "hedy")
    assert [one.id for one in shares.links.listed("mona")] == [second.id]


def test_a_code_by_the_api_is_an_ordinary_link(hub: Hub) -> None:
    shares = hub.start()
    shares.grant("mona", "hedy", VIEW, None)
    secret = by_the_api(hub, shares)
    shares._apply()
    (found,) = shares.links.listed("mona")
    assert (found.role, found.most, found.used) == (EDIT, None, 0)
    come(shares, secret, "ada")
    assert hub.told[-1]["mona"]["ada"] == Guest(EDIT)
    assert hub.may("access")
    assert not hub.may("start"), "the code says no more"
    assert shares.links.listed("mona")[0].came == ("ada",)
    come(shares, secret, "hedy")
    assert hub.told[-1]["mona"]["hedy"] == Guest(EDIT), "edit is more than look"
    hub.db.query(orm.ShareCode).delete()  # as the API revokes all codes of a lab
    hub.db.commit()
    assert shares._changed.is_set()
    assert shares.links.find(secret) is None


def test_who_has_access_may_do_more_at_jupyterhub_by_a_link(hub: Hub) -> None:
    """JupyterHub does so when it exchanges a code; a person keeps higher rights in the lab."""
    shares = hub.start()
    made, secret = shares.links.make("mona", LOOKS)
    come(shares, by_the_api(hub, shares), "ada")
    assert (hub.may("access"), hub.may("start")) == (True, False)
    assert shares.lacks("mona", "ada", made.id)
    come(shares, secret, "ada")
    shares._apply()
    assert hub.may("start")
    assert hub.told[-1] == {"mona": {"ada": Guest(EDIT)}}
    assert not shares.lacks("mona", "ada", made.id)
    shares.revoke("mona", "ada")
    assert not hub.may("start")


def test_links_outlive_the_hub_and_end_with_their_owner(hub: Hub) -> None:
    shares = hub.start()
    _, secret = shares.links.make("mona", LOOKS)
    come(shares, secret, "ada")
    before = shares.links.listed("mona")
    again = hub.start()
    assert again.links.listed("mona") == before
    come(again, secret, "grace")
    assert again.links.find(secret) is None
    _, secret = again.links.make("mona", LOOKS)
    hub.db.delete(orm.User.find(hub.db, "mona"))
    hub.db.commit()
    again._apply()
    assert again.links.find(secret) is None
    hub.add("mona")
    again._apply()
    assert again.links.find(secret) is None, "another may have the name now"


def test_whom_the_owner_has_revoked_no_link_lets_in(hub: Hub) -> None:
    shares = hub.start()
    shares.links.refuse("mona", "ada")
    assert hub.start().links.refuses("mona", "ada")
    assert not shares.links.refuses("hedy", "ada")
    shares.links.let_in("mona", "ada")
    assert not hub.start().links.refuses("mona", "ada")


def test_a_lab_has_so_many_links(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_service, "MOST_LINKS", 1)
    shares = hub.start()
    shares.links.make("mona", LOOKS)
    with pytest.raises(NotSharedError):
        shares.links.make("mona", LOOKS)


def test_on_a_full_disk_no_link_is_made_and_lets_nobody_in(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = hub.start()
    made, secret = shares.links.make("mona", LOOKS)

    def full(*_: Any) -> bytes:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as half:
        half.setattr(kept, "TERMS", replace(kept.TERMS, encode=full))
        with pytest.raises(OSError, match="No space"):
            come(shares, secret, "ada")
        assert shares.links.listed("mona")[0].came == ()
        half.setattr(kept_links, "LINKS", replace(kept_links.LINKS, encode=full))
        for attempt in (
            lambda: shares.links.make("mona", LOOKS),
            lambda: come(shares, secret, "ada"),
        ):
            with pytest.raises(OSError, match="No space"):
                attempt()
        assert [one.id for one in shares.links.listed("mona")] == [made.id]
        assert not hub.may("access")
        shares.take_back("mona", made.id, guests=True)
        shares.links.refuse("mona", "ada")
        assert shares.links.find(secret) is None
    shares._apply()
    assert hub.start().links.refuses("mona", "ada"), "it is written when it can be"


def test_a_link_that_gets_the_number_of_a_dead_one_stays(hub: Hub) -> None:
    shares = hub.start()
    first, secret = shares.links.make("mona", LOOKS)
    come(shares, secret, "ada")
    shares.take_back("mona", first.id, guests=False)
    second, secret = shares.links.make("mona", LOOKS)
    assert first.id.split()[0] == second.id.split()[0]
    shares.take_back("mona", first.id, guests=True)
    assert not hub.may("access")
    assert shares.links.find(secret) is not None


def test_links_of_an_owner_with_another_name_are_dead(hub: Hub) -> None:
    shares = hub.start()
    secrets = [shares.links.make("mona", LOOKS)[1], by_the_api(hub, shares)]
    shares._apply()
    shares._changed.clear()
    orm.User.find(hub.db, "mona").name = "lisa"
    hub.db.commit()
    assert all(shares.links.find(secret) is None for secret in secrets)
    assert shares._changed.is_set()
    shares._apply()
    assert hub.db.query(orm.ShareCode).count() == 0
