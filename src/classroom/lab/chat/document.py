"""A chat as the lab has it: who says something is whom the lab knows, and when is by its clock."""

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
"""An update without anything: the answer of each page that opens to the lab's first question."""
LARGEST_BYTES = 32 * 1024 * 1024
"""Bytes of a whole chat, which every page loads: years of a class's talk."""
ROOM = "document_id"
"""Where a document has the name of its room."""


class ClassChat(YChat):
    """Upstream's chat, which believes what pages say.

    It takes whatever is in a file, and writes its parts in another order each time, so that a file
    would never look as the lab has left it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._referee: Referee | None = None
        self._size = 0
        super().__init__(*args, **kwargs)
        self._following = self._ydoc.observe(self._follow)

    def get(self) -> str:
        """Return what is to be in the file."""
        # Upstream's way, through Python objects, takes ten times as long.
        return schema.encode({name: json.loads(str(self._ydoc[name])) for name in schema.PARTS})

    def set(self, value: str) -> None:
        """Take over a file.

        Raises:
            NoChatError: it is none.
        """
        parts, room_id = schema.parse(value), self._ystate.get(ROOM)
        super().set(schema.encode(parts))
        if room_id is not None:
            self._ystate[ROOM] = room_id

    def unobserve(self) -> None:
        """Let go of the document."""
        super().unobserve()
        if self._referee is not None:
            self._referee.close()
            self._referee = None
        if self._following is not None:
            self._ydoc.unobserve(self._following)
            self._following = None

    def introduce(self, who: Mapping[str, Any], room_id: str) -> None:
        """Say who somebody is: pages show the sender of a message by that.

        Args:
            who: the result of `participant.identity`.
            room_id: of the chat's room.
        """
        if self._ystate.get(ROOM) != room_id:
            self._ystate[ROOM] = room_id
        found = schema.introduction(who)
        if found is not None and self._yusers.get(found["username"]) != found:
            self._yusers[found["username"]] = found

    def hear(self, update: bytes, who: str, *, repeats: bool = False) -> None:
        """Take what a page writes.

        Args:
            update: as it was judged (`classroom.lab.rooms.update_admission`), and nothing else:
                what a message brought besides, as of what is there already, the referee can't see
                in a copy.
            who: the signed-in user's name.
            repeats: whether a page that comes back tells all it knows.

        Raises:
            NotTakenError: they may not write that.
        """
        if not str(self.path).endswith(schema.SUFFIX):
            raise NotTakenError(gettext("the file has another name now"))
        if update != NOTHING:
            self._take(update, who, repeats=repeats)

    def _take(self, update: bytes, who: str, *, repeats: bool) -> None:
        referee = self._referee or self._new_referee()
        if self._size + len(update) > LARGEST_BYTES:
            raise NotTakenError(gettext("the chat is full, a tutor can begin another"))
        self._referee = None  # not one that has something which isn't taken
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
        with self._ydoc.transaction():  # nobody hears of a message before it has its time
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
        """Put new messages at the end, with the lab's time."""
        now = time.time()
        for ident in new:
            at = self._last(ident)
            self._ymessages[at].update({"time": now, "raw_time": False})
            if at != len(self._ymessages) - 1:
                # Written while others' messages were on their way.
                self._ymessages.append(self._ymessages.pop(at))

    def _last(self, ident: str) -> int:
        at = len(self._ymessages) - 1
        while self._ymessages[at]["id"] != ident:
            at -= 1
        return at

    def _on_messages_change(self, event: Any) -> None:
        """Leave to `_stamp` what upstream does later, to whatever is at that place by then."""

    def _follow(self, event: Any) -> None:
        if self._referee is not None:
            self._size += len(event.update)
            self._referee.follow(event.update)


def _put_back(ours: Any, said: Mapping[str, Any]) -> None:
    """Have a map say again what it said before."""
    for key in set(ours.keys()) - said.keys():
        del ours[key]
    for key, value in said.items():
        if ours.get(key) != value:
            ours[key] = value
