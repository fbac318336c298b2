"""The files that are stored on the volume, and the handling of damaged ones."""

from __future__ import annotations

import datetime as dt
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from josepy.jwk import JWKEC

from classroom.config.acme import Acme
from classroom.front.acme import account, kept, plan
from classroom.front.acme.order import AcmeOutcome, Order
from classroom.front.acme.plan import Course, Step
from classroom.front.acme.trouble import ODD, AcmeTrouble
from tests.pki import YEAR, Authority

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
WANTED = Acme("lab.school.test", "", "https://ca.test/dir")


def test_an_account_is_kept_and_nobody_else_reads_it(tmp_path: Path) -> None:
    made = account.ensure(tmp_path)
    assert account.thumbprint(account.ensure(tmp_path)) == account.thumbprint(made)
    assert stat.S_IMODE((tmp_path / account.FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("damaged", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_damaged_account_is_replaced(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / account.FILE).write_bytes(damaged)
    made = account.ensure(tmp_path)
    assert account.thumbprint(account.ensure(tmp_path)) == account.thumbprint(made)


def test_the_thumbprint_is_what_the_library_answers_with(tmp_path: Path) -> None:
    key = account.ensure(tmp_path)
    known = JWKEC(key=key).thumbprint(hash_function=hashes.SHA256)
    assert account.thumbprint(key) == account.base64url(known)


def test_a_certificate_and_its_key_are_one_file(tmp_path: Path) -> None:
    pair = Authority().issue(WANTED.host)
    kept.write(tmp_path, pair.crt, pair.key)
    assert stat.S_IMODE((tmp_path / kept.PAIR).stat().st_mode) == 0o600
    found = kept.wanted(tmp_path, WANTED)
    assert found is not None
    assert (found.pair.chain, found.pair.key) == (pair.crt, pair.key)
    assert pair.key.decode() not in repr(found)


def test_one_that_is_over_is_still_better_than_none(tmp_path: Path) -> None:
    pair = Authority().issue(WANTED.host, valid=-YEAR / 365)
    kept.write(tmp_path, pair.crt, pair.key)
    found = kept.wanted(tmp_path, WANTED)
    assert found is not None
    assert found.held.ends < dt.datetime.now(dt.UTC)


def test_what_is_no_good_or_for_another_name_is_not_used(tmp_path: Path) -> None:
    authority = Authority()
    pair, other = authority.issue(WANTED.host), authority.issue("other.school.test")
    assert kept.wanted(tmp_path, WANTED) is None
    for chain, key in ((pair.crt, other.key), (pair.crt[:200], pair.key), (b"", b"")):
        kept.write(tmp_path, chain, key)
        assert kept.wanted(tmp_path, WANTED) is None
    kept.write(tmp_path, other.crt, other.key)
    assert kept.wanted(tmp_path, WANTED) is None
    assert kept.wanted(tmp_path, None) is None


def test_one_that_lacks_a_name_is_not_used(tmp_path: Path) -> None:
    both, authority = replace(WANTED, challenge="dns", wildcard=True), Authority()
    for names, good in (
        ((WANTED.host,), False),
        ((f"*.{WANTED.host}",), False),
        (both.names, True),
    ):
        pair = authority.issue(*names)
        kept.write(tmp_path, pair.crt, pair.key)
        assert (kept.wanted(tmp_path, both) is not None) == good, names


def test_how_it_went_is_kept(tmp_path: Path) -> None:
    course = plan.failed(kept.course(tmp_path, WANTED), AcmeTrouble("dns"), NOW)
    kept.keep(tmp_path, course)
    assert kept.course(tmp_path, WANTED) == course


def test_how_it_went_with_another_name_or_authority_counts_for_nothing(tmp_path: Path) -> None:
    kept.keep(tmp_path, plan.failed(kept.course(tmp_path, WANTED), AcmeTrouble("dns"), NOW))
    for other in (
        Acme("other.school.test", "", WANTED.directory),
        Acme(WANTED.host, "", "https://other.test/dir"),
        replace(WANTED, challenge="dns"),
        replace(WANTED, wildcard=True),
    ):
        names = ", ".join(other.names)
        assert kept.course(tmp_path, other) == Course(other.directory, names, other.challenge)


@pytest.mark.parametrize(
    "damaged", [b"", b"[]", b"{}", b"\xff", b'{"directory": 1}', b'{"tried": "yesterday"}']
)
def test_a_damaged_course_is_none(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / kept.COURSE).write_bytes(damaged)
    assert kept.course(tmp_path, WANTED) == Course(WANTED.directory, WANTED.host, "http")


def test_orders_and_outcomes_arrive() -> None:
    for order in (
        Order(Step.LOOK, WANTED, "/data/hub/acme"),
        Order(Step.ASK, replace(WANTED, wildcard=True), "/", "ca.test; accounturi=x", anyway=True),
    ):
        assert Order.decode(order.encode()) == order
    for outcome in (
        AcmeOutcome(),
        AcmeOutcome(AcmeTrouble("dns", "x", 5, "ca.test; accounturi=x")),
        AcmeOutcome(None, NOW, NOW),
    ):
        assert AcmeOutcome.decode(outcome.encode()) == outcome
    for nothing in (b"", b"Traceback", b"[]"):
        found = AcmeOutcome.decode(nothing).trouble
        assert found is not None
        assert found.kind == ODD
