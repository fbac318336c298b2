"""Send pages the server's events; students get none that say where people are.

JupyterLab's pages act only on events about forks (`jupyter_collaboration/fork/v1`), and show those
about documents' sessions in the log console. All other events say which file is opened, saved or
renamed, or who has entered which room. Nobody may post events, because the server would act on them
as on its own (`classroom.lab.permissions.handler_rules`).
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
"""Replaces the name of a fork's author for other students: the schema requires a text."""


def told(schema: str, event: dict[str, Any], *, name: str, tutor: bool) -> dict[str, Any] | None:
    """Return what a page may receive of an event.

    Args:
        schema: the event's schema.
        event: the event as it was emitted.
        name: the name of the page's user.
        tutor: whether that user is a tutor.

    Returns:
        The event for that page; None if the page may not receive it.
    """
    if tutor:
        return event
    if schema != FORKS:
        return None
    return event if event.get("username") == name else {**event, "username": UNNAMED}


class EventFeed:
    """The pages that subscribe to a lab's events. For one event loop; not safe for threads.

    Upstream adds a listener for each page, and starts a task for each event and listener. A page
    that opens emits some events. So the number of tasks grows with the square of the class's size.
    """

    def __init__(self) -> None:
        self._pages: set[EventsSocket] = set()
        self._follows = False

    def add(self, page: EventsSocket) -> None:
        """Send events to a page from now on."""
        self._pages.add(page)
        if not self._follows:
            self._follows = True
            page.event_logger.add_listener(listener=self.hear)

    def remove(self, page: EventsSocket) -> None:
        """Stop sending events to a page."""
        self._pages.discard(page)

    async def hear(self, logger: EventLogger, schema_id: str, data: dict[str, Any]) -> None:
        """Send an event to each page that may receive it; the arguments are upstream's."""
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
        """Send an event to this page, if it may receive it.

        Args:
            schema: the event's schema.
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
        """Ignore a message: no page sends any here, and upstream would fail."""
