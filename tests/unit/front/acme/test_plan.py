"""When the lab requests a certificate, and how long it waits after a failure."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.front.acme import plan
from classroom.front.acme.plan import DAY, HOUR, MINUTE, CertificateLife, Course, Step
from classroom.front.acme.records import RecordVerdict
from classroom.front.acme.trouble import AWAITED, LIMITED, REFUSED_RECORD, AcmeTrouble

NOW = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
NONE = Course("https://ca.test/dir", "lab.test", "http")
NEW = CertificateLife(named=True, begins=NOW - HOUR, ends=NOW - HOUR + 90 * DAY)
LOOKED = replace(NONE, look_at=NOW + HOUR)
REFUSED = AcmeTrouble("validation.connection")
COURSES = st.builds(
    Course,
    st.just(NONE.directory),
    st.just(NONE.names),
    st.just(NONE.challenge),
    *[st.none() | st.datetimes(timezones=st.just(dt.UTC)), st.integers(0, 50)],
)


def aged(share: float) -> dt.datetime:
    """Return the time at which a given share of the certificate's life has passed."""
    return NEW.begins + (NEW.ends - NEW.begins) * share


@pytest.mark.parametrize(
    ("held", "course", "now", "step"),
    [
        pytest.param(None, NONE, NOW, Step.ASK, id="no certificate"),
        pytest.param(NEW, LOOKED, NOW, Step.NOTHING, id="a new one"),
        pytest.param(NEW, NONE, NOW, Step.LOOK, id="a new one of which nothing is known"),
        pytest.param(NEW, LOOKED, NOW + HOUR, Step.LOOK, id="time to ask about it again"),
        pytest.param(NEW, LOOKED, aged(0.66), Step.LOOK, id="not yet two thirds"),
        pytest.param(NEW, LOOKED, aged(0.67), Step.ASK, id="two thirds of its life"),
        pytest.param(NEW, LOOKED, aged(1.5), Step.ASK, id="over"),
        pytest.param(replace(NEW, named=False), LOOKED, NOW, Step.ASK, id="for another name"),
        pytest.param(
            NEW, replace(LOOKED, renew_at=NOW - MINUTE), NOW, Step.ASK, id="revoked: renew at once"
        ),
        pytest.param(
            NEW,
            replace(LOOKED, renew_at=aged(0.8), look_at=aged(0.7) + HOUR),
            aged(0.7),
            Step.NOTHING,
            id="the authority wants it later",
        ),
        pytest.param(
            NEW, replace(LOOKED, renew_at=aged(2)), aged(0.91), Step.ASK, id="but never too late"
        ),
        pytest.param(
            NEW,
            replace(NONE, look_at=NOW + 400 * DAY),
            NOW,
            Step.LOOK,
            id="the clock was ahead when it last asked about it",
        ),
    ],
)
def test_what_is_to_be_done(
    held: CertificateLife | None, course: Course, now: dt.datetime, step: Step
) -> None:
    assert plan.next_step(held, course, now) is step


def test_it_waits_longer_after_each_failure_up_to_a_limit() -> None:
    course, now, waits = NONE, NOW, []
    for _ in range(10):
        course = plan.failed(course, REFUSED, now)
        assert course.next_try is not None
        assert plan.next_step(None, course, now) is Step.NOTHING
        assert plan.next_step(None, course, course.next_try) is Step.ASK
        waits.append(course.next_try - now)
        now = course.next_try
    assert waits == sorted(waits)
    assert waits[-1] == 12 * HOUR


def test_many_starts_in_a_row_stay_within_an_authoritys_limits() -> None:
    """Let's Encrypt allows five failures an hour."""
    course, tried = NONE, []
    for minute in range(600):
        now = NOW + minute * MINUTE
        course = plan.at_start(course)
        if plan.next_step(None, course, now) is Step.ASK:
            course = plan.failed(course, REFUSED, now)
            tried.append(now)
    for one in tried:
        assert sum(one <= other < one + HOUR for other in tried) <= 5


@pytest.mark.parametrize(("wants", "waits"), [(7200, 2 * HOUR), (10**9, 7 * DAY), (-5, MINUTE)])
def test_an_authority_is_left_in_peace_as_it_wants(wants: float, waits: dt.timedelta) -> None:
    course = plan.failed(NONE, AcmeTrouble(LIMITED, "too many", wants), NOW)
    assert course.next_try == NOW + waits


def test_a_clock_that_was_ahead_keeps_nobody_waiting() -> None:
    ahead = plan.failed(NONE, REFUSED, NOW + 365 * DAY)
    assert plan.next_step(None, ahead, NOW) is Step.ASK


