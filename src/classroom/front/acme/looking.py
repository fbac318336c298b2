"""Look into DNS before the authority does: what it refuses counts against the lab."""

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
    """Decide whether the authority is to look, too.

    Where nobody could say what is in DNS, the record is shown first, and the authority looks at the
    next try: somebody has to have had time to add it.

    Args:
        answer: what nameservers say.
        order: what is to be asked.
        record: the value that the authority wants to read.
        now: the time.

    Returns:
        Why it isn't; None if it is.
    """
    if order.anyway:
        return None
    if answer.trouble:
        is_shown = order.record == record
        return None if is_shown else AcmeTrouble(UNSEEN, answer.trouble, record=record)
    verdict = records.judge(answer.texts, record, now)
    return None if verdict is RecordVerdict.GOOD else AcmeTrouble(AWAITED[verdict], record=record)


def trouble(order: Order, record: str) -> AcmeTrouble | None:
    """Look, and decide; the arguments and the result are as of `weigh`."""
    answer = lookup.look_up(records.name(order.wanted.host))
    return weigh(answer, order, record, dt.datetime.now(dt.UTC))
