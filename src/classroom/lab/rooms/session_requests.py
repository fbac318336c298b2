"""Check a page's request to open a document before any work: plain values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jupyter_server_ydoc.handlers import DocSessionHandler
from tornado.web import HTTPError

from classroom.lab.rooms import room_names
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from tornado.web import RequestHandler


NOT_SO = gettext_noop(
    "The document can't be opened in that form. Choose Open With → Editor, or Notebook."
)


def problem(body: bytes) -> str:
    """Say what is wrong with a request's body, in a sentence; "" if nothing is.

    Args:
        body: the body of a request for a document's session.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return "The request is no JSON."
    if not isinstance(found, dict):
        return "The request is no JSON object."
    wrong = [name for name in ("format", "type") if not isinstance(found.get(name), str)]
    if wrong:
        return f"The request's {wrong[0]} must be a text."
    return "" if room_names.fit(found["format"], found["type"]) else gettext(NOT_SO)


def check(handler: RequestHandler) -> None:
    """Reject a request for a document's session on which upstream would fail.

    Args:
        handler: any handler; only those of documents' sessions are looked at.

    Raises:
        HTTPError: 400 with a sentence.
    """
    is_one = isinstance(handler, DocSessionHandler) and handler.request.method == "PUT"
    if is_one and (found := problem(handler.request.body)):
        raise HTTPError(400, found)
