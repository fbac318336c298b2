"""Define the valid content of a chat: messages, people, attachments. Pure rules.

Pages show a chat's content, and upstream's format allows more than people can write in a page: a
message may contain HTML, and mark itself as trusted. The lab keeps only what people can write,
whether it comes from a socket or from the file, which a student's program may have written.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from classroom.lab.protocol.participant import COLOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Found = dict[str, Any]

KIND, FORMAT, SUFFIX = "chat", "text", ".chat"
"""Type and format in the id of a chat's room, and the suffix of a chat's file."""

LONGEST_CHARACTERS = 100_000
"""Most characters of a message."""
SHORT_CHARACTERS = 4096
"""Most characters of a name, a path or an address."""
MANY = 1000
"""Most items of a list in a message, such as the mentioned people."""
PARTS = ("attachments", "messages", "metadata", "users")
"""The parts of a chat's file."""


class NoChatError(ValueError):
    """The file isn't a chat."""


def fits(room_id: str, path_of: Callable[[str], str | None]) -> bool:
    """Say whether the file of a chat's room can be a chat, because it is read and saved as one.

    Args:
        room_id: the id of a chat's room.
        path_of: finds the path of a file by its id.
    """
    file_format, _, file_id = (*room_id.split(":", 2), "")[:3]
    return file_format == FORMAT and (path_of(file_id) or "").endswith(SUFFIX)


def is_short(value: Any) -> bool:
    """Say whether something can be a name, an id or a path."""
    return isinstance(value, str) and 0 < len(value) <= SHORT_CHARACTERS


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_CHARACTERS


def _are_short(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MANY and all(map(is_short, value))


def _is_place(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))  # noqa: PLR2004


def _is_selection(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value == _kept(value, SELECTION)
        and value.keys() == {*SELECTION}
    )


def _is_cell(value: Any) -> bool:
    return isinstance(value, dict) and value == _kept(value, CELL) and "id" in value


def _are_cells(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MANY and all(map(_is_cell, value))


Fields = dict[str, "Callable[[Any], bool]"]
MESSAGE: Fields = {
    "id": is_short,
    "body": _is_text,
    "sender": is_short,
    "time": _is_number,
    "type": lambda value: value == "msg",
    "raw_time": _is_bool,
    "deleted": _is_bool,
    "edited": _is_bool,
    "mentions": _are_short,
    "attachments": _are_short,
}
NEEDED = {"id", "body", "sender", "time"}
EDITED = {"body", "deleted", "edited", "mentions", "attachments"}
"""Keys of a message that may change after it was sent."""
PERSON: Fields = {
    "username": is_short,
    "name": is_short,
    "display_name": is_short,
    "initials": is_short,
    "mention_name": is_short,
    # The colour becomes part of a style.
    "color": lambda value: isinstance(value, str) and COLOUR.fullmatch(value) is not None,
    "avatar_url": lambda value: is_short(value) and value.startswith("https://"),
}
SELECTION: Fields = {"start": _is_place, "end": _is_place, "content": _is_text}
CELL: Fields = {
    "id": is_short,
    "input_type": lambda value: value in ("raw", "markdown", "code"),
    "selection": _is_selection,
}
ATTACHMENT: Fields = {
    "type": lambda value: value in ("file", "notebook"),
    "value": is_short,
    "mimetype": is_short,
    "selection": _is_selection,
    "cells": _are_cells,
}


def _kept(found: Found, fields: Fields) -> Found:
    return {
        key: found[key] for key, is_right in fields.items() if key in found and is_right(found[key])
    }


def message(found: Any) -> Found | None:
    """Reduce a message to what people can write; None if it isn't a message."""
    kept = _kept(found, MESSAGE) if isinstance(found, dict) else {}
    return kept if kept.keys() >= NEEDED else None


def attachment(found: Any) -> Found | None:
    """Reduce an attachment to what people can attach; None if it isn't an attachment."""
    kept = _kept(found, ATTACHMENT) if isinstance(found, dict) else {}
    return kept if kept.keys() >= {"type", "value"} else None


def person(found: Any) -> Found | None:
    """Reduce a person to what pages show; None if it isn't a person."""
    kept = _kept(found, PERSON) if isinstance(found, dict) else {}
    return kept if "username" in kept else None


def introduction(who: Mapping[str, Any]) -> Found | None:
    """Describe a signed-in user for a chat.

    Args:
        who: the result of `participant.identity`.
    """
    called = str(who["display_name"] or who["name"] or who["username"])
    return person({**who, "mention_name": called.replace(" ", "-")})


def parse(text: str) -> Found:
    """Parse a chat's file.

    Args:
        text: the file's content; an empty file is an empty chat.

    Returns:
        The chat's parts, reduced to what people can write in a page.

    Raises:
        NoChatError: it is something else, which saving a chat would destroy.
    """
    try:
        found = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise NoChatError("this file is no chat") from error
    if not isinstance(found, dict) or not found.keys() <= {*PARTS}:
        raise NoChatError("this file is no chat")
    messages = found.get("messages")
    metadata = found.get("metadata")
    kept = filter(None, map(message, messages if isinstance(messages, list) else ()))
    ident = metadata.get("id") if isinstance(metadata, dict) else None
    return {
        "attachments": _each(found.get("attachments"), attachment),
        "messages": list({one["id"]: one for one in kept}.values()),
        "metadata": {"id": ident} if is_short(ident) else {},
        "users": {
            name: one
            for name, one in _each(found.get("users"), person).items()
            if one["username"] == name
        },
    }


def _each(found: Any, kept: Callable[[Any], Found | None]) -> dict[str, Found]:
    items = found.items() if isinstance(found, dict) else ()
    return {key: one for key, value in items if is_short(key) and (one := kept(value))}


def encode(parts: Mapping[str, Any]) -> str:
    """Encode a chat for its file: equal chats have equal texts.

    Args:
        parts: the parts, as from `parse`.
    """
    return json.dumps({name: parts[name] for name in PARTS}, indent=2, sort_keys=True)
