"""Have a lab save what people have typed in something, before a copy of it is made."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from classroom.runtime.log import LOG

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

MOST_SECONDS = 10.0
"""How long a lab may take. A copy is then made of what it had saved before."""
ADDRESS = "/save"


async def save(paths: Paths, path: str) -> None:
    """Have the lab's server save it, if the lab runs. Nothing that it answers is looked at.

    Args:
        paths: of the lab.
        path: of the file or folder, as pages have it.
    """
    body = json.dumps({"path": path}).encode()
    head = f"POST {ADDRESS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    try:
        async with asyncio.timeout(MOST_SECONDS):
            reader, writer = await asyncio.open_unix_connection(str(paths.restoring_socket))
            try:
                writer.write(head.encode() + body)
                await writer.drain()
                await reader.read(1)  # it answers when it has saved
            finally:
                writer.close()
    except (OSError, TimeoutError) as error:
        LOG.debug("Lab %d saves nothing before a copy: %r", paths.lab, error)
