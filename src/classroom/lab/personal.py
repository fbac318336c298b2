"""Everybody's own window layout and settings, though all share one JupyterLab.

Stock JupyterLab keeps one of each for the server: whoever reloads would get the tabs, and the
theme, of whoever moved something last.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyterlab_server.settings_handler import SettingsHandler
from jupyterlab_server.workspaces_handler import WorkspacesHandler, WorkspacesManager


def folder_of(base: str, username: str) -> Path:
    """Name somebody's own folder below a shared one; no name leads out of it.

    Args:
        base: the folder that stock JupyterLab would use for all.
        username: the signed-in user's.
    """
    return Path(base) / f"of-{quote(username, safe='')}"


class PersonalWorkspacesHandler(WorkspacesHandler):
    """Window layouts, by user."""

    def initialize(self) -> None:
        """Start with nobody's: `prepare` knows whose."""
        super().initialize("lab", manager=None)

    async def prepare(self) -> None:
        """Take the signed-in user's layouts; without one the handler refuses anyway."""
        await super().prepare()
        if self.current_user is not None:
            base = self.extensionapp.workspaces_dir
            self.manager = WorkspacesManager(str(folder_of(base, self.current_user.username)))


class PersonalSettingsHandler(SettingsHandler):
    """Settings (theme, shortcuts, language), by user."""

    def initialize(self) -> None:
        """Take JupyterLab's own folders but for the user's."""
        lab: Any = self.settings["lab"]
        super().initialize(
            "lab",
            app_settings_dir=lab.app_settings_dir,
            schemas_dir=lab.schemas_dir,
            settings_dir="",
            labextensions_path=lab.extra_labextensions_path + lab.labextensions_path,
        )

    async def prepare(self) -> None:
        """Take the signed-in user's settings; without one the handler refuses anyway."""
        await super().prepare()
        if self.current_user is not None:
            base = self.extensionapp.user_settings_dir
            self.settings_dir = str(folder_of(base, self.current_user.username))
