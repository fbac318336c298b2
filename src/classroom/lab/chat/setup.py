"""Set up the lab's chats, if the tutor's configuration has them, and create the first one."""

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
"""The name of the extension's part for pages."""
KEY = "classroom_chat"
"""The key in the server's settings that says whether there are chats."""
FIRST = f"Classroom{SUFFIX}"


def use(app: ServerApp, hooks: Hooks) -> None:
    """Use our class for chats, and create one in the class's folder, if the lab has chats.

    Args:
        app: the server app; it knows its extensions and hasn't loaded all of them yet.
        hooks: the rooms' hooks.
    """
    # Not at import time: the extension is missing if only the rooms are measured.
    from jupyter_ydoc import ydocs  # noqa: PLC0415

    from classroom.lab.chat.document import ClassChat  # noqa: PLC0415

    ydocs[KIND] = ClassChat  # upstream looks classes up there
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
    """Create the first chat, unless the folder has one of any name.

    Args:
        root: the class's folder.

    Raises:
        OSError: it can't be created.
    """
    # Look only at names: the start waits for this, and a student can make any number of links.
    if any(name.endswith(SUFFIX) for name in listing.names(root, ())):
        return
    parts = {**schema.parse(""), "metadata": {"id": str(uuid.uuid4())}}
    atomic_write.write(root, (FIRST,), schema.encode(parts).encode())


def stop_looking(settings: Mapping[str, Any]) -> None:
    """Stop upstream's check, every minute and by path, whether chats' files exist.

    Upstream still forgets a chat when its room is closed.

    Args:
        settings: the server's settings, after all extensions are loaded.
    """
    if (manager := settings.get("chat_manager")) is not None:
        manager.stop()


def hide(settings: MutableMapping[str, Any]) -> None:
    """Make pages not load the chat's part if there are no chats.

    Args:
        settings: the server's settings, after all extensions are loaded.
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
