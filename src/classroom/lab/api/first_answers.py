"""Put the answers to a page's first requests into the page, which saves these requests.

The labextension answers JupyterLab's requests with it while the page loads (`answers.ts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.utils import ensure_async
from jupyterlab_server.handlers import LabHandler

from classroom.lab import services
from classroom.lab.api import opening_answers
from classroom.lab.api.opening_answers import LARGEST_BYTES, encoded
from classroom.lab.api.page_notices import PageNotices
from classroom.lab.api.usage import Usage
from classroom.lab.api.user_settings import DefaultSettings, folder_of, layout_of, layouts, size_of
from classroom.lab.upstream.known_answers import KnownAnswers

if TYPE_CHECKING:
    from collections.abc import Mapping

ADDRESS = r"(?P<mode>lab|doc)(?P<workspace>/workspaces/[a-zA-Z0-9\-\_]+)?(?P<tree>/tree/.*)?"
"""Address of JupyterLab's page, below the server's own address (its `MASTER_URL_PATTERN`)."""
SETTINGS = (
    "?ids_only=true",
    "/@jupyterlab/codemirror-extension:plugin",
    "/@jupyterlab/docmanager-extension:plugin",
    "/@jupyterlab/notebook-extension:panel",
)
"""Settings that JupyterLab requests once more after all others: some plugins', and the list."""


async def of(handler: Any) -> dict[str, str]:
    """Return the answers to a page's first requests: JSON by address below the lab's own.

    Everybody who may open the page may read them all (`classroom.lab.permissions.handler_rules`).

    Args:
        handler: the handler of the request for the page; its user is signed in.
    """
    lab, settings, provider = services.of(handler), handler.settings, handler.identity_provider
    fields = {"updatable_fields": provider.updatable_fields}
    now: dict[str, Any] = {
        "api/me": {
            "identity": provider.identity_model(handler.current_user),
            "permissions": fields,
        },
        "api/kernels": await ensure_async(handler.kernel_manager.list_kernels()),
        "api/sessions": await ensure_async(handler.session_manager.list_sessions()),
        "api/metrics/v1": lab[Usage].now(),
    }
    if settings.get("terminals_available"):
        now["api/terminals"] = settings["terminal_manager"].list()
    name = handler.current_user.username
    folder = folder_of(handler.extensionapp.workspaces_dir, name)
    layout: dict[str, Any] = {}
    if size_of(folder) <= LARGEST_BYTES:
        layout = layout_of(folder, "default")
        now |= {"lab/api/workspaces": layouts(folder), "lab/api/workspaces/default": layout}
    found = lab[KnownAnswers]
    known = {name: text for name, text in found.answers.items() if name not in found.packed}
    if not folder_of(handler.extensionapp.user_settings_dir, name).exists():
        known |= defaults(lab[DefaultSettings])
    # A window layout that has its own address is another one, with other documents.
    opening = await opening_answers.of(
        handler, {} if handler.path_kwargs.get("workspace") else layout
    )
    return {**known, **encoded(now), **opening}


def defaults(settings: DefaultSettings) -> dict[str, str]:
    """Return the known answers about settings that nobody has changed, by address.

    Args:
        settings: the answers that other pages have received.
    """
    found = {}
    for what in SETTINGS:
        listed = what.startswith("?")
        answer = settings.answers.get(("", True) if listed else (what[1:], False), "")
        if 0 < len(answer) <= LARGEST_BYTES:
            found[f"lab/api/settings{what}"] = answer
    return found


class LabPageHandler(LabHandler):
    """JupyterLab's page, with the answers to its first requests."""

    _answers: Mapping[str, str] | None = None
    _running: Mapping[str, int] | None = None

    def initialize(self) -> None:
        """Belong to JupyterLab's extension."""
        super().initialize("lab")

    async def prepare(self) -> None:
        """Prepare the answers, if the user is signed in."""
        await super().prepare()
        if self.current_user is not None:
            # The answers are valid now, but not when a browser reopens the tab tomorrow.
            self.set_header("Cache-Control", "no-store")
            try:
                # Count before the answers are made: the page is notified of later changes.
                notices = services.of(self).get(PageNotices)
                self._running = notices.count() if notices else None
                self._answers = await of(self)
            except Exception as error:  # noqa: BLE001 (the page can send the requests itself)
                self.log.warning(
                    "A page was sent without the answers to its first requests: %s", error
                )

    def get_page_config(self) -> dict[str, Any]:
        """Return the page's configuration, in a new dictionary."""
        # Bypass upstream's cache, which keeps the last 128 requests and their answers in memory.
        found: dict[str, Any] = LabHandler.get_page_config.__wrapped__(self)
        if self._answers and self._running:
            found["classroomRunning"] = dict(self._running)
        return {
            **found,
            "classroomAnswers": dict(self._answers or {}),
            "classroomPacked": dict(services.of(self)[KnownAnswers].packed)
            if self._answers
            else {},
        }
