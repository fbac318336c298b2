"""Check who may write what in a chat: try each update on a copy before it is applied.

An update itself doesn't show what it changes; only a copy to which it was applied does.
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
"""Most bytes of an update."""
NOT_A_PAGES = "a page may not write that"


class NotTakenError(Exception):
    """A person may not write that; the text says why."""


@dataclass(frozen=True)
class Offer:
    """The accepted part of a person's update.

    Attributes:
        update: what the update changes now. It has nothing that waits for missing elements, which
            would be applied later together with another person's update.
        new: ids of the new messages.
        whole: whether that is the whole update.
        ours: whether it would change what only the lab may write; the lab has to restore that.
    """

    update: bytes
    new: list[str]
    whole: bool
    ours: bool


def changes_of(event: Any) -> dict[str, Any]:
    """Return an event's changes of the map itself; empty if the change is nested deeper."""
    return {} if event.path else getattr(event, "keys", None) or {}


def is_news(change: dict[str, Any]) -> bool:
    """Say whether a change in a map has an effect."""
    return change["action"] != "update" or bool(change["oldValue"] != change["newValue"])


class Referee:
    """A copy of a chat, which shows what an update changes."""

    def __init__(self, update: bytes) -> None:
        """Make the copy.

        Args:
            update: the whole document.
        """
        self._copy: Doc[Any] = Doc()
        self._messages = self._copy.get("messages", type=Array)
        # Keep references: otherwise the observers end.
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
        """Remove the observers: they keep the copy in memory, unseen by Python's collector."""
        self._copy.unobserve(self._following)
        while self._observed:
            one, subscription = self._observed.pop()
            one.unobserve(subscription)

    def judge(self, update: bytes, who: str, *, repeats: bool = False) -> Offer:
        """Check what an update would change. Don't use the referee again after a rejection.

        Args:
            update: an update from a page.
            who: the signed-in user's name.
            repeats: whether a reconnecting page sends everything it has. That may include the last
                writes of a killed lab, which the lab itself has lost.

        Raises:
            NotTakenError: the user may not write that.
        """
        if len(update) > LARGEST_BYTES:
            raise NotTakenError(gettext("it is too long"))
        self._who, self._flaws, self._new, self._changed, self._ours = who, [], [], b"", False
        try:
            self._copy.apply_update(update)
        except Exception as error:  # (the decoder may raise anything)
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
        """Say whether an update changed nothing because the copy had it already.

        That happens if a page reconnects, and repeats which messages were deleted. An update can
        also change nothing because it waits in the copy for missing elements.
        """
        try:
            found, state = read_update(update), read_state(self._copy.get_state())
        except OutOfBoundsError:
            return False
        return not (self._changed or found.structs) and all(
            end <= state.get(client, 0) for client, end in found.deletes.items()
        )

    def follow(self, update: bytes) -> None:
        """Apply a change of the chat to the copy."""
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
        """Check messages that are added or removed."""
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
        """Allow a page to repeat what the lab has written, such as the room's name."""
        for event in events:
            changes = changes_of(event)
            if not changes or any(is_news(change) for change in changes.values()):
                self._ours = True

    def _on_metadata(self, events: Iterable[Any]) -> None:
        """Allow a page to name a new chat, as upstream's does if the lab hasn't named it."""
        for event in events:
            changes = changes_of(event)
            is_name = changes.keys() == {"id"} and schema.is_short(changes["id"].get("newValue"))
            if not is_name or len(self._messages):
                self._flaw(NOT_A_PAGES)
