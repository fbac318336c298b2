"""The lab's class for chats: the lab sets the sender and the time of each message."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from jupyterlab_chat.ychat import YChat

from classroom.lab.chat import schema
from classroom.lab.chat.validator import NotTakenError, Referee
from classroom.runtime.words import gettext

if TYPE_CHECKING:
    from collections.abc import Mapping


NOTHING = b"\0\0"
"""An empty update, with which each page that opens answers the lab's first message."""
LARGEST_BYTES = 32 * 1024 * 1024
"""Most bytes of a chat, which every page loads completely: years of a class's messages."""
ROOM = "document_id"
"""The key of the room's name in a document's state."""


class ClassChat(YChat):
    """Upstream's chat, but with checks of what pages and files contain.

    Upstream accepts any content of a file, and writes the parts in a different order each time. So
    a file would never look as the lab has left it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._referee: Referee | None = None
        self._size = 0
        super().__init__(*args, **kwargs)
        self._following = self._ydoc.observe(self._follow)

    def get(self) -> str:
        """Return the content for the file."""
        # Upstream converts to Python objects, which takes ten times as long.
        return schema.encode({name: json.loads(str(self._ydoc[name])) for name in schema.PARTS})

    def set(self, value: str) -> None:
        """Set the content from a file.

        Raises:
            NoChatError: the file isn't a chat.
        """
        parts, room_id = schema.parse(value), self._ystate.get(ROOM)
        super().set(schema.encode(parts))
        if room_id is not None:
            self._ystate[ROOM] = room_id

    def unobserve(self) -> None:
        """Stop observing the document."""
        super().unobserve()
        if self._referee is not None:
            self._referee.close()
            self._referee = None
        if self._following is not None:
            self._ydoc.unobserve(self._following)
            self._following = None

    def introduce(self, who: Mapping[str, Any], room_id: str) -> None:
        """Add a person to the chat: pages use that to show the sender of a message.

        Args:
            who: the result of `participant.identity`.
            room_id: the id of the chat's room.
        """
        if self._ystate.get(ROOM) != room_id:
            self._ystate[ROOM] = room_id
        found = schema.introduction(who)
        if found is not None and self._yusers.get(found["username"]) != found:
            self._yusers[found["username"]] = found

    def hear(self, update: bytes, who: str, *, repeats: bool = False) -> None:
        """Check and apply a page's update.

        Args:
            update: only the admitted part (`classroom.lab.rooms.update_admission`). In its copy,
                the referee can't see other parts of a message, such as known elements.
            who: the signed-in user's name.
            repeats: whether a reconnecting page sends everything it has.

        Raises:
            NotTakenError: the user may not write that.
        """
        if not str(self.path).endswith(schema.SUFFIX):
            raise NotTakenError(gettext("the file has another name now"))
        if update != NOTHING:
            self._take(update, who, repeats=repeats)

    def _take(self, update: bytes, who: str, *, repeats: bool) -> None:
        referee = self._referee or self._new_referee()
        if self._size + len(update) > LARGEST_BYTES:
            raise NotTakenError(gettext("the chat is full, a tutor can begin another"))
        self._referee = None  # a rejected update would stay in the referee's copy
        try:
            offer = referee.judge(update, who, repeats=repeats)
        except NotTakenError:
            referee.close()
            raise
        if offer.whole:
            self._referee = referee
        else:
            referee.close()
        if not offer.update:
            return
        with self._ydoc.transaction():  # no page gets a message before it has its time
            ours = [(one, one.to_py()) for one in (self._ystate, self._yusers)]
            self._ydoc.apply_update(offer.update)
            if offer.ours:
                for one, said in ours:
                    _put_back(one, said)
            self._stamp(offer.new)

    def _new_referee(self) -> Referee:
        whole = self._ydoc.get_update()
        self._size = len(whole)
        return Referee(whole)

    def _stamp(self, new: list[str]) -> None:
        """Move new messages to the end, and set the lab's time."""
        now = time.time()
        for ident in new:
            at = self._last(ident)
            self._ymessages[at].update({"time": now, "raw_time": False})
            if at != len(self._ymessages) - 1:
                # Other people's messages came before it.
                self._ymessages.append(self._ymessages.pop(at))

    def _last(self, ident: str) -> int:
        at = len(self._ymessages) - 1
        while self._ymessages[at]["id"] != ident:
            at -= 1
        return at

    def _on_messages_change(self, event: Any) -> None:
        """Do nothing: `_stamp` sets the time. Upstream does it later, maybe for another message."""

    def _follow(self, event: Any) -> None:
        if self._referee is not None:
            self._size += len(event.update)
            self._referee.follow(event.update)


def _put_back(ours: Any, said: Mapping[str, Any]) -> None:
    """Restore a map's earlier values."""
    for key in set(ours.keys()) - said.keys():
        del ours[key]
    for key, value in said.items():
        if ours.get(key) != value:
            ours[key] = value
