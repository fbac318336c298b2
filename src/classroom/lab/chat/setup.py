"""The lab's chats: one is there from the beginning, and the tutor's word whether there are any."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from classroom.lab.chat import room_hooks, schema
from classroom.lab.chat.schema import KIND, SUFFIX
from classroom.lab.files import atomic_write, listing
from classroom.lab.files.beneath import Root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from jupyter_server.serverapp import ServerApp

    from classroom.lab.rooms.hooks import Hooks

EXTENSION = "jupyterlab_chat"
PAGES = "jupyterlab-chat-extension"
"""The extension's part for pages."""
KEY = "classroom_chat"
"""Where the server's settings say whether there are chats."""
FIRST = f"Classroom{SUFFIX}"


def use(app: ServerApp, hooks: Hooks) -> None:
    """Have chats be ours, and have one in the class's folder; without any, have none.

    Args:
        app: the server app; it knows its extensions and hasn't loaded all of them yet.
        hooks: the rooms' hooks.
    """
    # Not at the top: where only the rooms are measured there is no such extension.
    from jupyter_ydoc import ydocs  # noqa: PLC0415

    from classroom.lab.chat.document import ClassChat  # noqa: PLC0415

    ydocs[KIND] = ClassChat  # where upstream looks them up
    extension = app.extension_manager.extensions.get(EXTENSION)
    is_on = extension is not None and extension.enabled
    app.web_app.settings[KEY] = is_on
    room_hooks.use(hooks, is_on=is_on)
    if not is_on:
        return
    app.web_app.settings.setdefault("page_config_data", {})["classroomChat"] = FIRST
    try:
        begin(Root(app.root_dir))
    except OSError as error:
        app.log.warning("%s can't be made: %s", FIRST, error)


def begin(root: Root) -> None:
    """Make the first chat, unless there is one, whatever its name.

    Args:
        root: the class's folder.

    Raises:
        OSError: it can't be made.
    """
    # By their names alone: the start waits for this, and a student makes any number of links.
    if any(name.endswith(SUFFIX) for name in listing.names(root, ())):
        return
    parts = {**schema.parse(""), "metadata": {"id": str(uuid.uuid4())}}
    atomic_write.write(root, (FIRST,), schema.encode(parts).encode())


def stop_looking(settings: Mapping[str, Any]) -> None:
    """Have upstream not look every minute, by their paths, whether chats' files exist.

    It forgets a chat all the same when its room is closed.

    Args:
        settings: the server's, once all extensions are loaded.
    """
    if (manager := settings.get("chat_manager")) is not None:
        manager.stop()


def hide(settings: MutableMapping[str, Any]) -> None:
    """Have pages load nothing of chats if there are none.

    Args:
        settings: the server's, once all extensions are loaded.
    """
    if settings.get(KEY):
        return
    upstreams: Callable[[Any, Any], Any] = settings.get("page_config_hook", lambda _, found: found)

    def hook(handler: Any, found: dict[str, Any]) -> dict[str, Any]:
        config = dict(upstreams(handler, found))
        loaded = config.get("federated_extensions", ())
        config["federated_extensions"] = [one for one in loaded if one.get("name") != PAGES]
        return config

    settings["page_config_hook"] = hook
