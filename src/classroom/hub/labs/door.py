"""Ask the supervisor to start and stop labs: the other end of `classroom.supervisor.labs_door`."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


LONGEST_ANSWER_BYTES = 1 << 22
"""Bytes of an answer at most: it may say something of each student."""


class LabNotStartedError(Exception):
    """The supervisor couldn't do it, with its reason."""


async def ask(place: Path, **wanted: Any) -> frozenset[int]:
    """Ask for something.

    Args:
        place: of the socket.
        wanted: ``do``, and what that needs.

    Returns:
        The numbers of the labs that run now.

    Raises:
        LabNotStartedError: it can't be done.
        OSError: nobody answers.
    """
    return frozenset((await _say(place, wanted))["running"])


async def carry(place: Path, order: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Have an assignment carried between the class and labs of people's own.

    Args:
        place: of the socket.
        order: as of `classroom.supervisor.carrier`.

    Returns:
        What came of it, by the students' names; a sentence under ``error`` where it isn't done.

    Raises:
        LabNotStartedError: nothing could be carried.
        OSError: nobody answers.
    """
    found: dict[str, dict[str, Any]] = (await _say(place, {"do": "carry", "order": order}))[
        "carried"
    ]
    return found


async def copy(place: Path, order: dict[str, Any]) -> dict[str, Any]:
    """Have somebody given a copy.

    Args:
        place: of the socket.
        order: as of `classroom.supervisor.copier`.

    Returns:
        What came of it; a sentence under ``error`` if there is none.

    Raises:
        LabNotStartedError: nothing could be done.
        OSError: nobody answers.
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
