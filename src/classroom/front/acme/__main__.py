"""Answer one question of the Hub's about its certificate, in a process.

Run as ``python -I -m classroom.front.acme``, as root, with an order on standard input. What it
needs to ask an authority (`acme`, of certbot) leaves the Hub's memory with it, and is not even
loaded while the lab waits for a TXT record.
"""

from __future__ import annotations

import sys

from classroom.front.acme import looking
from classroom.front.acme.order import AcmeOutcome, Order


def run(order: Order) -> AcmeOutcome:
    """Do as ordered.

    Args:
        order: what is to be asked.
    """
    if order.record and (trouble := looking.trouble(order, order.record)) is not None:
        return AcmeOutcome(trouble)
    from classroom.front.acme import asking  # noqa: PLC0415 (0.5 s)

    return asking.run(order)


if __name__ == "__main__":
    print(run(Order.decode(sys.stdin.buffer.read())).encode().decode())
