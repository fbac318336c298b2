"""Carry out one order of the Hub about its certificate, in a separate process.

Run as ``python -I -m classroom.front.acme``, as root, with an order on standard input. So the Hub
does not keep the library for authorities (`acme`, of certbot) in its memory, and while the lab
waits for a TXT record the library is not even loaded.
"""

from __future__ import annotations

import sys

from classroom.front.acme import looking
from classroom.front.acme.order import AcmeOutcome, Order


def run(order: Order) -> AcmeOutcome:
    """Carry out an order.

    Args:
        order: the order.
    """
    if order.record and (trouble := looking.trouble(order, order.record)) is not None:
        return AcmeOutcome(trouble)
    from classroom.front.acme import asking  # noqa: PLC0415 (0.5 s)

    return asking.run(order)


if __name__ == "__main__":
    print(run(Order.decode(sys.stdin.buffer.read())).encode().decode())
