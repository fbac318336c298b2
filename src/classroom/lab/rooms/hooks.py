"""Let other packages decide who enters a room, what is written in it, and when it is unloaded.

Rooms and sockets import none of these packages. Each hook registers itself with the server's
`Hooks`, for documents of one kind or for all rooms. Hooks for a kind run first, then those for all
rooms, each in the order of registration. Hocuspocus' hooks were the model. Everything here runs on
the event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from classroom.lab.protocol.messages import SaveRequest, SyncUpdate

    Change = SyncUpdate | SaveRequest


class RejectedError(Exception):
    """A hook rejects a person's change; the text is a sentence for them, the cause is logged."""


class Connection(Protocol):
    """One page in one room, as a hook sees it.

    Attributes:
        room: upstream's room, with the shared document as `ydoc`; one of our rooms has
            jupyter_ydoc's document as `document`.
        identity: the signed-in user's, from `participant.identity`.
        clients: client ids of the page's copy of the document, from its first awareness message.
    """

    room: Any
    identity: Mapping[str, Any]
    clients: frozenset[int]

    @property
    def who(self) -> str:
        """The signed-in user's name."""

    @property
    def room_id(self) -> str:
        """The room's id; a document's is format, type and file id, with colons between."""

    def fitting(self, message: SyncUpdate) -> bytes:
        """Check an update, and return the part that the document doesn't have yet.

        Args:
            message: the message that the hook got.

        Raises:
            MissingError: it builds on something that the document lacks. The hook passes on this
                exception and the others.
            NotTheirsError: it is written under the client id of another person's page.
            OutOfBoundsError: it doesn't fit.
        """


class RoomHook:
    """A hook that does nothing; a subclass overrides the methods that it needs."""

    def on_connect(self, room_id: str, path_of: Callable[[str], str | None]) -> bool:  # noqa: ARG002
        """Say whether a page may connect to a room, before the room is made.

        Args:
            room_id: the id of the requested room.
            path_of: finds the path of a file by its id.
        """
        return True

    def connected(self, connection: Connection) -> None:
        """Handle a page that has entered a room.

        Args:
            connection: the page's connection.
        """

    def disconnected(self, connection: Connection) -> None:
        """Handle a page that has left a room.

        Args:
            connection: the page's connection.
        """

    def before_handle_message(self, connection: Connection, message: Change) -> bool:  # noqa: ARG002
        """Check a message that would change or save a document, before the room handles it.

        Args:
            connection: the connection of the page that sent it.
            message: the parsed message, within bounds.

        Returns:
            Whether the message goes no further: the hook has handled it, or drops it.

        Raises:
            RejectedError: the sender may not write that, and gets the sentence.
        """
        return False

    async def before_unload_document(self, room_id: str) -> None:
        """Wait until an empty room may be unloaded.

        Args:
            room_id: the room's id.
        """


class Chain:
    """The hooks of one room, in order."""

    def __init__(self, hooks: Iterable[RoomHook] = ()) -> None:
        """Chain some hooks.

        Args:
            hooks: the hooks, in order.
        """
        self._hooks = tuple(hooks)
        idle = RoomHook.before_handle_message
        # This runs for each keystroke: keep only the hooks that override the method.
        self._looking = tuple(
            hook.before_handle_message
            for hook in self._hooks
            if type(hook).before_handle_message is not idle
        )

    def may_connect(self, room_id: str, path_of: Callable[[str], str | None]) -> bool:
        """Say whether all hooks let a page connect; the arguments are `RoomHook.on_connect`'s."""
        return all(hook.on_connect(room_id, path_of) for hook in self._hooks)

    def connected(self, connection: Connection) -> None:
        """Tell all hooks that a page has entered; the argument is `RoomHook.connected`'s."""
        for hook in self._hooks:
            hook.connected(connection)

    def disconnected(self, connection: Connection) -> None:
        """Tell all hooks that a page has left; the argument is `RoomHook.disconnected`'s."""
        for hook in self._hooks:
            hook.disconnected(connection)

    def stops(self, connection: Connection, message: Change) -> bool:
        """Say whether a hook stops a message; later hooks are not called then.

        Args:
            connection: the connection of the page that sent it.
            message: the parsed message.

        Raises:
            RejectedError: a hook rejects it.
        """
        for look in self._looking:  # noqa: SIM110 (called for each keystroke)
            if look(connection, message):
                return True
        return False

    async def before_unload(self, room_id: str) -> None:
        """Wait until all hooks allow a room to be unloaded; the argument is the hook's."""
        for hook in self._hooks:
            await hook.before_unload_document(room_id)


NO_HOOKS = Chain()


class Hooks:
    """The hooks of a server's rooms."""

    def __init__(self) -> None:
        self._of_kind: dict[str, list[RoomHook]] = {}
        self._of_all: list[RoomHook] = []

    def register(self, hook: RoomHook, kind: str | None = None) -> None:
        """Add a hook.

        Args:
            hook: the hook; rooms that pages connect to from now on call it.
            kind: the document type, between format and file in a room id; None for all rooms.
        """
        (self._of_all if kind is None else self._of_kind.setdefault(kind, [])).append(hook)

    def of(self, room_id: str) -> Chain:
        """Return the hooks of a room."""
        kind = "".join(room_id.split(":", 2)[1:2])
        return Chain((*self._of_kind.get(kind, ()), *self._of_all))
