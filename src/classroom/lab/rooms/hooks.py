"""What documents of one kind do instead of their room, or besides: registered by kind.

Rooms and sockets know of no kind by name. One object of the server's, on the event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEY = "classroom_rooms"
"""Where the server's settings have its `Hooks`."""


class RejectedError(Exception):
    """What somebody wrote was not taken; the text is a sentence for them."""


class Kind(Protocol):
    """The rules of one kind of document."""

    def opens(self, room_id: str, path_of: Callable[[str], str | None]) -> bool:
        """Say whether a room may be opened.

        Args:
            room_id: asks for this kind.
            path_of: finds the path of a file by its id.
        """

    def joined(self, document: Any, who: Mapping[str, Any], room_id: str) -> None:
        """Take note of somebody who has opened the document.

        Args:
            document: of jupyter_ydoc.
            who: of `participant.identity`.
            room_id: the room's.
        """

    def write(self, document: Any, update: bytes, who: str, *, repeats: bool) -> None:
        """Write to the document.

        Args:
            document: of jupyter_ydoc.
            update: of Yjs, within bounds, and it fits.
            who: the signed-in user's name.
            repeats: whether it is all that a page knows, when it comes back.

        Raises:
            RejectedError: they may not write that.
        """


class Hooks:
    """The kinds of documents that have rules of their own."""

    def __init__(self) -> None:
        """Begin without any."""
        self._kinds: dict[str, Kind] = {}

    def register(self, name: str, kind: Kind) -> None:
        """Add a kind of document.

        Args:
            name: as room ids have it, between format and file.
            kind: its rules.
        """
        self._kinds[name] = kind

    def of(self, room_id: str) -> Kind | None:
        """Return the rules of a room's document; None where there are none but the room's."""
        return self._kinds.get("".join(room_id.split(":", 2)[1:2]))
