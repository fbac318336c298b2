"""The socket on which the Hub has labs started, stopped and deleted, and files carried, as JSON.

Only root can connect to it.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from classroom.runtime import lab_users
from classroom.runtime.ipc.peer import caller
from classroom.runtime.log import LOG
from classroom.runtime.problems import StartRefusedError
from classroom.supervisor import process
from classroom.supervisor.hub_access import HubAccess

if TYPE_CHECKING:
    import socket

    from classroom.runtime.paths import Paths
    from classroom.supervisor.carrying import Carrying
    from classroom.supervisor.labs import Labs

ROOT = 0


class LabsDoor:
    """Answers the Hub."""

    def __init__(self, paths: Paths, labs: Labs, carrying: Carrying) -> None:
        """Open the socket; it is kept for as long as the container lives.

        Args:
            paths: the container's paths.
            labs: the labs.
            carrying: copies files between labs.
        """
        self._socket = process.listen_locally(paths.labs_socket)
        self._labs, self._carrying = labs, carrying

    async def serve(self) -> None:
        """Answer requests without end."""
        server = await asyncio.start_unix_server(self._answer, sock=self._socket)
        await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection: socket.socket = writer.get_extra_info("socket")
        try:
            if caller(connection) == ROOT and (line := await reader.readline()):
                writer.write(json.dumps(await self._do(json.loads(line))).encode() + b"\n")
                await writer.drain()
        except OSError:
            pass  # the client has closed the connection
        finally:
            writer.close()

    async def _do(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Carry out a request; if it fails, return a sentence under "error"."""
        try:
            if asked["do"] == "start":
                await self._labs.start(
                    _number(asked), str(asked["token"]), _hub_access(asked["hub"])
                )
            elif asked["do"] == "stop":
                await self._labs.stop(_number(asked))
            elif asked["do"] == "keep":
                async with self._carrying.quiet(lab := _number(asked)):
                    await self._labs.keep(lab)
            elif asked["do"] == "remove":
                await self._labs.remove(_number(asked))
            elif asked["do"] == "carry":
                carried = await self._carrying.do(asked["order"])
                return {"running": self._labs.running, "carried": carried}
            elif asked["do"] == "copy":
                copied = await self._carrying.copy(asked["order"])
                return {"running": self._labs.running, "copied": copied}
        except (RuntimeError, TimeoutError, OSError, ValueError, StartRefusedError) as error:
            LOG.error("Lab %s: can't %s: %s", asked.get("lab", "-"), asked["do"], error)
            return {"error": str(error), "running": self._labs.running}
        return {"running": self._labs.running}


def _number(asked: dict[str, Any]) -> int:
    lab = int(asked["lab"])
    if not lab_users.is_number(lab):
        raise ValueError(f"no lab has the number {lab}")
    return lab


def _hub_access(found: dict[str, Any]) -> HubAccess:
    return HubAccess(**{**found, "scopes": tuple(found["scopes"])})
