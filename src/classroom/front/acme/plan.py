"""When the lab asks for its certificate: plain values, no I/O.

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
"""How long it waits after each failure in a row, the last one from then on. An authority takes five
failures an hour (letsencrypt.org/docs/rate-limits)."""
LONGEST_WAIT = 7 * DAY
"""However long an authority wants to be left in peace."""
AFTER_A_START = 20 * MINUTE
"""How long after a try a start waits at most: admins start the lab again when they have
mended something."""
LOOKS_AT_DNS_EVERY = MINUTE
ASKS_ANYWAY_AFTER_LOOKS = 360
"""How often the lab looks into DNS in vain until the authority is asked nevertheless: it may see
more there than the lab does, as where a school's own DNS answers inside."""
LOOKS_EVERY = 6 * HOUR
"""How often the authority is asked when to renew, where it says nothing else of that."""


class Step(Enum):
    """What is to be done now."""

    NOTHING = "nothing"
    LOOK = "look"
    ASK = "ask"


@dataclass(frozen=True)
class CertificateLife:
    """The certificate that the lab has got by itself.

    Attributes:
        named: whether it is for the names that are wanted.
        begins: of its validity, UTC.
        ends: likewise.
    """

    named: bool
    begins: dt.datetime
    ends: dt.datetime


@dataclass(frozen=True)
class Course:
    """How it went until now; all times are UTC.

    Attributes:
        directory: of the authority that has been asked; "" for none yet.
        names: for which names, with commas between.
        challenge: how it was to see that they are the tutor's.
        tried: when it was last asked for a certificate.
        failures: how often in a row it gave none.
        next_try: until when the lab leaves it in peace.
        limited: whether the authority itself wants that.
        trouble: why there was no certificate; "" if there was.
        renew_at: when the authority wants the certificate to be renewed.
        look_at: when to ask for that again.
        record: the value of the TXT record that is waited for; "" where none is.
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
    """Say whether it went so with another authority, for other names, or in another way.

    Args:
        course: how it went until now.
        new: as before the first try with what is wanted.
    """
    return any(
        getattr(course, one) != getattr(new, one) for one in ("directory", "names", "challenge")
    )


def renewal(held: CertificateLife, course: Course) -> dt.datetime:
    """Say when a certificate is to be renewed.

    Args:
        held: the certificate.
        course: how it went until now.

    Returns:
        After two thirds of its life, or when its authority says so, in any case before its end.
    """
    life = held.ends - held.begins
    usual, latest = held.begins + life * 2 / 3, held.begins + life * 9 / 10
    return min(course.renew_at or usual, latest)


def is_due(held: CertificateLife | None, course: Course, now: dt.datetime) -> bool:
    """Say whether a certificate is to be asked for; the arguments are those of `next_step`."""
    return held is None or not held.named or now >= renewal(held, course)


def next_step(held: CertificateLife | None, course: Course, now: dt.datetime) -> Step:
    """Decide what is to be done now.

    A clock that was ahead and is right again must not keep the lab waiting.

    Args:
        held: the certificate; None where there is none.
        course: how it went until now, with the authority and the names that are wanted.
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
    """Say whether the authority is asked, whatever the lab sees in DNS itself.

    Args:
        course: how it went until now.
    """
    return course.looks > 0 and course.looks % ASKS_ANYWAY_AFTER_LOOKS == 0


def failed(course: Course, trouble: AcmeTrouble, now: dt.datetime) -> Course:
    """Note that there was no certificate, and when the next try is.

    Where the lab waits for a TXT record the next try is a look into DNS: the authority isn't asked,
    and what it has refused until then counts on.

    Args:
        course: how it went until now.
        trouble: why.
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
    """Note that there is a certificate; its authority is asked soon when to renew it.

    One that seems due at once, as by a clock that is ahead, is not asked for again and again.

    Args:
        course: how it went until now.
        now: the machine's time.
    """
    new = Course(course.directory, course.names, course.challenge)
    return replace(new, tried=now, next_try=now + WAITS[-1])


def looked(
    course: Course, renew_at: dt.datetime | None, look_at: dt.datetime | None, now: dt.datetime
) -> Course:
    """Note what the authority says of the renewal.

    Args:
        course: how it went until now.
        renew_at: when it wants that; None where it says nothing.
        look_at: when it wants to be asked again; None where it says nothing.
        now: the machine's time.
    """
    usual, latest = now + LOOKS_EVERY, now + DAY
    again = min(max(look_at or usual, now + MINUTE), latest)
    return replace(course, renew_at=renew_at or course.renew_at, look_at=again)


def at_start(course: Course) -> Course:
    """Have a start try soon, unless the authority wants to be left in peace.

    The authority says itself once more which TXT record it needs.

    Args:
        course: how it went until now.
    """
    course = replace(course, record="")
    if course.tried is None or course.next_try is None or course.limited or not course.failures:
        return course
    return replace(course, next_try=min(course.next_try, course.tried + AFTER_A_START))
