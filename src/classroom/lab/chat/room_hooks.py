"""Hooks for chats' rooms: who may open one, and which messages are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.lab.chat import schema
from classroom.lab.chat.validator import NotTakenError
from classroom.lab.protocol import decoder
from classroom.lab.protocol.messages import SaveRequest
from classroom.lab.rooms.hooks import RejectedError, RoomHook
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Callable

    from classroom.lab.rooms.hooks import Change, Connection, Hooks


class Chats(RoomHook):
    """The rules of chats' rooms. View-only users may chat: no other hook is called."""

    def __init__(self, *, is_on: bool) -> None:
        """Apply the rules, or reject all chats.

        Args:
            is_on: whether the lab has chats.
        """
        self._is_on = is_on

    def on_connect(self, room_id: str, path_of: Callable[[str], str | None]) -> bool:
        """Say whether a file can be opened as a chat; the arguments are the hook's."""
        return self._is_on and schema.fits(room_id, path_of)

    def connected(self, connection: Connection) -> None:
        """Add a page's user to the chat; the argument is the hook's."""
        connection.room.document.introduce(connection.identity, connection.room_id)

    def before_handle_message(self, connection: Connection, message: Change) -> bool:
        """Write what the validator accepts; the arguments are the hook's.

        Raises:
            RejectedError: the user may not write that.
        """
        if isinstance(message, SaveRequest):
            return True  # a chat saves itself
        # Pass on the admitted update instead of the message, which may contain more.
        update = connection.fitting(message)
        try:
            with decoder.DECODING:
                connection.room.document.hear(update, connection.who, repeats=message.is_step_2)
        except NotTakenError as error:
            sentence = gettext(
                "The chat rejected what you wrote: {error}. Reload the page to continue."
            ).format(error=error)
            raise RejectedError(sentence) from error
        return True


def use(hooks: Hooks, *, is_on: bool) -> None:
    """Register the rules for chats' rooms.

    Args:
        hooks: the rooms' hooks.
        is_on: whether the lab has chats.
    """
    hooks.register(Chats(is_on=is_on), schema.KIND)
