"""GitHub's answers about a person's organizations."""

from __future__ import annotations

import pytest

from classroom.hub.auth.membership import Membership, address, judge, reason


@pytest.mark.parametrize(
    ("status", "found"),
    [(204, Membership.YES), (404, Membership.NO)]
    + [(status, Membership.UNKNOWN) for status in (200, 302, 401, 403, 429, 500, 502, 599, 999)],
)
def test_only_two_answers_say_anything(status: int, found: Membership) -> None:
    assert judge(status) is found


def test_where_it_is_asked() -> None:
    assert address("https://api", "moon", "ada") == "https://api/orgs/moon/members/ada"
    of_team = "https://api/orgs/moon/teams/a%20b/members/ada"
    assert address("https://api", "moon:a b", "ada") == of_team
    assert address("https://api", "../x", "a/b") == "https://api/orgs/..%2Fx/members/a%2Fb"


def test_the_reason_is_githubs() -> None:
    assert reason(403, b'{"message": "API rate limit exceeded"}') == "403 API rate limit exceeded"
    for body in (b"", b"[]", b"<html>", b'{"other": 1}'):
        assert reason(500, body) == "500"
