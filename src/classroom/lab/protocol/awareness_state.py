"""Clean pages' awareness states, so that no other page fails on them or learns too much.

Pages don't check these states. JupyterLab's list of people and its cursors end with an exception,
in every page that shows them, if a field has an unexpected type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from classroom.lab.protocol.awareness import LARGEST

State = dict[str, Any]
Clean = Callable[[State], State]

CURSORS = 100
"""Most cursors of one page: each costs every other page some work whenever it moves."""
NAME_CHARACTERS = 64
"""Most characters of a root type's name, and of a message's id."""
WORDS_CHARACTERS = 200
"""Most characters of a typing indicator."""
WRITERS = "writers"
"""A field for a chat's own server, which names people without a page who are writing."""


def of_document(state: State) -> State:
    """Clean a state for a document's room: leave out what other pages can't read.

    Args:
        state: the received state; it isn't changed.
    """
    known = {name: value for name, value in state.items() if name != WRITERS}
    for name, read in FIELDS.items():
        if name in known:
            found = read(known.pop(name))
            if found is not WRONG:
                known[name] = found
    return known


def of_lab(state: State) -> State:
    """Clean a state for the room of the whole lab: leave out everything but "autosave".

    JupyterLab's own list of people would show students, too, who has which document open. It would
    also open any path that another page sends. `classroom.lab.people.participants` sends people's
    locations instead, and checks them first.

    Args:
        state: the received state.
    """
    return {name: value for name, value in of_document(state).items() if name == "autosave"}


WRONG = object()
"""Marks a value of a type that pages can't read."""


def _switch(value: Any) -> Any:
    return value if isinstance(value, bool) else WRONG


def _writing(value: Any) -> Any:
    """Check whether somebody writes in a chat, or the id of the message that they edit."""
    return value if isinstance(value, bool) or _is_text(value, NAME_CHARACTERS) else WRONG


def _indicator(value: Any) -> Any:
    return value if value is None or _is_text(value, WORDS_CHARACTERS) else WRONG


def _is_text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest


def _cursors(value: Any) -> Any:
    if not isinstance(value, list) or len(value) > CURSORS:
        return WRONG
    found = [_cursor(one) for one in value]
    return found if WRONG not in found else WRONG


def _cursor(value: Any) -> Any:
    if not isinstance(value, dict):
        return WRONG
    anchor, head = (_position(value.get(name)) for name in ("anchor", "head"))
    if WRONG in (anchor, head):
        return WRONG
    switches = {name: value[name] is True for name in ("primary", "empty") if name in value}
    return {"anchor": anchor, "head": head, **switches}


def _position(value: Any) -> Any:
    """Check a relative position (yjs), because yjs itself accepts any value."""
    if value is None:
        return None
    if not isinstance(value, dict):
        return WRONG
    item, parent, root = (value.get(name) for name in ("item", "type", "tname"))
    ids_are_sound = all(one is None or _is_id(one) for one in (item, parent))
    root_is_sound = root is None or (isinstance(root, str) and 0 < len(root) <= NAME_CHARACTERS)
    if not ids_are_sound or not root_is_sound or (item, parent, root) == (None, None, None):
        return WRONG
    after = value.get("assoc", 0)
    if type(after) is not int or abs(after) > LARGEST:
        return WRONG
    return {"type": parent, "tname": root, "item": item, "assoc": after}


def _is_id(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"client", "clock"}
        and all(type(number) is int and 0 <= number <= LARGEST for number in value.values())
    )


FIELDS: dict[str, Callable[[Any], Any]] = {
    "autosave": _switch,
    "cursors": _cursors,
    "isWriting": _writing,
    "typingIndicator": _indicator,
}
"""The fields besides the user that pages read of each other, each with its check."""
