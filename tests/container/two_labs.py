"""Two lab servers in one process: a program of its own, because they patch upstream for good.

`test_two_labs` runs it in the image. Each lab has an open page; in one of them somebody writes in a
document.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_server.serverapp import ServerApp
from pycrdt import Doc, Text, create_update_message
from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import websocket_connect
from traitlets.config import Config

from classroom.lab import services
from classroom.lab.context import LabContext
from classroom.lab.people import page_socket
from classroom.lab.permissions.mode import Mode


def made(folder: Path) -> ServerApp:
    """Make a server with our extension, as `benchmarks.rooms.servers` does."""
    (folder / "files").mkdir(parents=True)
    (folder / "app/static").mkdir(parents=True)
    (folder / "app/static/index.html").write_text("<html></html>")
    (folder / "files/a.txt").write_text("")
    config = Config(
        {
            "ServerApp": {
                "contents_manager_class": "classroom.lab.files.contents_manager.ClassContents",
                "jpserver_extensions": {
                    "jupyter_server_ydoc": True,
                    "jupyter_server_fileid": True,
                    "classroom.lab.extension": True,
                },
                "reraise_server_extension_failures": True,
                "root_dir": str(folder / "files"),
                "ip": "127.0.0.1",
                "port": 0,
                "allow_root": True,
                "disable_check_xsrf": True,
            },
            "IdentityProvider": {"token": ""},
            "LabApp": {"app_dir": str(folder / "app")},
            "ClassYStore": {"db_path": str(folder / "documents.db")},
            "YDocExtension": {"ystore_class": "classroom.lab.storage.ystore.ClassYStore"},
            "ArbitraryFileIdManager": {"db_path": str(folder / "ids.db")},
        }
    )
    app = ServerApp(config=config)
    app.initialize(argv=[], find_extensions=False)
    return app


def state(app: ServerApp) -> LabContext:
    """Return a server's own state."""
    found: LabContext = app.web_app.settings[services.KEY][LabContext]
    return found


async def told(page: Any, kind: str) -> dict[str, Any]:
    """Wait until a page receives a message of a type; return it."""
    while True:
        found: dict[str, Any] = json.loads(await page.read_message())
        if found["type"] == kind:
            return found


async def write(app: ServerApp, address: str) -> None:
    """Write in a document, and wait until the journal has the text."""
    asked = await AsyncHTTPClient().fetch(
        f"http://{address}/api/collaboration/session/a.txt",
        method="PUT",
        body=json.dumps({"format": "text", "type": "file"}),
    )
    found = json.loads(asked.body)
    room = f"text:file:{found['fileId']}"
    socket = await websocket_connect(
        f"ws://{address}/api/collaboration/room/{room}?sessionId={found['sessionId']}"
    )
    page: Doc[Any] = Doc()
    page.get("source", type=Text).insert(0, "typed")
    await socket.write_message(create_update_message(page.get_update()), binary=True)
    journal = state(app).journal
    assert journal is not None
    rows: list[tuple[bytes, bytes, float]] = []
    async with asyncio.timeout(60):
        while b"typed" not in b"".join(row for row, *_ in rows):
            rows = await journal.read(f".file:{found['fileId']}.y")


async def main(one: ServerApp, other: ServerApp) -> None:
    """Change things in one lab, and check both."""
    mine, others = state(one), state(other)
    addresses, pages = [], []
    for app in (one, other):
        await app.extension_manager.start_all_extensions()
        addresses.append(f"127.0.0.1:{app.port}")
        pages.append(await websocket_connect(f"ws://{addresses[-1]}/{page_socket.ADDRESS}"))
        await told(pages[-1], "leading")
    assert [len(lab.connections.pages()) for lab in (mine, others)] == [1, 1]
    assert len(mine.participants.people()) == len(others.participants.people()) == 1

    mine.modes.switch(Mode("ada"))
    mine.notifications.warn("disk", "The disk is full.")
    assert (await told(pages[0], "warnings"))["warnings"]
    assert mine.modes.is_view_only("bob")
    assert not others.modes.is_view_only("bob")
    assert not others.notifications.are_standing()
    others.notifications.warn("other", "The other's.")
    assert [one["text"] for one in (await told(pages[1], "warnings"))["warnings"]] == [
        "The other's."
    ]

    mine.modes.switch(Mode())
    await write(one, addresses[0])
    assert mine.journal is not others.journal
    assert others.journal is not None
    database = others.journal._file
    assert b"typed" not in b"".join(
        file.read_bytes() for file in database.parent.glob(f"{database.stem}*")
    )
    spent = [sum(seconds for seconds, _ in lab.cpu._spent.values()) for lab in (mine, others)]
    assert spent[0] > 0
    assert spent[1] == 0
    for app in (one, other):
        await app.extension_manager.stop_all_extensions()
        state(app).close()
    print("ok")


if __name__ == "__main__":
    place, code = Path(sys.argv[1]), 1
    servers = [made(place / name) for name in ("one", "other")]
    try:
        servers[0].io_loop.run_sync(partial(main, *servers))
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        # Don't simply return, as `classroom.lab.__main__` doesn't either: libraries leave threads
        # behind.
        sys.stdout.flush()
        os._exit(code)
