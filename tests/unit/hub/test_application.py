"""What the Hub does before it listens; and that its proxy is used only as its proxy."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from jupyterhub import app
from jupyterhub.proxy import Proxy

from classroom.hub.application import JupyterHub
from classroom.hub.background import Background
from classroom.hub.proxy import NginxProxy
from classroom.hub.requests import guard
from classroom.runtime import backlog, body_limits, cookie_names
from tests import labs

if TYPE_CHECKING:
    from pathlib import Path

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
    monkeypatch.setattr(cookie_names, "use", lambda _, lab, __: done.append(f"cookies of {lab}"))
    monkeypatch.setattr(Background, "start", note("background"))
    monkeypatch.setattr(Background, "stop", note("end of the background"))
    monkeypatch.setattr(app.JupyterHub, "start", note("listens"))
    monkeypatch.setattr(backlog, "widen", lambda _: done.append("backlog"))
    monkeypatch.setattr(app.JupyterHub, "cleanup", note("cleanup"))

    async def run() -> None:
        hub = JupyterHub()
        hub.proxy, hub.tornado_application = NginxProxy(), None
        hub.lab_id = "0123abcd"
        await hub.start()
        await hub.cleanup()

    asyncio.run(run())
    before = done.index("listens")
    assert {"guard", "bounds", "cookies of 0123abcd", "background"} == set(done[:before])
    assert done[before + 1 :] == ["backlog", "end of the background", "cleanup"]


def test_the_proxy_has_nothing_but_jupyterhubs_interface() -> None:
    own = {name for name, value in vars(NginxProxy).items() if callable(value)}
    assert {name for name in own if not name.startswith("_")} - set(dir(Proxy)) == {"reload"}
    assert set(NginxProxy.class_own_traits()) == {"routes", "paths", "handover"}


def test_the_settings_of_a_file_are_taken_over(tmp_path: Path) -> None:
    """``jupyterhub --config`` does so by the name of the class, which the command line has, too."""
    file = tmp_path / "entry.py"
    file.write_text(
        "from traitlets.config import get_config\n"
        f"get_config().JupyterHub.cookie_secret_file = {str(tmp_path / 'cookies')!r}\n"
    )
    code = (
        "from classroom.hub.application import JupyterHub\n"
        "hub = JupyterHub.instance()\n"
        f"hub.parse_command_line(['--config', {str(file)!r}])\n"
        "hub.load_config_file(hub.config_file)\n"
        "print(hub.cookie_secret_file, hub.log.name)\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(labs.ROOT / "src")}
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(tmp_path / "cookies"), "JupyterHub"]
