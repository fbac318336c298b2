"""Drop view-only users' changes to documents before the room handles them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.lab.permissions import mode
from classroom.lab.protocol.messages import SyncUpdate
from classroom.lab.rooms.hooks import RoomHook

if TYPE_CHECKING:
    from classroom.lab.permissions.mode_service import ModeService
    from classroom.lab.rooms.hooks import Change, Connection, Hooks


class ViewOnly(RoomHook):
    """Apply the view-only mode to all rooms; hooks for a type of documents run before it."""

    def __init__(self, modes: ModeService) -> None:
        """Use the lab's mode.

        Args:
            modes: the lab's mode service.
        """
        self._modes = modes

    def before_handle_message(self, connection: Connection, message: Change) -> bool:
        """Drop a view-only user's changes; the arguments are the hook's.

        The page's copy still contains the dropped change, and would send it again with its next
        update. So the lab accepts nothing from such a copy any more.
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
    """Register the hook for all rooms.

    Args:
        hooks: the rooms' hooks.
        modes: the lab's mode service.
    """
    hooks.register(ViewOnly(modes))
