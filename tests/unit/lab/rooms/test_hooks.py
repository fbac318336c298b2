"""The hooks of rooms: which ones run, in which order, and which messages they hold back."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from classroom.lab.connections.registry import Connections
from classroom.lab.execution.room_hooks import RunningCells
from classroom.lab.permissions.mode import Mode
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.permissions.view_only import ViewOnly
from classroom.lab.protocol.messages import SaveRequest
from classroom.lab.rooms.hooks import Hooks, RejectedError, RoomHook
from tests import loops

if TYPE_CHECKING:
    from collections.abc import Callable

    from classroom.lab.rooms.hooks import Change, Connection

SAVE = SaveRequest(1)
SOMEBODY: Any = SimpleNamespace(who="eve", clients=frozenset({7}), room=None)


class Noted(RoomHook):
    """Records each call."""

    def __init__(self, name: str, noted: list[str], *, stops: bool = False) -> None:
        self._name, self._noted, self._stops = name, noted, stops

    def on_connect(self, room_id: str, path_of: Callable[[str], str | None]) -> bool:
        self._noted.append(f"{self._name} connect {path_of(room_id)}")
        return not self._stops

    def connected(self, connection: Connection) -> None:
        self._noted.append(f"{self._name} connected {connection.who}")

    def before_handle_message(self, connection: Connection, message: Change) -> bool:
        assert connection is SOMEBODY
        assert message is SAVE
        self._noted.append(f"{self._name} message")
        return self._stops

    async def before_unload_document(self, room_id: str) -> None:
        self._noted.append(f"{self._name} unload {room_id}")


def test_the_hooks_of_a_kind_come_first_and_what_one_stops_ends_there() -> None:
    hooks, noted = Hooks(), list[str]()
    hooks.register(Noted("all", noted))
    hooks.register(Noted("chat", noted), "chat")
    hooks.register(Noted("last", noted, stops=True))
    hooks.register(Noted("never", noted))
    chat = hooks.of("text:chat:1")
    assert chat.stops(SOMEBODY, SAVE)
    assert noted == ["chat message", "all message", "last message"]
    noted.clear()
    assert hooks.of("text:file:chat").stops(SOMEBODY, SAVE)
    assert noted == ["all message", "last message"]
    noted.clear()
    assert not chat.may_connect("text:chat:1", {"text:chat:1": "a"}.get)
    assert noted == ["chat connect a", "all connect a", "last connect a"]
    noted.clear()
    chat.connected(SOMEBODY)
    loops.run(chat.before_unload("r"))
    names = ["chat", "all", "last", "never"]
    connected = [f"{name} connected eve" for name in names]
    assert noted == [*connected, *(f"{name} unload r" for name in names)]


def test_without_hooks_all_goes_through() -> None:
    for chain in (Hooks().of("json:notebook:1"), Hooks().of("0a1b"), Hooks().of("")):
        assert chain.may_connect("json:notebook:1", lambda _: None)
        assert not chain.stops(SOMEBODY, SAVE)


def test_a_hook_that_rejects_ends_the_chain() -> None:
    class Rejecting(RoomHook):
        def before_handle_message(self, connection: Connection, message: Change) -> bool:
            raise RejectedError(f"not {message} of {connection.who}")

    hooks, noted = Hooks(), list[str]()
    hooks.register(Rejecting())
    hooks.register(Noted("later", noted))
    with pytest.raises(RejectedError, match="of eve"):
        hooks.of("a").stops(SOMEBODY, SAVE)
    assert noted == []


def test_view_only_stops_what_writes() -> None:
    modes = ModeService(Connections())
    refused: list[Any] = []
    modes.refuse = lambda name, clients=(): refused.append((name, set(clients)))  # type: ignore[method-assign]
    hook = ViewOnly(modes)
    room = SimpleNamespace(ydoc=None)
    eve: Any = SimpleNamespace(who="eve", clients=frozenset({7}), room=room)
    assert not hook.before_handle_message(eve, SAVE)
    modes.mode = Mode("mona")
    assert hook.before_handle_message(eve, SAVE)
    assert refused == [("eve", {7})]
    modes.tutors = frozenset({"eve"})
    assert not hook.before_handle_message(eve, SAVE)
    modes.outdated.add("eve", [7])
    assert hook.before_handle_message(eve, SAVE), "of a copy that has what was dropped"


def test_a_room_stays_until_its_cells_have_run() -> None:
    async def main() -> None:
        first, second = asyncio.Event(), asyncio.Event()
        running = {"r": [SimpleNamespace(ended=first)]}
        kernels: Any = SimpleNamespace(unfinished=lambda room: running.get(room, []))
        hook = RunningCells(kernels)
        await hook.before_unload_document("another")
        waiting = asyncio.create_task(hook.before_unload_document("r"))
        await asyncio.sleep(0)
        running["r"] = [SimpleNamespace(ended=second)]  # begun in the meantime
        first.set()
        await loops.settle()
        assert not waiting.done()
        running.clear()
        second.set()
        await waiting

    loops.run(main())
