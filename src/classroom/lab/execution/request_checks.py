"""Check requests about kernels, sessions and terminals before any work.

Upstream doesn't check a request's body. A kernel's id becomes part of a file's name. A terminal's
name can replace an open terminal, which then isn't counted. Names of any length are kept, logged,
and listed to every page.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_server.services.kernels.handlers import KernelsAPIHandler
from jupyter_server.services.sessions.handlers import SessionsAPIHandler
from jupyter_server_terminals.api_handlers import TerminalAPIHandler
from tornado.web import HTTPError

from classroom.launcher.protocol import KEY
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from tornado.web import RequestHandler

LONGEST_BODY_BYTES = 64 * 1024
"""Most bytes of a request's body."""
LONGEST_PATH_CHARACTERS = 4096
"""Most characters of a path (limits.h, PATH_MAX)."""
LONGEST_NAME_CHARACTERS = 255
"""Most characters of a document's name, or of a kernel's type (limits.h, NAME_MAX)."""
KERNEL_GONE = gettext_noop(
    "This kernel has ended. Start one for the notebook (Kernel, Restart Kernel)."
)
TERMINAL = re.compile(r"\w{1,64}", re.ASCII)
HALF = re.compile("[\ud800-\udfff]")
"""A surrogate, which JSON allows, but a file's name, a message or a table doesn't."""
OF_TERMINALS = {"name", "cwd"}
TEXTS = {
    "path": LONGEST_PATH_CHARACTERS,
    "name": LONGEST_NAME_CHARACTERS,
    "type": LONGEST_NAME_CHARACTERS,
    "cwd": LONGEST_PATH_CHARACTERS,
}


def problem(body: bytes) -> str:
    """Say what is wrong with a request's body, in a sentence; "" if nothing is.

    Args:
        body: the body of a request about kernels or sessions.
    """
    if len(body) > LONGEST_BODY_BYTES:
        return f"The request has {len(body)} bytes; at most {LONGEST_BODY_BYTES} are taken."
    try:
        found = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        return "The request is no JSON."
    if found is None:
        return ""
    if not isinstance(found, dict):
        return "The request is no JSON object."
    kernel, notebook = found.get("kernel"), found.get("notebook")
    for part in (kernel, notebook):
        if part is not None and not isinstance(part, dict):
            return "The request's kernel and notebook must be JSON objects."
    return (
        _texts(found)
        or _texts(kernel or {})
        or _texts(notebook or {})
        or _ident(found.get("kernel_id"))
        or _ident((kernel or {}).get("id"))
    )


def problem_of_terminal(body: bytes, taken: set[str]) -> str:
    """Say what is wrong with a request for a terminal, in a sentence; "" if nothing is.

    Args:
        body: the request's body.
        taken: the names of open terminals.
    """
    if found := problem(body):
        return found
    asked = (json.loads(body) if body.strip() else None) or {}
    if unknown := set(asked) - OF_TERMINALS:
        return f"A terminal has a name and a cwd, and no {min(unknown)!r:.80}."
    name = asked.get("name")
    if name is not None and not TERMINAL.fullmatch(name):
        return "A terminal's name has letters, digits and _, at most 64."
    return f"There is a terminal {name} already." if name in taken else ""


def kind_of(body: bytes, *, of_session: bool) -> str:
    """Return the name of the kernel that a request would start; "" if it names none.

    Args:
        body: the request's body, in which `problem` finds nothing wrong.
        of_session: whether the request is about sessions, and not about kernels.
    """
    found = (json.loads(body) if body.strip() else None) or {}
    kernel = (found.get("kernel") or {}) if of_session else found
    return "" if kernel.get("id") is not None else kernel.get("name") or ""


def _texts(found: dict[str, Any]) -> str:
    """Say which value isn't a text, or is too long; "" if all are right."""
    for name, longest in TEXTS.items():
        text = found.get(name)
        if text is None:
            continue
        if not isinstance(text, str) or "\0" in text or HALF.search(text):
            return f"The request's {name} must be a text."
        if len(text) > longest:
            return f"The request's {name} has {len(text)} characters; {longest} are taken."
    return ""


def _ident(ident: Any) -> str:
    """Say that a kernel's id is invalid; "" if it is valid."""
    if ident is None or (isinstance(ident, str) and KEY.fullmatch(ident)):
        return ""
    return "A kernel's id has letters, digits, - and _, at most 64."


def check(handler: RequestHandler) -> None:
    """Reject an invalid request.

    Args:
        handler: any handler; only those of kernels, sessions and terminals are looked at.

    Raises:
        HTTPError: with a sentence; 400, or 404, or 429 if the limit of kernels is reached.
    """
    if not isinstance(handler, KernelsAPIHandler | SessionsAPIHandler | TerminalAPIHandler):
        return
    if handler.request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    body = handler.request.body
    known = handler.settings.get("kernel_manager", ())
    if handler.path_kwargs.get("action") and handler.path_kwargs["kernel_id"] not in known:
        raise HTTPError(404, gettext(KERNEL_GONE))  # upstream says 500
    if isinstance(handler, TerminalAPIHandler):
        taken = set(handler.settings["terminal_manager"].terminals)
        found = problem_of_terminal(body, taken)
    else:
        found = problem(body)
    if found:
        raise HTTPError(400, found)
    if isinstance(handler, TerminalAPIHandler):
        return
    if kind := kind_of(body, of_session=isinstance(handler, SessionsAPIHandler)):
        try:  # upstream would report it as the server's failure
            handler.settings["kernel_spec_manager"].get_kernel_spec(kind)
        except NoSuchKernel:
            words = gettext(
                "There is no kernel “{kernel}” here: choose another (Kernel, Change Kernel)."
            )
            raise HTTPError(400, words.format(kernel=kind[:80])) from None
        if handler.request.method == "PATCH":
            handler.settings["kernel_manager"].check_limit()
