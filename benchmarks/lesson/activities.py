"""What a class does besides typing: people run their own notebooks, and write into the chat."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pycrdt import Array, Doc, Map, create_sync_message, create_update_message, handle_sync_message

from benchmarks.rooms import running_lab
from tests import students

if TYPE_CHECKING:
    import httpx
    from websockets.sync.client import ClientConnection

    from benchmarks.pages.labs import Measured

CELLS = (
    "import numpy as np, pandas as pd, matplotlib.pyplot as plt",
    "pd.DataFrame(np.random.rand(1000, 4), columns=list('abcd')).describe()",
    "plt.plot(np.random.rand(100))",
    "for n in range(2000): print(n)",
)
OUTPUT = {"output_type": "stream", "name": "stdout", "text": "a line of output\n" * 200}
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "execution_count": None,
            "source": source,
            "outputs": [OUTPUT],
        }
        for number, source in enumerate(CELLS)
    ],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
WAIT_SECONDS = 30


@dataclass
class Busy:
    """A person who opens their own notebook again and again.

    Attributes:
        client: the person's browser, signed in; the person may write.
        lab: the lab.
    """

    client: httpx.Client
    lab: Measured

    def open_run_and_close(self, name: str) -> None:
        """Make a notebook, open its room and its kernel, run it, and close both.

        Args:
            name: the notebook's name.

        Raises:
            httpx.HTTPStatusError: the lab refuses a request.
        """
        api = f"{running_lab.BASE}/api"
        model = {"type": "notebook", "format": "json", "content": NOTEBOOK}
        self.client.put(f"{api}/contents/{name}", json=model).raise_for_status()
        kind = {"format": "json", "type": "notebook"}
        asked = self.client.put(f"{api}/collaboration/session/{name}", json=kind)
        found = asked.raise_for_status().json()
        room = f"json:notebook:{found['fileId']}?sessionId={found['sessionId']}"
        path = f"api/collaboration/room/{room}"
        socket = students.open_socket(self.client, self.lab.started.lab, path)
        document: Doc[Any] = Doc()
        socket.send(create_sync_message(document))
        hear(socket, document)
        body = {"path": name, "name": "", "type": "notebook", "kernel": {"name": "python3"}}
        made = self.client.post(f"{api}/sessions", json=body, timeout=60).raise_for_status().json()
        channels = f"api/kernels/{made['kernel']['id']}/channels?session_id={uuid.uuid4().hex}"
        connection = students.open_socket(self.client, self.lab.started.lab, channels)
        kernel = students.Kernel(connection)
        for cell in CELLS:
            kernel.run(cell)
        connection.close()
        socket.close()
        self.client.delete(f"{api}/sessions/{made['id']}").raise_for_status()
        self.client.delete(f"{api}/contents/{name}").raise_for_status()

    def talk(self, sender: str, words: str) -> None:
        """Open the chat, send a message, and close the chat.

        Args:
            sender: the person's name.
            words: the message.
        """
        file = self.lab.plan.ids["chat"]
        session = self.lab.plan.ids["session"]
        path = f"api/collaboration/room/text:chat:{file}?sessionId={session}"
        socket = students.open_socket(self.client, self.lab.started.lab, path)
        document: Doc[Any] = Doc()
        messages: Array[Any] = document.get("messages", type=Array)
        socket.send(create_sync_message(document))
        hear(socket, document)
        before = document.get_state()
        said = {"id": uuid.uuid4().hex, "sender": sender, "body": words, "time": 1.0}
        messages.append(Map({**said, "type": "msg", "raw_time": True}))
        socket.send(create_update_message(document.get_update(before)))
        socket.close()


def hear(socket: ClientConnection, document: Doc[Any]) -> None:
    """Read from a room until it has sent its document.

    Args:
        socket: the room's socket.
        document: the copy that receives it.

    Raises:
        TimeoutError: no message arrived for `WAIT_SECONDS`.
    """
    told = False
    while not told:
        message = socket.recv(timeout=WAIT_SECONDS)
        if isinstance(message, str) or message[0] != 0:
            continue
        told = message[:2] == b"\x00\x01"
        if (reply := handle_sync_message(message[1:], document)) is not None:
            socket.send(reply)