def test_one_that_seems_due_at_once_is_not_asked_for_again_and_again() -> None:
    over = replace(NEW, begins=NOW - 90 * DAY, ends=NOW - DAY)
    assert plan.next_step(over, plan.issued(NONE, NOW), NOW + MINUTE) is Step.NOTHING


def test_a_start_tries_soon_but_not_each_time() -> None:
    course = NONE
    for _ in range(5):
        course = plan.failed(course, REFUSED, NOW)
    started = plan.at_start(course)
    assert plan.next_step(None, started, NOW + MINUTE) is Step.NOTHING
    assert plan.next_step(None, started, NOW + plan.AFTER_A_START) is Step.ASK
    assert plan.next_step(None, course, NOW + plan.AFTER_A_START) is Step.NOTHING
    limited = plan.failed(NONE, AcmeTrouble(LIMITED, "too many", 7200), NOW)
    assert plan.at_start(limited) == limited


WAITS = AcmeTrouble(AWAITED[RecordVerdict.MISSING], record="ca.test; accounturi=x")


def test_a_record_that_is_not_there_is_looked_for_every_minute_and_never_longer() -> None:
    course, now = plan.failed(NONE, REFUSED, NOW), NOW
    for _ in range(3000):
        course = plan.failed(course, WAITS, now)
        assert course.next_try == now + MINUTE
        assert (course.record, course.failures) == (WAITS.record, 1)
        now = course.next_try
    gone = plan.failed(course, REFUSED, now)
    assert gone.next_try == now + 5 * MINUTE, "the wait after a second refusal, not the longest"
    assert gone.record == WAITS.record, "it is looked for before the next question"


def test_the_authority_is_asked_now_and_then_even_without_the_record() -> None:
    """It allows five failures an hour, and may see more in DNS than the lab does."""
    course, asked = NONE, []
    for minute in range(24 * 60):
        now = NOW + minute * MINUTE
        if plan.next_step(None, course, now) is not Step.ASK:
            continue
        anyway = plan.asks_anyway(course)
        asked += [minute] if anyway else []
        refused = AcmeTrouble(REFUSED_RECORD, record=WAITS.record)
        course = plan.failed(course, refused if anyway else WAITS, now)
    assert 3 <= len(asked) <= 4
    assert min(after - before for before, after in pairwise(asked)) >= 6 * 60


def test_nameservers_that_disagree_bring_no_more_refusals_than_an_authority_takes() -> None:
    """The lab sees the record, but the authority doesn't; a minute later the lab doesn't either."""
    course, refused = NONE, []
    for minute in range(6 * 60):
        now = NOW + minute * MINUTE
        if plan.next_step(None, course, now) is not Step.ASK:
            continue
        if course.looks % 2:
            refused.append(now)
            course = plan.failed(course, AcmeTrouble(REFUSED_RECORD, record=WAITS.record), now)
        else:
            course = plan.failed(course, WAITS, now)
    for one in refused:
        assert sum(one <= other < one + HOUR for other in refused) <= 5


def test_a_start_hears_from_the_authority_which_record_it_needs() -> None:
    waiting = plan.failed(NONE, WAITS, NOW)
    assert plan.at_start(waiting) == replace(waiting, record="")


def test_a_certificate_ends_the_search_for_a_record() -> None:
    done = plan.issued(plan.failed(NONE, WAITS, NOW), NOW)
    assert (done.record, done.looks, done.names) == ("", 0, NONE.names)
    assert not plan.asks_anyway(done)


def test_a_restart_asks_nothing_again() -> None:
    done = plan.looked(plan.issued(NONE, NOW), None, None, NOW)
    assert plan.next_step(NEW, plan.at_start(done), NOW + MINUTE) is Step.NOTHING


@pytest.mark.parametrize(
    ("says", "again"),
    [(None, 6 * HOUR), (NOW + HOUR, HOUR), (NOW - HOUR, MINUTE), (NOW + 90 * DAY, DAY)],
)
def test_how_often_the_authority_is_asked_when(
    says: dt.datetime | None, again: dt.timedelta
) -> None:
    assert plan.looked(NONE, None, says, NOW).look_at == NOW + again


def test_what_it_said_last_holds_when_it_says_nothing() -> None:
    told = plan.looked(NONE, NOW + DAY, None, NOW)
    assert plan.looked(told, None, None, NOW).renew_at == NOW + DAY


@given(COURSES, st.datetimes(timezones=st.just(dt.UTC)))
def test_without_a_certificate_it_is_asked_again_in_any_case(
    course: Course, now: dt.datetime
) -> None:
    assert plan.next_step(None, course, now) is Step.ASK
