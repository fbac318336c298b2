"""The number of tasks that an event causes, with upstream's own event logger."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_events import EventLogger

from classroom.lab.api.events import EventFeed

SCHEMA = "https://example.org/arrived/v1"
PAGES = 100


class Page:
    """A page that counts its messages."""

    def __init__(self, logger: EventLogger) -> None:
        self.event_logger = logger
        self.told: list[Any] = []

    def tell(self, schema: str, event: dict[str, Any]) -> None:
        self.told.append((schema, event["who"]))


def test_an_event_is_one_task_however_many_pages_there_are() -> None:
    logger = EventLogger()
    who = {"type": "string", "title": "Who", "description": "Who has arrived."}
    logger.register_event_schema(
        {
            "$id": SCHEMA,
            "version": "1",
            "title": "Arrived",
            "description": "Somebody has arrived.",
            "type": "object",
            "properties": {"who": who},
        }
    )
    feed = EventFeed()
    pages = [Page(logger) for _ in range(PAGES)]

    async def arrive() -> int:
        for page in pages:
            feed.add(page)  # type: ignore[arg-type]
        feed.remove(pages[-1])  # type: ignore[arg-type]
        before = len(asyncio.all_tasks())
        logger.emit(schema_id=SCHEMA, data={"who": "ada"})
        made = len(asyncio.all_tasks()) - before
        await logger.gather_listeners()
        return made

    assert asyncio.run(arrive()) == 1
    assert [page.told for page in pages] == [[(SCHEMA, "ada")]] * (PAGES - 1) + [[]]
