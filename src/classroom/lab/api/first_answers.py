"""What every page asks first, sent with the page itself: it comes sooner, and nobody has to ask.

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
"""Where JupyterLab's page is, below the server's own address (its `MASTER_URL_PATTERN`)."""
SETTINGS = (
    "?ids_only=true",
    "/@jupyterlab/codemirror-extension:plugin",
    "/@jupyterlab/docmanager-extension:plugin",
    "/@jupyterlab/notebook-extension:panel",
)
"""Of which plugins JupyterLab asks for the settings once more after all of them, and their list."""


async def of(handler: Any) -> dict[str, str]:
    """Answer what a page is about to ask: JSON by address below the lab's own.

    All of it may be read by whoever may open the page (`classroom.lab.permissions.handler_rules`).

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
    # Somebody else's window, and its documents, have an address of their own.
    opening = await opening_answers.of(
        handler, {} if handler.path_kwargs.get("workspace") else layout
    )
    return {**known, **encoded(now), **opening}


def defaults(settings: DefaultSettings) -> dict[str, str]:
    """Return what is known of settings that nobody has changed, by address.

    Args:
        settings: what other pages were sent.
    """
    found = {}
    for what in SETTINGS:
        listed = what.startswith("?")
        answer = settings.answers.get(("", True) if listed else (what[1:], False), "")
        if 0 < len(answer) <= LARGEST_BYTES:
            found[f"lab/api/settings{what}"] = answer
    return found


class LabPageHandler(LabHandler):
    """JupyterLab's page, with the answers to what it asks first."""

    _answers: Mapping[str, str] | None = None
    _running: Mapping[str, int] | None = None

    def initialize(self) -> None:
        """Be JupyterLab's."""
        super().initialize("lab")

    async def prepare(self) -> None:
        """Find the answers out; for nobody who isn't signed in."""
        await super().prepare()
        if self.current_user is not None:
            # What it says holds now: not when a browser opens the same tab again tomorrow.
            self.set_header("Cache-Control", "no-store")
            try:
                # Before the answers are: what changes after it, the page hears of.
                notices = services.of(self).get(PageNotices)
                self._running = notices.count() if notices else None
                self._answers = await of(self)
            except Exception as error:  # noqa: BLE001 (whatever it is, the page can ask by itself)
                self.log.warning("A page comes without answers to what it asks first: %s", error)

    def get_page_config(self) -> dict[str, Any]:
        """Return what the page is told, in a dictionary of its own."""
        # Past upstream's cache, which keeps the last 128 requests, and what they were answered.
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
