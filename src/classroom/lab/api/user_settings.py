"""Everybody's own window layout and settings, though all share one JupyterLab.

Stock JupyterLab keeps one of each for the server: whoever reloads would get the tabs, and the
theme, of whoever moved something last.
"""

from __future__ import annotations

import gzip
import http
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyterlab_server.settings_handler import SettingsHandler
from jupyterlab_server.workspaces_handler import (
    WORKSPACE_EXTENSION,
    WorkspacesHandler,
    WorkspacesManager,
    slugify,
)
from tornado import web
from tornado.web import HTTPError

from classroom.lab import services
from classroom.runtime.words import gettext

MOST_LAYOUTS = 50
"""Window layouts of one person's; a page has one, and makes another for each second window."""
KB = 1024
LARGEST_LAYOUT_BYTES = 1024 * KB
"""Bytes of a window layout."""
LARGEST_SETTINGS_BYTES, ALL_SETTINGS_BYTES = 128 * KB, 512 * KB
"""Bytes of a plugin's settings, and of all of one person's: each page reads and checks them all."""

MOST_ANSWERS = 500
"""How many answers about what nobody has set are remembered."""
LARGE_ANSWER_CHARACTERS = 32 * KB
"""Characters from which on an answer is kept compressed: all settings are ten times as long."""


def check_size(what: str, size: int, most: int) -> None:
    """Refuse what is too large to be anybody's.

    Args:
        what: it is, at the beginning of a sentence.
        size: its bytes.
        most: that are taken.

    Raises:
        HTTPError: 413, with a sentence.
    """
    if size > most:
        words = gettext("{what} have at most {most} bytes, and these have {size}.")
        raise HTTPError(413, words.format(what=what, most=most, size=size))


def size_of(folder: Path) -> int:
    """Add up the files in a folder and below, in bytes."""
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def layout(folder: Path, name: str) -> Path:
    """Name the file of a window layout, as JupyterLab does."""
    return folder / f"{slugify(name)}{WORKSPACE_EXTENSION}"


def layouts(folder: Path) -> dict[str, Any]:
    """List somebody's window layouts, as JupyterLab's handler does.

    Args:
        folder: theirs.
    """
    found = WorkspacesManager(str(folder)).list_workspaces()
    return {"workspaces": {"ids": [one["metadata"]["id"] for one in found], "values": found}}


def layout_of(folder: Path, name: str) -> dict[str, Any]:
    """Read one of somebody's window layouts, as JupyterLab's handler does; an empty one for none.

    Args:
        folder: theirs.
        name: the layout's.
    """
    return dict(WorkspacesManager(str(folder)).load(name))


def may_add(folder: Path, name: str) -> bool:
    """Say whether somebody may keep a window layout.

    Args:
        folder: theirs.
        name: the layout's name; an existing layout of that name is replaced.
    """
    if layout(folder, name).exists():
        return True
    return not folder.exists() or sum(1 for _ in folder.iterdir()) < MOST_LAYOUTS


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

    @web.authenticated
    def put(self, space_name: str = "") -> None:
        """Keep a layout.

        Raises:
            HTTPError: 413, it is too large, or there are too many.
        """
        check_size(gettext("Window layouts"), len(self.request.body), LARGEST_LAYOUT_BYTES)
        if not may_add(self.manager.workspaces_dir, space_name):
            raise HTTPError(
                413,
                gettext("You have {most} layouts: delete one of them first.").format(
                    most=MOST_LAYOUTS
                ),
            )
        super().put(space_name)


@dataclass
class DefaultSettings:
    """What pages of people without settings of their own are sent; all of it is the image's.

    Attributes:
        answers: by the plugin's name, and whether only names are asked for.
        packed: the large ones, compressed with gzip: the front passes them on as they are.
    """

    answers: dict[tuple[str, bool], str] = field(default_factory=dict)
    packed: dict[tuple[str, bool], bytes] = field(default_factory=dict)

    def keep(self, what: tuple[str, bool], answer: str) -> None:
        """Remember an answer; not without end, because a plugin's name can be written in many ways.

        Args:
            what: is asked for, as in `answers`.
            answer: JSON.
        """
        if len(self.answers) < MOST_ANSWERS:
            self.answers[what] = answer
            if len(answer) >= LARGE_ANSWER_CHARACTERS:
                self.packed[what] = gzip.compress(answer.encode(), mtime=0)


class PersonalSettingsHandler(SettingsHandler):
    """Settings (theme, shortcuts, language), by user."""

    _default: tuple[str, bool] | None = None

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

    @web.authenticated
    def get(self, schema_name: str = "") -> Any:
        """Get settings; of somebody who has set nothing they are found out once for all."""
        if Path(self.settings_dir).exists():
            return super().get(schema_name)
        self._default = schema_name, self.get_query_argument("ids_only", "") == "true"
        defaults = services.of(self)[DefaultSettings]
        known = defaults.answers.get(self._default)
        if (packed := defaults.packed.get(self._default)) is not None:
            self.set_header("Content-Encoding", "gzip")
            return self.finish(packed)
        return super().get(schema_name) if known is None else self.finish(known)

    def finish(self, chunk: Any = None) -> Any:
        """Remember a good answer about what nobody has set, on its way out."""
        if self._default and self.get_status() == http.HTTPStatus.OK and isinstance(chunk, str):
            services.of(self)[DefaultSettings].keep(self._default, chunk)
        return super().finish(chunk)

    @web.authenticated
    def put(self, schema_name: str) -> None:
        """Keep settings.

        Raises:
            HTTPError: 413, they are too large; 400, they are no JSON with comments.
        """
        size = len(self.request.body)
        check_size(gettext("A plugin's settings"), size, LARGEST_SETTINGS_BYTES)
        # What is replaced counts as well: only who has a lot notices.
        check_size(
            gettext("All your settings"),
            size + size_of(Path(self.settings_dir)),
            ALL_SETTINGS_BYTES,
        )
        try:
            super().put(schema_name)
        except ValueError as error:
            raise HTTPError(
                400, gettext("The settings can't be read: {error}.").format(error=error)
            ) from error
