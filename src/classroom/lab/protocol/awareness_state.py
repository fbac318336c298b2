"""What a page may say of itself, so that no other page fails at it or learns too much.

Pages believe what they are told: JupyterLab's list of people and its cursors end with an exception,
for everybody who looks, at a field of another type than they know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from classroom.lab.protocol.awareness import LARGEST

State = dict[str, Any]
Clean = Callable[[State], State]

CURSORS = 100
"""Cursors that a page may show: each costs every other page some work whenever it moves."""
NAME_CHARACTERS = 64
"""Characters of a root type's name, and of a message's id."""
WORDS_CHARACTERS = 200
"""Characters of what a page says that it is writing."""
WRITERS = "writers"
"""What a chat's own server would tell: who is writing, for people who have no page."""


def of_document(state: State) -> State:
    """Take what pages say in a document's room; what other pages can't read is left out.

    Args:
        state: as received; it stays as it is.
    """
    known = {name: value for name, value in state.items() if name != WRITERS}
    for name, read in FIELDS.items():
        if name in known:
            found = read(known.pop(name))
            if found is not WRONG:
                known[name] = found
    return known


def of_lab(state: State) -> State:
    """Take what pages say in the room of the whole lab: nothing but that they are there.

    JupyterLab's own list of people would say who has which document open, to students too, and
    opens what another's page says that it is, whatever that is. Where people are is told by
    `classroom.lab.people.participants`, which looks first.

    Args:
        state: as received.
    """
    return {name: value for name, value in of_document(state).items() if name == "autosave"}


WRONG = object()
"""Of another type than pages read."""


def _switch(value: Any) -> Any:
    return value if isinstance(value, bool) else WRONG


def _writing(value: Any) -> Any:
    """Read whether somebody writes in a chat, or the id of the message that they change."""
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
    """Read a relative position (yjs): yjs itself takes any for one that it has made."""
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
"""What pages read of each other, besides the user, and how each is read here."""
