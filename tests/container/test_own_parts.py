"""A tutor's packages whose server extensions replace parts of the lab."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from docker.types import Mount

from tests import labs, students
from tests.container.test_rooms import Page, room
from tools.engine import PYTHON

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = f"/opt/classroom/lib/python{PYTHON}/site-packages"
ENABLED = "/opt/classroom/etc/jupyter/jupyter_server_config.d"
BEGIN = "def _load_jupyter_server_extension(app):\n"
REPLACING = {
    "the contents manager": """
    from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
    app.contents_manager = AsyncLargeFileManager(parent=app)
    app.web_app.settings["contents_manager"] = app.contents_manager
""",
    "the contents manager in the settings alone": """
    from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
    app.web_app.settings["contents_manager"] = AsyncLargeFileManager(parent=app)
""",
    "a method of it": """
    async def save(model, path=""):
        return model
    app.contents_manager.save = save
""",
    "a method of its class": """
    async def save(self, model, path=""):
        return model
    type(app.contents_manager).save = save
""",
    "the session manager": """
    from jupyter_server.services.sessions.sessionmanager import SessionManager
    app.web_app.settings["session_manager"] = SessionManager(
        kernel_manager=app.kernel_manager, contents_manager=app.contents_manager
    )
""",
    "the kernel manager": """
    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
    app.kernel_manager = AsyncMappingKernelManager(parent=app)
""",
    "the authorizer": """
    from jupyter_server.auth.authorizer import AllowAllAuthorizer
    app.web_app.settings["authorizer"] = AllowAllAuthorizer(parent=app)
""",
    "a handler": """
    from jupyter_server.base.handlers import JupyterHandler
    from jupyter_server.services.kernels.handlers import _kernel_id_regex
    place = app.base_url + "api/kernels/" + _kernel_id_regex
    app.web_app.add_handlers(".*$", [(place, JupyterHandler)])
""",
}
DERIVING = """
    class Pairing(type(app.contents_manager)):
        async def save(self, model, path=""):
            saved = await super().save(model, path)
            if path == "paired.ipynb":
                await super().save({"type": "file", "format": "text", "content": "made"}, "made.py")
            return saved
    app.contents_manager = Pairing(parent=app, log=app.log)
    app.session_manager.contents_manager = app.contents_manager
    app.web_app.settings["contents_manager"] = app.contents_manager
"""


def installed(folder: Path, name: str, loading: str) -> dict[str, list[Mount]]:
    """Write an extension as if requirements.txt had installed it; return Docker's options."""
    code, enabled = folder / f"{name}.py", folder / f"{name}.json"
    code.write_text(BEGIN + loading)
    known = {"ServerApp": {"jpserver_extensions": {name: True}}}
    enabled.write_text(json.dumps(known))
    places = ((code, f"{PACKAGES}/{name}.py"), (enabled, f"{ENABLED}/{name}.json"))
    return {"mounts": [Mount(to, str(at), type="bind", read_only=True) for at, to in places]}


@pytest.mark.parametrize(
    ("what", "name"),
    [
        *((what, "z_package") for what in REPLACING),
        ("the contents manager", "a_package"),  # it is loaded before our extension
    ],
)
def test_a_package_that_replaces_a_part_is_refused(tmp_path: Path, what: str, name: str) -> None:
    options = installed(tmp_path, name, REPLACING[what])
    with labs.start(options=options, check_log=False) as lab:
        assert lab.wait_exit() != 0
        said = [line for line in lab.log.splitlines() if "Not started." in line]
        assert said, lab.log[-3000:]
        assert f"requirements.txt: the package {name} " in said[0]
        assert "take it out and build the image again (make up)." in said[0]


def test_what_derives_from_ours_keeps_its_promises(tmp_path: Path) -> None:
    """As with jupytext: text typed just before a crash is in the file, and the pair is made."""
    with labs.start(options=installed(tmp_path, "z_package", DERIVING)) as lab:
        lab.wait_healthy()
        with students.signed_in(lab) as client:
            page = Page(students.open_socket(client, lab, room(client, "paired.ipynb")))
            assert lab.run("cat", "/data/files/made.py") == (0, "made")
            page.type("just before")
            stored = "/data/history"
            labs.wait_until(
                lambda: lab.run("grep", "-rqa", "just before", stored)[0] == 0, "the journal"
            )
            lab.kill_server()
            lab.wait_healthy()
            labs.wait_until(
                lambda: "just before" in lab.read("/data/files/paired.ipynb"), "the recovered file"
            )
