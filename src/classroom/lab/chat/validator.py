"""Who may write what in a chat: each update is tried on a copy before it is taken.

A document's update says nothing readable of what it does: only a copy to which it was applied does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pycrdt import Array, Doc, Map

from classroom.lab.chat import schema
from classroom.lab.protocol.lib0 import OutOfBoundsError
from classroom.lab.protocol.update_bounds import read_state, read_update
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOTS = {"attachments", "messages", "metadata", "state", "users"}
LARGEST_BYTES = 1024 * 1024
"""Bytes of an update."""
NOT_A_PAGES = "a page may not write that"


class NotTakenError(Exception):
    """Somebody may not write that; its text says why."""


@dataclass(frozen=True)
class Offer:
    """What somebody may write.

    Attributes:
        update: what it changes, and nothing that waits for something that isn't there yet: with
            that it would come in later, with whatever somebody else writes.
        new: ids of the messages that are new.
        whole: whether that is all that was sent.
        ours: whether it would change what is the lab's to say, which the lab has to put back.
    """

    update: bytes
    new: list[str]
    whole: bool
    ours: bool


def changes_of(event: Any) -> dict[str, Any]:
    """Take of an event what has changed in the map itself; nothing if it is further in."""
    return {} if event.path else getattr(event, "keys", None) or {}


def is_news(change: dict[str, Any]) -> bool:
    """Say whether a change in a map is one."""
    return change["action"] != "update" or bool(change["oldValue"] != change["newValue"])


class Referee:
    """A copy of a chat, and what an update does to it."""

    def __init__(self, update: bytes) -> None:
        """Make the copy.

        Args:
            update: the whole document.
        """
        self._copy: Doc[Any] = Doc()
        self._messages = self._copy.get("messages", type=Array)
        # Kept: what nobody holds is no longer observed.
        self._maps = {name: self._copy.get(name, type=Map) for name in ROOTS - {"messages"}}
        self._copy.apply_update(update)
        self._ids = {str(one["id"]) for one in self._messages}
        self._who: str | None = None
        self._flaws: list[str] = []
        self._new: list[str] = []
        self._ours = False
        self._changed = b""
        self._following = self._copy.observe(lambda event: self._take(event.update))
        observers = {
            "attachments": self._on_attachments,
            "metadata": self._on_metadata,
            "state": self._on_ours,
            "users": self._on_ours,
        }
        self._observed: list[tuple[Any, Any]] = [
            (self._maps[name], self._maps[name].observe_deep(hear))
            for name, hear in observers.items()
        ]
        self._observed.append((self._messages, self._messages.observe_deep(self._on_messages)))

    def close(self) -> None:
        """Let go of the copy: what observes it holds it, and Python's collector can't see that."""
        self._copy.unobserve(self._following)
        while self._observed:
            one, subscription = self._observed.pop()
            one.unobserve(subscription)

    def judge(self, update: bytes, who: str, *, repeats: bool = False) -> Offer:
        """Find out what an update would do. A copy that has refused one is of no more use.

        Args:
            update: from a page.
            who: the signed-in user's name.
            repeats: whether a page that comes back tells all it knows: it may know of the lab what
                a lab that was killed has said last, and has lost.

        Raises:
            NotTakenError: they may not.
        """
        if len(update) > LARGEST_BYTES:
            raise NotTakenError(gettext("it is too long"))
        self._who, self._flaws, self._new, self._changed, self._ours = who, [], [], b"", False
        try:
            self._copy.apply_update(update)
        except Exception as error:  # (whatever the decoder says)
            raise NotTakenError("it can't be read") from error
        finally:
            self._who = None
        if set(self._copy.keys()) - ROOTS:
            self._flaw("it isn't part of a chat")
        if self._ours and not repeats:
            self._flaw(NOT_A_PAGES)
        if self._flaws:
            raise NotTakenError(self._flaws[0])
        whole = not self._ours and (self._changed == update or self._knew(update))
        return Offer(self._changed, self._new, whole=whole, ours=self._ours)

    def _knew(self, update: bytes) -> bool:
        """Say whether all of an update that changed nothing was in the copy already.

        As when a page comes back and repeats which messages were deleted. What changes nothing
        because something that it builds on isn't there yet waits in the copy.
        """
        try:
            found, state = read_update(update), read_state(self._copy.get_state())
        except OutOfBoundsError:
            return False
        return not (self._changed or found.structs) and all(
            end <= state.get(client, 0) for client, end in found.deletes.items()
        )

    def follow(self, update: bytes) -> None:
        """Take over what has happened to the chat."""
        self._copy.apply_update(update)

    def _take(self, update: bytes) -> None:
        self._changed = update

    def _flaw(self, why: str) -> None:
        self._flaws.append(why)

    def _on_messages(self, events: Iterable[Any]) -> None:
        for event in events:
            steps, keys = getattr(event, "delta", None), getattr(event, "keys", None)
            if steps and not event.path:
                for step in steps:
                    self._on_step(step)
            elif keys and len(event.path) == 1:
                self._on_edited(event.target, keys)
            else:
                self._flaw("it isn't a message")

    def _on_step(self, step: dict[str, Any]) -> None:
        """Look at messages that come or go."""
        if "delete" in step:
            self._flaw("a message can't be moved")
        for one in step.get("insert", ()):
            found = dict(one.items()) if isinstance(one, Map) else None
            if found is None or schema.message(found) != found:
                self._flaw(gettext("it isn't a message, or too long"))
                continue
            if self._who is not None:
                self._on_new(found)
            self._ids.add(found["id"])

    def _on_new(self, found: schema.Found) -> None:
        if found["sender"] != self._who:
            self._flaw("it is in somebody else's name")
        if found["id"] in self._ids:
            self._flaw("there is such a message already")
        self._new.append(found["id"])

    def _on_edited(self, target: Any, keys: dict[str, Any]) -> None:
        found = dict(target.items())
        if found.get("sender") != self._who:
            self._flaw("it is somebody else's message")
        if keys.keys() - schema.EDITED or schema.message(found) != found:
            self._flaw(gettext("it isn't a message, or too long"))

    def _on_attachments(self, events: Iterable[Any]) -> None:
        for event in events:
            changes = changes_of(event)
            if not changes:
                self._flaw("it isn't an attachment")
                continue
            for name, change in changes.items():
                value = change.get("newValue")
                may_be = change["action"] == "add" or not is_news(change)
                if not (may_be and schema.is_short(name) and value == schema.attachment(value)):
                    self._flaw("it isn't an attachment")

    def _on_ours(self, events: Iterable[Any]) -> None:
        """Let a page repeat what the lab has said; each one's first word is the room's name."""
        for event in events:
            changes = changes_of(event)
            if not changes or any(is_news(change) for change in changes.values()):
                self._ours = True

    def _on_metadata(self, events: Iterable[Any]) -> None:
        """Let a page name the chat while it is new; upstream's does that when the lab hasn't."""
        for event in events:
            changes = changes_of(event)
            is_name = changes.keys() == {"id"} and schema.is_short(changes["id"].get("newValue"))
            if not is_name or len(self._messages):
                self._flaw(NOT_A_PAGES)
