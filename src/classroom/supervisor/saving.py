"""Have a lab save people's last changes of a file or folder before it is copied."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from classroom.runtime.log import LOG

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

MOST_SECONDS = 10.0
"""How long a lab may take. After that the copy is made from the saved file."""
ADDRESS = "/save"


async def save(paths: Paths, path: str) -> None:
    """Have the lab's server save a file or folder, if the lab runs; ignore the answer.

    Args:
        paths: the lab's paths.
        path: the path of the file or folder, as on pages.
    """
    body = json.dumps({"path": path}).encode()
    head = f"POST {ADDRESS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    try:
        async with asyncio.timeout(MOST_SECONDS):
            reader, writer = await asyncio.open_unix_connection(str(paths.restoring_socket))
            try:
                writer.write(head.encode() + body)
                await writer.drain()
                await reader.read(1)  # the server answers after it has saved
            finally:
                writer.close()
    except (OSError, TimeoutError) as error:
        LOG.debug("Lab %d saves nothing before a copy: %r", paths.lab, error)
