"""Which certificates are accepted, which are refused, and which one is made instead."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from classroom.front import tls
from classroom.runtime.problems import StartRefusedError
from tests.pki import Authority

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def refusal(chain: bytes, key: bytes, now: dt.datetime = NOW) -> str:
    with pytest.raises(StartRefusedError) as refused:
        tls.check(chain, key, now)
    return str(refused.value)


def test_a_good_pair(authority: Authority) -> None:
    pair = authority.issue("lab.example.org")
    found = tls.check(pair.crt + authority.crt, pair.key, NOW)
    assert found.supplied
    assert found.warning(NOW) is None
    assert b"PRIVATE" not in repr(found).encode()


@pytest.mark.parametrize(("days", "warned"), [(20, False), (13, True), (0.5, True)])
def test_a_warning_two_weeks_before_the_end(
    authority: Authority,
    days: float,
    warned: bool,  # noqa: FBT001
) -> None:
    pair = authority.issue("lab.example.org", valid=days * DAY)
    assert bool(tls.check(pair.crt, pair.key, NOW).warning(NOW)) is warned


def test_names_have_a_length_and_a_number(authority: Authority) -> None:
    """The front maps these names: a map that it can't build would prevent its start."""
    good = authority.issue("a.test", "a" * 253, *(f"{number}.test" for number in range(498)))
    assert len(tls.names(tls.check(good.crt, good.key, NOW).chain)) == 500
    long = authority.issue("a.test", "b" * 254)
    assert "a name of 254 characters, and a host's has 253 at most" in refusal(long.crt, long.key)
    many = authority.issue(*(f"{number}.test" for number in range(501)))
    assert "is for 501 names, and the front knows 500 at most" in refusal(many.crt, many.key)


def test_no_files_is_no_certificate(tmp_path: Path) -> None:
    assert tls.read(tmp_path, NOW) is None
