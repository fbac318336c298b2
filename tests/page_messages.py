"""Check the messages of a page's own socket against the schema that server and page share."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from jsonschema import Draft7Validator

from tests import labs

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocket

Side = Literal["ServerMessage", "ClientMessage"]
SCHEMA = labs.ROOT / "src/classroom/lab/people/page_messages.schema.json"
SOCKET = "/classroom/api/live"


def problems(message: str | bytes, side: Side) -> list[str]:
    """List the schema errors of a message.

    Args:
        message: the message as it was sent.
        side: the side that sent it.
    """
    schema = json.loads(SCHEMA.read_text())
    schema = {"definitions": schema["definitions"], "$ref": f"#/definitions/{side}"}
    found = Draft7Validator(schema).iter_errors(json.loads(message))
    return [f"{error.message} in {str(message)[:500]}" for error in found]


class Watch:
    """Records the messages between pages and server."""

    def __init__(self) -> None:
        self.types: set[str] = set()
        self.problems: list[str] = []
        self._heard: list[tuple[Page, dict[str, Any]]] = []

    def clear(self) -> None:
        """Forget all recorded messages."""
        self.types.clear()
        self.problems.clear()
        self._heard.clear()

    def page(self, page: Page) -> None:
        """Record all messages that a page sends and receives from now on."""
        page.on("websocket", partial(self._socket, page))

    def heard(self, page: Page, kind: str) -> list[dict[str, Any]]:
        """List the messages of one type that a page has received."""
        return [one for whose, one in self._heard if whose is page and one["type"] == kind]

    def _socket(self, page: Page, socket: WebSocket) -> None:
        if not socket.url.endswith(SOCKET):
            return

        def hear(message: str | bytes) -> None:
            self._take(message, "ServerMessage")
            self._heard.append((page, json.loads(message)))

        socket.on("framereceived", hear)
        socket.on("framesent", lambda message: self._take(message, "ClientMessage"))

    def _take(self, message: str | bytes, side: Side) -> None:
        self.types.add(json.loads(message)["type"])
        self.problems += problems(message, side)
