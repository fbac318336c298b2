"""Build a document's timeline: a copy with its whole history, for a person who wants to go back.

Upstream builds it in one turn of the event loop, which delays everybody's typing.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import jupyter_server_ydoc.handlers
from jupyter_server.auth.decorator import authorized
from jupyter_server_ydoc.utils import encode_file_path, room_id_from_encoded_path
from jupyter_server_ydoc.websocketserver import RoomNotFound
from jupyter_ydoc import ydocs
from pycrdt import Doc
from pycrdt.websocket import YRoom
from tornado import web

from classroom.lab import services
from classroom.lab.connections.cpu_budget import CpuBudget, TooMuchError
from classroom.lab.upstream import patches
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARE = 0.2
"""Share of the server's time for building a timeline."""
TURN_SECONDS = 0.01
"""How long others wait in between."""
BUSY = gettext_noop("You have used too much of the server's time. Try again in a minute.")


async def replay(
    history: Sequence[tuple[bytes, float]], document: Any, who: str, cpu: CpuBudget
) -> Sequence[float]:
    """Apply a document's history to an empty one, and leave time for others in between.

    Args:
        history: updates and their times, the oldest first.
        document: an empty document of upstream's class.
        who: the name of the person to whom the time is charged.
        cpu: the lab's CPU budget.

    Returns:
        The times of changes that can be undone.

    Raises:
        TooMuchError: the person has used too much of the server's time.
    """
    found, undone = [], document.undo_manager
    begun = time.thread_time()
    for update, at in history:
        with cpu.charged(who):
            before = len(undone.undo_stack)
            document.ydoc.apply_update(update)
            if len(undone.undo_stack) > before:
                found.append(at)
        took = time.thread_time() - begun
        if took > TURN_SECONDS:
            await asyncio.sleep(took * (1 / SHARE - 1))
            cpu.ask(who)
            begun = time.thread_time()
    return found


@web.authenticated
@authorized
async def get(self: Any, path: str) -> None:
    """Build a timeline, as upstream's handler does.

    Args:
        self: the handler.
        path: the document's path.

    Raises:
        HTTPError: 404 if there is no such document, or nobody has it open; 429 if the person has
            used too much of the server's time.
    """
    file_id = self.settings["file_id_manager"].get_id(path)
    kind = self.get_query_argument("type")
    encoded = encode_file_path(self.get_query_argument("format"), kind, file_id)
    who = str(self.current_user.username)
    if (factory := ydocs.get(kind)) is None:
        raise web.HTTPError(404, gettext("There is no such kind of documents."))
    cpu = services.of(self)[CpuBudget]
    async with cpu.replaying(who):
        try:
            cpu.ask(who)
            room_id = room_id_from_encoded_path(encoded)
            room: Any = await self.ywebsocket_server.get_room(room_id)
            history = [(one[0], one[-1]) async for one in room.ystore.read()]
            document = factory(Doc())
            times = await replay(history, document, who, cpu)
        except RoomNotFound as error:
            raise web.HTTPError(404, gettext("Nobody has this document open.")) from error
        except TooMuchError as error:
            raise web.HTTPError(429, gettext(BUSY)) from error
    fork = uuid4().hex
    jupyter_server_ydoc.handlers.FORK_DOCUMENTS[fork] = document
    self.ywebsocket_server.add_room(fork, YRoom(ydoc=document.ydoc))
    self.finish(
        json.dumps(
            {
                "roomId": room_id,
                "timestamps": times,
                "forkRoom": fork,
                "sessionId": jupyter_server_ydoc.handlers.SERVER_SESSION,
            }
        )
    )


def use() -> None:
    """Replace upstream's handler of timelines."""
    patches.make_timelines(get)
