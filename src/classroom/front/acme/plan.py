"""Decide when the lab asks for its certificate. Plain values, no I/O.

A certificate is renewed after two thirds of its life, or when its authority says so (ACME Renewal
Information, RFC 9773): an authority that has to revoke it names a time in the past.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import Enum

from classroom.front.acme.trouble import LIMITED, AcmeTrouble

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
DAY = 24 * HOUR
WAITS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, 12 * HOUR)
"""How long the lab waits after the first failure in a row, the second and so on, then always the
last. An authority accepts five failures an hour (letsencrypt.org/docs/rate-limits)."""
LONGEST_WAIT = 7 * DAY
"""The longest wait, even if an authority asks for a longer one."""
AFTER_A_START = 20 * MINUTE
"""The longest wait between a try and the next one after a start: an admin who starts the lab again
may have fixed something."""
LOOKS_AT_DNS_EVERY = MINUTE
ASKS_ANYWAY_AFTER_LOOKS = 360
"""After so many failed look-ups the lab asks the authority anyway. It may see a record that the lab
does not see, for example if a school's own DNS answers inside."""
LOOKS_EVERY = 6 * HOUR
"""How often the lab asks when to renew, if the authority does not say how often."""


class Step(Enum):
    """What the lab should do now."""

    NOTHING = "nothing"
    LOOK = "look"
    ASK = "ask"


@dataclass(frozen=True)
class CertificateLife:
    """The certificate that the lab has got by itself.

    Attributes:
        named: whether it is for the configured names.
        begins: the begin of its validity, UTC.
        ends: the end of its validity, UTC.
    """

    named: bool
    begins: dt.datetime
    ends: dt.datetime


@dataclass(frozen=True)
class Course:
    """The course of the requests for a certificate until now; all times are UTC.

    Attributes:
        directory: the directory of the authority that the lab has asked; "" for none yet.
        names: the requested names, separated by commas.
        challenge: the challenge of the requests.
        tried: when the lab last requested a certificate.
        failures: how many requests in a row have failed.
        next_try: the time before which the lab does not ask again.
        limited: whether the authority has asked for this wait.
        trouble: why the last request failed; "" if it did not.
        renew_at: when the authority wants the certificate to be renewed.
        look_at: when to ask the authority for that again.
        record: the value of the TXT record that the lab waits for; "" if it waits for none.
        looks: how often in a row there was no certificate, or no record.
    """

    directory: str = ""
    names: str = ""
    challenge: str = ""
    tried: dt.datetime | None = None
    failures: int = 0
    next_try: dt.datetime | None = None
    limited: bool = False
    trouble: str = ""
    renew_at: dt.datetime | None = None
    look_at: dt.datetime | None = None
    record: str = ""
    looks: int = 0


def of_another(course: Course, new: Course) -> bool:
    """Say whether a course was with another authority, for other names, or another challenge.

    Args:
        course: the course until now.
        new: a new course with the configured ones.
    """
    return any(
        getattr(course, one) != getattr(new, one) for one in ("directory", "names", "challenge")
    )


def renewal(held: CertificateLife, course: Course) -> dt.datetime:
    """Return when to renew a certificate.

    Args:
        held: the certificate.
        course: the course until now.

    Returns:
        The time after two thirds of its life, or that of its authority, but always before its end.
    """
    life = held.ends - held.begins
    usual, latest = held.begins + life * 2 / 3, held.begins + life * 9 / 10
    return min(course.renew_at or usual, latest)


def is_due(held: CertificateLife | None, course: Course, now: dt.datetime) -> bool:
    """Say whether to request a certificate now; the arguments are those of `next_step`."""
    return held is None or not held.named or now >= renewal(held, course)


def next_step(held: CertificateLife | None, course: Course, now: dt.datetime) -> Step:
    """Decide what the lab should do now.

    If the clock was ahead and is right again, the lab must not wait for the wrong time.

    Args:
        held: the certificate; None if there is none.
        course: the course until now, with the configured authority and names.
        now: the machine's time.
    """
    if is_due(held, course, now):
        is_early = course.next_try is not None and now < course.next_try
        is_past = course.tried is None or course.tried <= now
        return Step.NOTHING if is_early and is_past else Step.ASK
    look_at = course.look_at
    if look_at is None or not now < look_at <= now + LONGEST_WAIT:
        return Step.LOOK
    return Step.NOTHING


def asks_anyway(course: Course) -> bool:
    """Say whether to ask the authority even if the lab does not see the record in DNS.

    Args:
        course: the course until now.
    """
    return course.looks > 0 and course.looks % ASKS_ANYWAY_AFTER_LOOKS == 0


def failed(course: Course, trouble: AcmeTrouble, now: dt.datetime) -> Course:
    """Note that a request failed, and when the next try is.

    If the lab waits for a TXT record, the next try is only a look-up in DNS. It does not ask the
    authority, and the number of failures stays.

    Args:
        course: the course until now.
        trouble: why it failed.
        now: the machine's time.
    """
    record, looks = trouble.record or course.record, course.looks + 1
    if trouble.is_awaited:
        return replace(
            course,
            tried=now,
            next_try=now + LOOKS_AT_DNS_EVERY,
            limited=False,
            record=record,
            looks=looks,
        )
    asked = min(dt.timedelta(seconds=max(trouble.retry_after, 0)), LONGEST_WAIT)
    wait = max(WAITS[min(course.failures, len(WAITS) - 1)], asked)
    return replace(
        course,
        tried=now,
        failures=course.failures + 1,
        next_try=now + wait,
        limited=trouble.kind == LIMITED,
        record=record,
        looks=looks,
    )


def issued(course: Course, now: dt.datetime) -> Course:
    """Note that there is a certificate, and that the lab asks soon when to renew it.

    A certificate that seems to be due at once, as with a clock that is ahead, is not requested
    again and again.

    Args:
        course: the course until now.
        now: the machine's time.
    """
    new = Course(course.directory, course.names, course.challenge)
    return replace(new, tried=now, next_try=now + WAITS[-1])


def looked(
    course: Course, renew_at: dt.datetime | None, look_at: dt.datetime | None, now: dt.datetime
) -> Course:
    """Note when the authority wants the renewal.

    Args:
        course: the course until now.
        renew_at: the time of the renewal; None if the authority does not say.
        look_at: when to ask again; None if the authority does not say.
        now: the machine's time.
    """
    usual, latest = now + LOOKS_EVERY, now + DAY
    again = min(max(look_at or usual, now + MINUTE), latest)
    return replace(course, renew_at=renew_at or course.renew_at, look_at=again)


def at_start(course: Course) -> Course:
    """Have the lab try soon after a start, unless the authority has asked it to wait.

    The authority then says again which TXT record it needs.

    Args:
        course: the course until now.
    """
    course = replace(course, record="")
    if course.tried is None or course.next_try is None or course.limited or not course.failures:
        return course
    return replace(course, next_try=min(course.next_try, course.tried + AFTER_A_START))
