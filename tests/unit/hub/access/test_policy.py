"""Who may stay, and what happens to the sessions of people who may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jupyterhub import orm
from traitlets.config import Config

from classroom.config.github import OAuth
from classroom.config.settings import Settings
from classroom.config.sign_in_mode import SignInMode
from classroom.hub.access import offline
from classroom.hub.access.offline import end_access
from classroom.hub.access.policy import ADMITTED_BY, Allowlist, followed
from classroom.runtime.paths import Paths
from classroom.runtime.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

LISTED = frozenset({"octocat"})
NOBODY: frozenset[str] = frozenset()


MOON, MARS = frozenset({"moon"}), frozenset({"mars"})


@pytest.mark.parametrize(
    ("allowlist", "name", "admitted_by", "verdict"),
    [
        (Allowlist(LISTED), "octocat", (), True),
        (Allowlist(LISTED), "hubot", (), False),
        (Allowlist(LISTED), "hubot", MOON, False),
        (Allowlist(LISTED, organizations=MOON), "hubot", MOON, True),
        (Allowlist(LISTED, organizations=MOON | MARS), "hubot", MOON, True),
        (Allowlist(LISTED, organizations=MARS), "hubot", MOON, False),
        (Allowlist(LISTED, organizations=MARS), "hubot", MOON | MARS, False),
        (Allowlist(LISTED, organizations=MOON), "hubot", (), False),
        (Allowlist(LISTED, everybody=True), "hubot", (), True),
        (Allowlist(LISTED, blocked=LISTED), "octocat", (), False),
        (Allowlist(LISTED, blocked=LISTED, everybody=True), "octocat", (), False),
    ],
)
def test_admits(
    allowlist: Allowlist,
    name: str,
    admitted_by: frozenset[str],
    verdict: bool,  # noqa: FBT001
) -> None:
    assert allowlist.admits(name, admitted_by) is verdict


@pytest.mark.parametrize(
    ("held", "saved", "everybody"),
    [
        ((False, False), True, True),
        ((True, True), False, False),
        ((True, True), True, True),
        ((False, True), False, True),  # through another setting, which waits for the next start
        ((False, False), False, False),
    ],
)
def test_that_anybody_may_enter_holds_as_it_is_saved(
    held: tuple[bool, bool],
    saved: bool,  # noqa: FBT001
    everybody: bool,  # noqa: FBT001
) -> None:
    before, after = made(*held), made(saved, saved)
    assert followed(before, after).everybody is everybody


def made(anybody: bool, everybody: bool) -> Settings:  # noqa: FBT001 (a pair)
    """Return the settings of a class without names."""
    return Settings(Paths(), SignInMode.GITHUB, Config(), anybody=anybody, everybody=everybody)


def test_leavers_lose_tokens_and_cookies_and_nobody_else_does(tmp_path: Path) -> None:
    database = tmp_path / "jupyterhub.sqlite"
    factory = orm.new_session_factory(f"sqlite:///{database}")
    with factory() as session:
        people = {
            "octocat": orm.User(name="octocat"),
            "hubot": orm.User(name="hubot"),
            "member": orm.User(name="member", user_info={ADMITTED_BY: ["moon"]}),
        }
        session.add_all(people.values())
        session.commit()
        for user in people.values():
            session.add(orm.APIToken(user=user))
        session.commit()
        before = {name: user.cookie_id for name, user in people.items()}

    allowlist = Allowlist(LISTED, organizations=MOON)
    assert end_access(database, allowlist, NOBODY) == ["hubot"]
    assert end_access(database, allowlist, NOBODY) == [], "told once"

    with factory() as session:
        found = {user.name: user for user in session.query(orm.User)}
        assert {name: len(user.api_tokens) for name, user in found.items()} == {
            "octocat": 1,
            "member": 1,
        }
        assert all(user.cookie_id == before[name] for name, user in found.items())
        assert session.query(orm.APIToken).count() == 2


def test_no_database_yet(tmp_path: Path) -> None:
    assert end_access(tmp_path / "none.sqlite", Allowlist(LISTED), NOBODY) == []
    assert not (tmp_path / "none.sqlite").exists()


def test_another_way_to_sign_in_admits_nobody(tmp_path: Path) -> None:
    """In a trial anybody can be "mona": that session is invalid once GitHub checks identities."""
    paths = Paths(data=tmp_path)
    paths.hub.mkdir()
    trial = Settings(paths, SignInMode.TRIAL, Config())
    github = Settings(
        paths,
        SignInMode.GITHUB,
        Config(),
        tutors=frozenset({"mona"}),
        oauth=OAuth("id", Secret("secret"), "https://x/hub/oauth_callback", "https://github.com"),
    )
    database = paths.hub / "jupyterhub.sqlite"
    with orm.new_session_factory(f"sqlite:///{database}")() as session:
        user = orm.User(name="mona", admin=True)
        session.add_all([user, orm.APIToken(user=user)])
        session.commit()
    assert offline.apply(trial)[1] == ["mona"], "nobody knows how she signed in"
    assert offline.apply(trial)[1] == []
    with orm.new_session_factory(f"sqlite:///{database}")() as session:
        session.add(orm.APIToken(user=orm.User(name="mona", admin=True)))
        session.commit()
    assert offline.apply(trial)[1] == [], "the same way: she stays"
    assert offline.apply(github)[1] == ["mona"]
    with orm.new_session_factory(f"sqlite:///{database}")() as session:
        assert session.query(orm.User).count() == 0, "GitHub's mona has not been here yet"


def test_who_is_no_tutor_any_more_has_no_powers_after_a_start(tmp_path: Path) -> None:
    database = tmp_path / "jupyterhub.sqlite"
    factory = orm.new_session_factory(f"sqlite:///{database}")
    with factory() as session:
        admin = orm.Role(name="admin")
        both = [orm.User(name=name, admin=True, roles=[admin]) for name in ("octocat", "mona")]
        session.add_all(both)
        session.commit()
    people = frozenset({"octocat", "mona"})
    assert end_access(database, Allowlist(people), frozenset({"mona"})) == []
    with factory() as session:
        found = {user.name: user for user in session.query(orm.User)}
        assert {name: user.admin for name, user in found.items()} == {
            "octocat": False,
            "mona": True,
        }
        assert found["octocat"].roles == []
