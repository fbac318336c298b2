"""What a chat holds: messages, the people in it, what they attach. Pure rules.

Pages show what is in a chat, and upstream's format knows more than people can write in a page: a
message may bring HTML and say itself that it is to be trusted. Only what people can write is kept,
whether it comes by a socket or out of the file, which a student's program may have written.
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
"""Of a chat's room, as its id says them, and of its file's name."""

LONGEST_CHARACTERS = 100_000
"""Characters of a message."""
SHORT_CHARACTERS = 4096
"""Characters of a name, a path, an address."""
MANY = 1000
"""Things in a list of a message's, such as those who are mentioned."""
PARTS = ("attachments", "messages", "metadata", "users")
"""What a chat's file has."""


class NoChatError(ValueError):
    """A file that isn't a chat."""


def fits(room_id: str, path_of: Callable[[str], str | None]) -> bool:
    """Say whether the file of a chat's room can be one: as a chat it is read, and written.

    Args:
        room_id: one that asks for a chat.
        path_of: finds the path of a file by its id.
    """
    file_format, _, file_id = (*room_id.split(":", 2), "")[:3]
    return file_format == FORMAT and (path_of(file_id) or "").endswith(SUFFIX)


def is_short(value: Any) -> bool:
    """Say whether something can be a name, an id, a path."""
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
"""What of a message may change once it is sent."""
PERSON: Fields = {
    "username": is_short,
    "name": is_short,
    "display_name": is_short,
    "initials": is_short,
    "mention_name": is_short,
    # It becomes part of a style.
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
    """Take of a message what people can write; None if it is none."""
    kept = _kept(found, MESSAGE) if isinstance(found, dict) else {}
    return kept if kept.keys() >= NEEDED else None


def attachment(found: Any) -> Found | None:
    """Take of an attachment what people can attach; None if it is none."""
    kept = _kept(found, ATTACHMENT) if isinstance(found, dict) else {}
    return kept if kept.keys() >= {"type", "value"} else None


def person(found: Any) -> Found | None:
    """Take of somebody what is shown of them; None if it is nobody."""
    kept = _kept(found, PERSON) if isinstance(found, dict) else {}
    return kept if "username" in kept else None


def introduction(who: Mapping[str, Any]) -> Found | None:
    """Describe a signed-in user as a chat does.

    Args:
        who: the result of `participant.identity`.
    """
    called = str(who["display_name"] or who["name"] or who["username"])
    return person({**who, "mention_name": called.replace(" ", "-")})


def parse(text: str) -> Found:
    """Read a chat's file.

    Args:
        text: what is in it; an empty file is an empty chat.

    Returns:
        Its parts, without what nobody can have written in a page.

    Raises:
        NoChatError: it is something else, which writing a chat into it would destroy.
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
    """Write a chat's file: the same text for the same chat.

    Args:
        parts: as `parse` returns them.
    """
    return json.dumps({name: parts[name] for name in PARTS}, indent=2, sort_keys=True)
