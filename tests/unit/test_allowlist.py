"""Who may still be in, and what becomes of those who may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jupyterhub import orm
from traitlets.config import Config

from classroom.hub import revocation
from classroom.hub.allowlist import ADMITTED_BY, Allowlist
from classroom.hub.revocation import end_access
from classroom.oauth import OAuth
from classroom.paths import Paths
from classroom.secret import Secret
from classroom.settings import Mode, Settings

if TYPE_CHECKING:
    from pathlib import Path

LISTED = frozenset({"octocat"})


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
    assert end_access(database, allowlist) == ["hubot"]
    assert end_access(database, allowlist) == [], "told once"

    with factory() as session:
        found = {user.name: user for user in session.query(orm.User)}
        assert {name: len(user.api_tokens) for name, user in found.items()} == {
            "octocat": 1,
            "hubot": 0,
            "member": 1,
        }
        changed = {name for name, user in found.items() if user.cookie_id != before[name]}
        assert changed == {"hubot"}


def test_no_database_yet(tmp_path: Path) -> None:
    assert end_access(tmp_path / "none.sqlite", Allowlist(LISTED)) == []
    assert not (tmp_path / "none.sqlite").exists()


def test_another_way_to_sign_in_admits_nobody(tmp_path: Path) -> None:
    """In a trial anybody can be "mona": that session is worth nothing once GitHub says who is."""
    paths = Paths(data=tmp_path)
    paths.hub.mkdir()
    trial = Settings(paths, Mode.TRIAL, Config())
    github = Settings(
        paths,
        Mode.GITHUB,
        Config(),
        tutors=frozenset({"mona"}),
        oauth=OAuth("id", Secret("secret"), "https://x/hub/oauth_callback", "https://github.com"),
    )
    database = paths.hub / "jupyterhub.sqlite"
    with orm.new_session_factory(f"sqlite:///{database}")() as session:
        user = orm.User(name="mona", admin=True)
        session.add_all([user, orm.APIToken(user=user)])
        session.commit()
    assert revocation.apply(trial) == ["mona"], "nobody knows how she signed in"
    assert revocation.apply(trial) == []
    with orm.new_session_factory(f"sqlite:///{database}")() as session:
        session.add(orm.APIToken(user=session.query(orm.User).one()))
        session.commit()
    assert revocation.apply(trial) == [], "the same way: she stays"
    assert revocation.apply(github) == ["mona"]
    with orm.new_session_factory(f"sqlite:///{database}")() as session:
        assert session.query(orm.User).one().admin is False
