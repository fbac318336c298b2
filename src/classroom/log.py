"""The log of what is neither the Hub nor the lab server, in their form."""

from __future__ import annotations

import logging
import sys

LOG = logging.getLogger("classroom")


def begin() -> None:
    """Write to the container's log from now on."""
    logging.basicConfig(
        stream=sys.stdout,
        level=logging.INFO,
        format="[%(levelname)1.1s %(asctime)s classroom] %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
    )
