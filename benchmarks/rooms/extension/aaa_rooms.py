"""A server extension with our rooms and nothing else of ours: what differs from stock is them.

Its name comes before jupyter_server_ydoc's, so that it is loaded first.
"""

from typing import Any

from classroom.lab import upstream
from classroom.lab.rooms import ClassDocumentRoom, ClassTransientRoom
from classroom.lab.sockets import RoomSocket


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "aaa_rooms"}]


def _load_jupyter_server_extension(app: Any) -> None:
    upstream.check()
    upstream.use(ClassDocumentRoom, ClassTransientRoom, RoomSocket)
    app.log.setLevel(app.log_level)
