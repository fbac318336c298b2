"""View-only users write to no document: their messages end before the room takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.lab.permissions import mode
from classroom.lab.protocol.messages import SyncUpdate
from classroom.lab.rooms.hooks import RoomHook

if TYPE_CHECKING:
    from classroom.lab.permissions.mode_service import ModeService
    from classroom.lab.rooms.hooks import Change, Connection, Hooks


class ViewOnly(RoomHook):
    """Holds all rooms to the mode; a kind of documents with rules of its own is asked before."""

    def __init__(self, modes: ModeService) -> None:
        """Begin.

        Args:
            modes: the lab's mode.
        """
        self._modes = modes

    def before_handle_message(self, connection: Connection, message: Change) -> bool:
        """Drop what a view-only user writes; the arguments are the hook's.

        A copy of which something was dropped has it still, and would bring it in with the next
        update that it sends: of such a copy nothing is taken any more.
        """
        modes, name = self._modes, connection.who
        view_only = modes.is_view_only(name)
        if not view_only and not modes.outdated.knows(name):
            return False
        document = connection.room.ydoc
        if not mode.writes(message, lambda: document.get_update(document.get_state())):
            return False
        # The copy's own id may be any of those that it writes under; most often it is the first.
        written = list(message.content.structs) if isinstance(message, SyncUpdate) else []
        copies = connection.clients.union(written[:1])
        if not view_only and not modes.outdated.among(name, copies.union(written)):
            return False
        modes.refuse(name, copies)
        return True


def use(hooks: Hooks, modes: ModeService) -> None:
    """Have view-only users write to no document.

    Args:
        hooks: the rooms'.
        modes: the lab's mode.
    """
    hooks.register(ViewOnly(modes))
