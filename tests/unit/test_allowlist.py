"""Who may still be in, and what becomes of those who may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jupyterhub import orm

from classroom.hub.allowlist import ADMITTED_BY, ORGANIZATION, Allowlist
from classroom.hub.revocation import end_access_of_leavers

if TYPE_CHECKING:
    from pathlib import Path

LISTED = frozenset({"octocat"})


@pytest.mark.parametrize(
    ("allowlist", "name", "admitted_by", "verdict"),
    [
        (Allowlist(LISTED), "octocat", None, True),
        (Allowlist(LISTED), "hubot", None, False),
        (Allowlist(LISTED), "hubot", ORGANIZATION, False),
        (Allowlist(LISTED, organizations=True), "hubot", ORGANIZATION, True),
        (Allowlist(LISTED, organizations=True), "hubot", None, False),
        (Allowlist(LISTED, everybody=True), "hubot", None, True),
        (Allowlist(LISTED, blocked=LISTED), "octocat", None, False),
        (Allowlist(LISTED, blocked=LISTED, everybody=True), "octocat", None, False),
    ],
)
def test_admits(allowlist: Allowlist, name: str, admitted_by: str | None, verdict: bool) -> None:  # noqa: FBT001
    assert allowlist.admits(name, admitted_by) is verdict


def test_leavers_lose_tokens_and_cookies_and_nobody_else_does(tmp_path: Path) -> None:
    database = tmp_path / "jupyterhub.sqlite"
    factory = orm.new_session_factory(f"sqlite:///{database}")
    with factory() as session:
        people = {
            "octocat": orm.User(name="octocat"),
            "hubot": orm.User(name="hubot"),
            "member": orm.User(name="member", user_info={ADMITTED_BY: ORGANIZATION}),
        }
        session.add_all(people.values())
        session.commit()
        for user in people.values():
            session.add(orm.APIToken(user=user))
        session.commit()
        before = {name: user.cookie_id for name, user in people.items()}

    allowlist = Allowlist(LISTED, organizations=True)
    assert end_access_of_leavers(database, allowlist) == ["hubot"]
    assert end_access_of_leavers(database, allowlist) == [], "told once"

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
    assert end_access_of_leavers(tmp_path / "none.sqlite", Allowlist(LISTED)) == []
    assert not (tmp_path / "none.sqlite").exists()
