"""The package of each module is named, with its versions."""

from __future__ import annotations

from importlib import metadata

import pytest

from classroom.runtime import packages


def test_the_package_is_named_with_both_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "99.0")
    said = packages.package_of("pycrdt.websocket.yroom")
    assert said.startswith("pycrdt-websocket 99.0 (we were written for 0."), said
    said = packages.package_of("jupyter_server_ydoc.rooms_that_are_gone")
    assert said.startswith("jupyter-server-ydoc 99.0 (we were written for 3."), said


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("pycrdt", "pycrdt"),
        ("pycrdt.store.base", "pycrdt-store"),
        ("pycrdt.websocket.gone", "pycrdt-websocket"),
        ("jupyterhub.handlers.base", "jupyterhub"),
        ("zmq.eventloop.zmqstream", "pyzmq"),
    ],
)
def test_the_package_of_a_module(module: str, package: str) -> None:
    assert packages.distribution_of(module).replace("_", "-") == package


def test_a_package_that_is_not_installed_is_named_all_the_same() -> None:
    said = packages.package_of("jupyterlab_chat_gone.ychat")
    assert said == (
        "jupyterlab-chat-gone, which isn't installed (we were written for another version)"
    )
