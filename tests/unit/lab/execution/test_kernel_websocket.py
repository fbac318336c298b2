"""A page's connection to a kernel buffers no more than a person's limit."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

from classroom.lab.connections.memory_budget import MemoryBudget
from classroom.lab.execution import kernel_websocket
from tests import contexts

if TYPE_CHECKING:
    import pytest

    from classroom.lab.execution.signed_messages import Request


class Connection(kernel_websocket.SignedConnection):
    """A page's connection to a kernel that reads nothing."""

    subprotocol = kernel_websocket.V1
    _who = "mallory"
    log = logging.getLogger("test")

    def _note(self, found: Request) -> None:
        """Do nothing, because there is no lab."""


def test_what_kernels_do_not_take_counts_for_all_of_a_persons_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A kernel may be stopped, and hundreds of sockets may be connected to it."""
    sent: list[bytes] = []
    budget = MemoryBudget(1000, 5000)
    lab = contexts.make(memory=budget).services()
    monkeypatch.setattr(Connection, "_services", lab)
    upstreams = ZMQChannelsWebsocketConnection
    monkeypatch.setattr(upstreams, "handle_incoming_message", lambda _, one: sent.append(one))
    pages = [Connection.__new__(Connection) for _ in range(5)]
    header = json.dumps({"msg_type": "comm_msg"}).encode()
    large = serialize_msg_to_ws_v1([header, b"{}", b"{}", b"{}", b"x" * 300], "shell")
    for page in pages:
        page.handle_incoming_message(large)
    assert len(sent) == 1000 // len(large) < 5
    assert budget.held("mallory") <= 1000
    pages[0].handle_outgoing_message("iopub", [])
    assert budget.held("mallory") == (len(sent) - 1) * len(large)
    pages[4].handle_incoming_message(large)
    assert len(sent) == 1000 // len(large) + 1
