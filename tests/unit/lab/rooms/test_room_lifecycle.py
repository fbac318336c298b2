"""What pages are told when a room is unloaded."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_events import EventLogger
from jupyter_server_ydoc.utils import (
    EVENTS_SCHEMA_PATH,
    JUPYTER_COLLABORATION_EVENTS_URI,
    LogLevel,
)

from classroom.lab.rooms.room_lifecycle import Visiting

FILES = {"there": "lesson.ipynb"}


class Socket(Visiting):
    """The socket of a page that has gone."""

    event_logger: Any = None

    def __init__(self, file: str, events: EventLogger) -> None:
        self._room_id = f"json:notebook:{file}"
        self._file_id_manager = SimpleNamespace(get_path=FILES.get)
        self.event_logger = events


@pytest.mark.parametrize(("file", "heard"), [("there", ["lesson.ipynb"]), ("deleted", [])])
def test_a_room_goes_also_when_its_file_has_gone(file: str, heard: list[str]) -> None:
    events, paths = EventLogger(), []
    events.register_event_schema(EVENTS_SCHEMA_PATH)

    async def listen(logger: EventLogger, schema_id: str, data: dict[str, Any]) -> None:
        del logger, schema_id
        paths.append(data["path"])

    events.add_listener(schema_id=JUPYTER_COLLABORATION_EVENTS_URI, listener=listen)

    async def emit() -> None:
        Socket(file, events)._emit(LogLevel.INFO, "clean", "Room deleted.")
        await events.gather_listeners()

    asyncio.run(emit())
    assert paths == heard
