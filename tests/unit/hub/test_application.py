"""What the Hub does before it listens, and that its proxy is nothing but its proxy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from jupyterhub.app import JupyterHub
from jupyterhub.proxy import Proxy

from classroom.hub.application import ClassroomHub
from classroom.hub.background import Background
from classroom.hub.proxy import NginxProxy
from classroom.hub.requests import guard
from classroom.runtime import body_limits

if TYPE_CHECKING:
    import pytest


def test_the_hub_is_guarded_and_its_background_runs_before_it_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    def note(what: str) -> Any:
        async def noted(*_: Any) -> None:
            done.append(what)

        return noted

    monkeypatch.setattr(guard, "install", lambda _: done.append("guard"))
    monkeypatch.setattr(body_limits, "bound", lambda *_: done.append("bounds"))
    monkeypatch.setattr(Background, "start", note("background"))
    monkeypatch.setattr(Background, "stop", note("end of the background"))
    monkeypatch.setattr(JupyterHub, "start", note("listens"))
    monkeypatch.setattr(JupyterHub, "cleanup", note("cleanup"))

    async def run() -> None:
        hub = ClassroomHub()
        hub.proxy, hub.tornado_application = NginxProxy(), None
        await hub.start()
        await hub.cleanup()

    asyncio.run(run())
    before = done.index("listens")
    assert {"guard", "bounds", "background"} == set(done[:before])
    assert done[before + 1 :] == ["end of the background", "cleanup"]


def test_the_proxy_has_nothing_but_jupyterhubs_interface() -> None:
    own = {name for name, value in vars(NginxProxy).items() if callable(value)}
    assert {name for name in own if not name.startswith("_")} - set(dir(Proxy)) == {"reload"}
    assert set(NginxProxy.class_own_traits()) == {"routes", "paths", "handover"}
