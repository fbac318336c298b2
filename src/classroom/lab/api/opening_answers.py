"""Put the answers about a page's first documents into the page itself.

For each document JupyterLab requests whether it exists, its room, its time and its checkpoints, in
six requests one after the other, and one more for the folder that it shows. If a class opens the
same notebook at the same moment, the answers are made once for all pages.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from jupyter_client.jsonutil import json_default
from jupyter_server_ydoc.utils import SERVER_SESSION
from tornado.web import HTTPError

from classroom.lab import services
from classroom.lab.api.people import RUNS
from classroom.lab.chat import schema, setup
from classroom.lab.execution.run_history import RunHistory
from classroom.lab.files.shared_listings import SharedListings
from classroom.lab.people.welcome import Greeting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NOTEBOOK = ".ipynb"
LARGEST_BYTES = 16 * 1024
"""Most bytes of one answer in a page, which isn't compressed."""
MOST = 3
"""Most documents of one page: a layout may have dozens, most of them in background tabs."""
SAFE = "!~*'()"
"""Characters that JavaScript's ``encodeURIComponent`` doesn't encode, but Python's `quote` does."""


@dataclass
class Openings:
    """The answers that are being made for opening pages, by document. For one event loop.

    Attributes:
        shared: the answers about a document or a folder.
    """

    shared: SharedListings[dict[str, str]] = field(default_factory=SharedListings)


def shown(tree: str | None, layout: Mapping[str, Any], welcome: str = "") -> list[str]:
    """List the notebooks that a page opens at its start, the one in its address first.

    Args:
        tree: the rest of the page's address, such as ``/tree/a%20b.ipynb``.
        layout: the window's layout, for `layout_of`; any JSON, since a person may write it.
        welcome: path of the welcome notebook, if the page will open it; otherwise "".

    Returns:
        Paths below the class's folder, at most `MOST`.
    """
    named = unquote((tree or "").removeprefix("/tree").strip("/"))
    found = [named, welcome, *_restored(layout)]
    kept = (path for path in dict.fromkeys(found) if path.endswith(NOTEBOOK) and is_shown(path))
    return list(kept)[:MOST]


def is_shown(path: str) -> bool:
    """Say whether a path isn't hidden; for a hidden one the page sends the requests."""
    parts = path.split("/")
    return all(part and not part.startswith(".") for part in parts)


def _restored(layout: Mapping[str, Any]) -> Iterable[str]:
    """List the notebooks in a window's layout, whose state has a path for each document."""
    states = layout.get("data")
    for name, state in states.items() if isinstance(states, dict) else ():
        data = state.get("data") if isinstance(state, dict) else None
        path = data.get("path") if isinstance(data, dict) else None
        if name.startswith("notebook:") and isinstance(path, str):
            yield path


def address(path: str) -> str:
    """Encode a path below ``api/contents`` as JupyterLab does."""
    return "/".join(quote(part, safe=SAFE) for part in path.split("/"))


def encoded(values: Mapping[str, Any]) -> dict[str, str]:
    """Encode answers as JSON; leave out those that are too large for every page.

    Args:
        values: the answers by address.
    """
    texts = {name: json.dumps(value, default=json_default) for name, value in values.items()}
    return {name: text for name, text in texts.items() if len(text) <= LARGEST_BYTES}


async def of(handler: Any, layout: Mapping[str, Any]) -> dict[str, str]:
    """Return the answers about a page's documents: JSON by address below the lab's own.

    Documents that are missing or can't be read are left out: the page requests them, and shows the
    error.

    Args:
        handler: the handler of the request for the page; its user is signed in.
        layout: the window's layout.
    """
    lab = services.of(handler)
    opening, greeting = lab[Openings].shared, lab[Greeting]
    welcome = greeting.name if greeting.offers(handler.current_user) else ""
    found: dict[str, str] = {}
    for path in shown(handler.path_kwargs.get("tree"), layout, welcome):
        found |= await opening.get(path, partial(_notebook, handler, path))
    if handler.settings.get(setup.KEY):
        found |= await opening.get(setup.FIRST, partial(_chat, handler))
    return found


async def _notebook(handler: Any, path: str) -> dict[str, str]:
    """Return the answers about one notebook."""
    files, place = handler.contents_manager, f"api/contents/{address(path)}"
    try:
        hashed = await files.get(path, content=False, type="notebook", require_hash=True)
        checkpoints = await files.list_checkpoints(path)
    except (HTTPError, OSError):
        return {}
    answers: dict[str, Any] = {
        f"{place}?content=0&hash=0": {**hashed, "hash": None, "hash_algorithm": None},
        f"{place}?type=notebook&content=0&hash=1&contentProviderId=undefined": hashed,
        f"{place}/checkpoints": checkpoints,
    }
    ident = _id_of(handler, path)
    if ident is not None:
        history = services.of(handler)[RunHistory]
        answers |= _session(path, "json", "notebook", ident)
        answers[f"{RUNS}?path={quote(path, safe=SAFE)}"] = {"runs": history.of(ident)}
    return encoded(answers)


async def _chat(handler: Any) -> dict[str, str]:
    """Return the answers about the first chat."""
    files, path = handler.contents_manager, setup.FIRST
    try:
        there = await files.get(path, content=False)
        if there["size"] > LARGEST_BYTES:
            return {}
        answers = {f"api/contents/{address(path)}": await files.get(path)}
    except (HTTPError, OSError):
        return {}
    ident = _id_of(handler, path)
    if ident is not None:
        answers |= _session(path, schema.FORMAT, schema.KIND, ident)
    return encoded(answers)


def _id_of(handler: Any, path: str) -> str | None:
    """Return a file's id; create one if nobody has opened the file before."""
    known = handler.settings["file_id_manager"]
    found: str | None = known.get_id(path) or known.index(path)
    return found


def _session(path: str, form: str, kind: str, ident: str) -> dict[str, Any]:
    """Answer the request for a document's room, as `DocSessionHandler` does."""
    answer = {"format": form, "type": kind, "fileId": ident, "sessionId": SERVER_SESSION}
    return {f"PUT api/collaboration/session/{address(path)}": answer}
