"""What a page hears of the server's events: students none that say who is where.

JupyterLab's pages act on one kind only, of forks (`jupyter_collaboration/fork/v1`); of documents'
sessions they write into the log console. All others say which file is opened, saved or renamed, or
who has come into which room. Nobody posts events: the server acts on them as on its own
(`classroom.lab.permissions.handler_rules`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyter_server.services.events.handlers import SubscribeWebsocket
from tornado.websocket import WebSocketClosedError

from classroom.lab import services
from classroom.lab.connections.registry import name_of
from classroom.lab.permissions.mode_service import ModeService

if TYPE_CHECKING:
    from jupyter_events.logger import EventLogger

FORKS = "https://schema.jupyter.org/jupyter_collaboration/fork/v1"
UNNAMED = ""
"""Who made a fork, for a student who isn't them: the schema wants a text."""


def told(schema: str, event: dict[str, Any], *, name: str, tutor: bool) -> dict[str, Any] | None:
    """Say what a page is told of an event.

    Args:
        schema: the event's.
        event: the event as it was emitted.
        name: the user whose page it is.
        tutor: whether they are one.

    Returns:
        None when nothing of it is theirs to know.
    """
    if tutor:
        return event
    if schema != FORKS:
        return None
    return event if event.get("username") == name else {**event, "username": UNNAMED}


class EventFeed:
    """The pages that subscribe to a lab's events. For one event loop; not safe for threads.

    Upstream lets each page listen by itself, in a task for each event. A page that arrives emits
    some events, so a class that arrives would start the square of its number of tasks.
    """

    def __init__(self) -> None:
        self._pages: set[EventsSocket] = set()
        self._follows = False

    def add(self, page: EventsSocket) -> None:
        """Tell a page of events from now on."""
        self._pages.add(page)
        if not self._follows:
            self._follows = True
            page.event_logger.add_listener(listener=self.hear)

    def remove(self, page: EventsSocket) -> None:
        """Tell a page nothing more."""
        self._pages.discard(page)

    async def hear(self, logger: EventLogger, schema_id: str, data: dict[str, Any]) -> None:
        """Tell each page of an event, if it is to know; the arguments are upstream's."""
        del logger
        for page in tuple(self._pages):
            page.tell(schema_id, data)


class EventsSocket(SubscribeWebsocket):
    """A page's subscription to events."""

    def open(self) -> None:
        """Subscribe."""
        services.of(self)[EventFeed].add(self)

    def on_close(self) -> None:
        """End the subscription."""
        services.of(self)[EventFeed].remove(self)

    def tell(self, schema: str, event: dict[str, Any]) -> None:
        """Tell this page of an event, if it is to know.

        Args:
            schema: the event's.
            event: the event as it was emitted.
        """
        name = name_of(self)
        tutors = services.of(self)[ModeService].tutors
        found = told(schema, event, name=name, tutor=name in tutors)
        if found is None:
            return
        try:
            self.write_message(json.dumps({"schema_id": schema, **found}))
        except WebSocketClosedError:
            self.on_close()

    def on_message(self, message: str | bytes) -> None:
        """Take nothing: no page says anything here, and upstream would fail."""
