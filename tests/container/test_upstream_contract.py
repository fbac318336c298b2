"""The image's packages fit our assumptions; one that doesn't stops the lab or the Hub at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import docker
import pytest

from tests import labs
from tools import bump, engine

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = f"/opt/classroom/lib/python{engine.PYTHON}/site-packages"
FIRST = re.compile(r"Upstream has changed in .*?\nAdapt", re.DOTALL)


def in_the_image(*command: str) -> str:
    made = docker.from_env().containers.run(
        labs.IMAGE, list(command[1:]), entrypoint=command[0], working_dir="/", remove=True
    )
    return str(made.decode())


def renamed(tmp_path: Path, file: str, before: str, after: str) -> docker.types.Mount:
    """Mount a package's file over the original, with a name replaced in it."""
    text = in_the_image("cat", f"{PACKAGES}/{file}")
    assert before in text
    mine = tmp_path / file.replace("/", "-")
    mine.write_text(text.replace(before, after))
    return docker.types.Mount(f"{PACKAGES}/{file}", str(mine), type="bind", read_only=True)


def test_the_image_has_what_we_rely_on() -> None:
    assert in_the_image("/opt/classroom/bin/python", "-I", "-c", bump.CONTRACTS) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            (
                ("pycrdt/websocket/yroom.py", "_watch_ready", "_watch_begun"),
                ("jupyterlab_chat/ychat.py", "def unobserve(self)", "def unobserve(self, now)"),
            ),
            (
                r"in 2 places",
                r"pycrdt-websocket \S+ \(we were written for \S+\): "
                r"pycrdt\.websocket\.yroom:YRoom\._watch_ready is no longer there\. "
                r"classroom/lab/rooms/broadcast_mixin\.py needs it",
                r"jupyterlab.chat \S+ \(we were written for \S+\): "
                r"jupyterlab_chat\.ychat:YChat\.unobserve takes \(self, now\)",
            ),
        ),
        (
            (("jupyterhub/handlers/base.py", "_accept_token_auth", "_takes_token_auth"),),
            (
                r"Not started\. Upstream has changed in one place",
                r"jupyterhub \S+ \(we were written for \S+\): "
                r"jupyterhub\.handlers\.base:BaseHandler\._accept_token_auth is no longer there",
            ),
        ),
    ],
    ids=["lab", "hub"],
)
def test_what_upstream_has_renamed_stops_the_start_with_a_sentence(
    tmp_path: Path, changes: tuple[tuple[str, str, str], ...], said: tuple[str, ...]
) -> None:
    mounts = [renamed(tmp_path, *change) for change in changes]
    with labs.start(plain=True, options={"mounts": mounts}, check_log=False) as lab:
        labs.wait_until(lambda: FIRST.search(lab.log), "the difference in the log")
        for words in said:
            assert re.search(words, lab.log), f"{words}:\n{lab.log[-3000:]}"
        assert "AttributeError" not in lab.log
