"""Ask the supervisor to start and stop labs: the other end of `classroom.supervisor.labs_door`."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


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
    reader, writer = await asyncio.open_unix_connection(str(place))
    try:
        writer.write(json.dumps(wanted).encode() + b"\n")
        await writer.drain()
        if not (line := await reader.readline()):
            raise ConnectionResetError("the supervisor hung up")
    finally:
        writer.close()
    found = json.loads(line)
    if "error" in found:
        raise LabNotStartedError(found["error"])
    return frozenset(found["running"])
