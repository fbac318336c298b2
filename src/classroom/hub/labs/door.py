"""Have the supervisor start and stop labs: the client of `classroom.supervisor.labs_door`."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


LONGEST_ANSWER_BYTES = 1 << 22
"""Large enough for an answer with something about each student."""


class LabNotStartedError(Exception):
    """The supervisor could not do it; the text is its reason."""


async def ask(place: Path, **wanted: Any) -> frozenset[int]:
    """Send an order.

    Args:
        place: the path of the socket.
        wanted: the order: ``do``, and its arguments.

    Returns:
        The numbers of the labs that run now.

    Raises:
        LabNotStartedError: it can't be done.
        OSError: the supervisor does not answer.
    """
    return frozenset((await _say(place, wanted))["running"])


async def carry(place: Path, order: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Have an assignment transferred between the class and personal labs.

    Args:
        place: the path of the socket.
        order: an order as in `classroom.supervisor.carrier`.

    Returns:
        The results, by the students' names; with a sentence under ``error`` after a failure.

    Raises:
        LabNotStartedError: the transfer failed.
        OSError: the supervisor does not answer.
    """
    found: dict[str, dict[str, Any]] = (await _say(place, {"do": "carry", "order": order}))[
        "carried"
    ]
    return found


async def copy(place: Path, order: dict[str, Any]) -> dict[str, Any]:
    """Have a copy made.

    Args:
        place: the path of the socket.
        order: an order as in `classroom.supervisor.copier`.

    Returns:
        The result; with a sentence under ``error`` if there is no copy.

    Raises:
        LabNotStartedError: the order failed.
        OSError: the supervisor does not answer.
    """
    found: dict[str, Any] = (await _say(place, {"do": "copy", "order": order}))["copied"]
    return found


async def _say(place: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(str(place), limit=LONGEST_ANSWER_BYTES)
    try:
        writer.write(json.dumps(wanted).encode() + b"\n")
        await writer.drain()
        if not (line := await reader.readline()):
            raise ConnectionResetError("the supervisor hung up")
    finally:
        writer.close()
    found: dict[str, Any] = json.loads(line)
    if "error" in found:
        raise LabNotStartedError(found["error"])
    return found
