"""Pages of a school's classes, reached through the front on one of its machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import students
from tests.container.test_rooms import Page
from tests.swarm.schools import DOMAIN, address, api

if TYPE_CHECKING:
    import httpx

    from tests.swarm.schools import School


def page_of(school: School, name: str, client: httpx.Client, notebook: str, by: int = 0) -> Page:
    """Open an existing notebook through the front on a machine."""
    kind = {"format": "json", "type": "notebook"}
    found = client.put(f"{api(name)}/collaboration/session/{notebook}", json=kind).json()
    path = f"json:notebook:{found['fileId']}?sessionId={found['sessionId']}"
    host = f"{name}.{DOMAIN}"
    way = (school.nodes[by], f"api/collaboration/room/{path}", address(name))
    return Page(students.open_socket(client, *way, host=host))
