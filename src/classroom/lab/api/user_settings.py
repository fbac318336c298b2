"""Keep each person's window layout and settings, although all share one JupyterLab.

Plain JupyterLab keeps one of each for the server. A person who reloads would get the tabs and the
theme of the person who changed something last.
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
"""Most window layouts of one person; a page has one, and creates another for a second window."""
KB = 1024
LARGEST_LAYOUT_BYTES = 1024 * KB
"""Most bytes of a window layout."""
LARGEST_SETTINGS_BYTES, ALL_SETTINGS_BYTES = 128 * KB, 512 * KB
"""Most bytes of one plugin's settings, and of all of one person's, which each page reads."""

MOST_ANSWERS = 500
"""How many answers about default settings to remember."""
LARGE_ANSWER_CHARACTERS = 32 * KB
"""Characters from which on an answer is stored compressed: all settings are ten times as long."""


def check_size(what: str, size: int, most: int) -> None:
    """Check the size of something that a person wants to save.

    Args:
        what: its name, as the beginning of a sentence.
        size: its bytes.
        most: most bytes that are allowed.

    Raises:
        HTTPError: 413 with a sentence if it is too large.
    """
    if size > most:
        words = gettext("{what} have at most {most} bytes, and these have {size}.")
        raise HTTPError(413, words.format(what=what, most=most, size=size))


def size_of(folder: Path) -> int:
    """Return how many bytes the files in a folder and below have together."""
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def layout(folder: Path, name: str) -> Path:
    """Return the file of a window layout, named as JupyterLab does."""
    return folder / f"{slugify(name)}{WORKSPACE_EXTENSION}"


def layouts(folder: Path) -> dict[str, Any]:
    """List a person's window layouts, as JupyterLab's handler does.

    Args:
        folder: the person's folder of layouts.
    """
    found = WorkspacesManager(str(folder)).list_workspaces()
    return {"workspaces": {"ids": [one["metadata"]["id"] for one in found], "values": found}}


def layout_of(folder: Path, name: str) -> dict[str, Any]:
    """Read one of a person's window layouts, as JupyterLab's handler does; empty if missing.

    Args:
        folder: the person's folder of layouts.
        name: the layout's name.
    """
    return dict(WorkspacesManager(str(folder)).load(name))


def may_add(folder: Path, name: str) -> bool:
    """Say whether a person may save a window layout.

    Args:
        folder: the person's folder of layouts.
        name: the layout's name; an existing layout of that name is replaced.
    """
    if layout(folder, name).exists():
        return True
    return not folder.exists() or sum(1 for _ in folder.iterdir()) < MOST_LAYOUTS


def folder_of(base: str, username: str) -> Path:
    """Return a person's own folder below a shared one; no name leads out of that.

    Args:
        base: the folder that plain JupyterLab would use for all.
        username: the signed-in user's name.
    """
    return Path(base) / f"of-{quote(username, safe='')}"


class PersonalWorkspacesHandler(WorkspacesHandler):
    """Window layouts, by user."""

    def initialize(self) -> None:
        """Start without a manager: `prepare` sets the user's."""
        super().initialize("lab", manager=None)

    async def prepare(self) -> None:
        """Use the signed-in user's layouts; without a user the handler rejects the request."""
        await super().prepare()
        if self.current_user is not None:
            base = self.extensionapp.workspaces_dir
            self.manager = WorkspacesManager(str(folder_of(base, self.current_user.username)))

    @web.authenticated
    def put(self, space_name: str = "") -> None:
        """Save a layout.

        Raises:
            HTTPError: 413 if it is too large, or there are too many.
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
    """Answers for people who have set nothing; all of them come from the image.

    Attributes:
        answers: the answers, by the plugin's name and whether only names are requested.
        packed: the large ones, compressed with gzip: the front passes them on unchanged.
    """

    answers: dict[tuple[str, bool], str] = field(default_factory=dict)
    packed: dict[tuple[str, bool], bytes] = field(default_factory=dict)

    def keep(self, what: tuple[str, bool], answer: str) -> None:
        """Remember an answer, up to a limit: a plugin's name can be written in many ways.

        Args:
            what: the request, as in `answers`.
            answer: the answer's JSON.
        """
        if len(self.answers) < MOST_ANSWERS:
            self.answers[what] = answer
            if len(answer) >= LARGE_ANSWER_CHARACTERS:
                self.packed[what] = gzip.compress(answer.encode(), mtime=0)


class PersonalSettingsHandler(SettingsHandler):
    """Settings (theme, shortcuts, language), by user."""

    _default: tuple[str, bool] | None = None

    def initialize(self) -> None:
        """Use JupyterLab's own folders, except that of the settings."""
        lab: Any = self.settings["lab"]
        super().initialize(
            "lab",
            app_settings_dir=lab.app_settings_dir,
            schemas_dir=lab.schemas_dir,
            settings_dir="",
            labextensions_path=lab.extra_labextensions_path + lab.labextensions_path,
        )

    async def prepare(self) -> None:
        """Use the signed-in user's settings; without a user the handler rejects the request."""
        await super().prepare()
        if self.current_user is not None:
            base = self.extensionapp.user_settings_dir
            self.settings_dir = str(folder_of(base, self.current_user.username))

    @web.authenticated
    def get(self, schema_name: str = "") -> Any:
        """Get settings; for people who have set nothing, reuse one answer."""
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
        """Remember a good answer about default settings, then send it."""
        if self._default and self.get_status() == http.HTTPStatus.OK and isinstance(chunk, str):
            services.of(self)[DefaultSettings].keep(self._default, chunk)
        return super().finish(chunk)

    @web.authenticated
    def put(self, schema_name: str) -> None:
        """Save settings.

        Raises:
            HTTPError: 413 if they are too large; 400 if they aren't JSON with comments.
        """
        size = len(self.request.body)
        check_size(gettext("A plugin's settings"), size, LARGEST_SETTINGS_BYTES)
        # The replaced settings count as well, which matters only to people with many settings.
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
