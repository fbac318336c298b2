"""Look up the TXT record before the authority does, because it limits failed checks."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from classroom.front.acme import lookup, records
from classroom.front.acme.records import RecordVerdict
from classroom.front.acme.trouble import AWAITED, UNSEEN, AcmeTrouble

if TYPE_CHECKING:
    from classroom.front.acme.lookup import TextAnswer
    from classroom.front.acme.order import Order


def weigh(answer: TextAnswer, order: Order, record: str, now: dt.datetime) -> AcmeTrouble | None:
    """Decide whether the authority should check the TXT record now.

    If no nameserver could answer, the lab shows the record first, and has the authority check it at
    the next try, so that the tutor has time to add it.

    Args:
        answer: the nameservers' answer.
        order: the order.
        record: the value that the authority expects.
        now: the time.

    Returns:
        Why the authority should not check yet; None if it should.
    """
    if order.anyway:
        return None
    if answer.trouble:
        is_shown = order.record == record
        return None if is_shown else AcmeTrouble(UNSEEN, answer.trouble, record=record)
    verdict = records.judge(answer.texts, record, now)
    return None if verdict is RecordVerdict.GOOD else AcmeTrouble(AWAITED[verdict], record=record)


def trouble(order: Order, record: str) -> AcmeTrouble | None:
    """Look up the record, and decide; the arguments and the result are those of `weigh`."""
    answer = lookup.look_up(records.name(order.wanted.host))
    return weigh(answer, order, record, dt.datetime.now(dt.UTC))
