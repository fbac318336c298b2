"""What a request about kernels, sessions and terminals may ask for: plain values, before any work.

Upstream believes a request's body: a kernel's id becomes part of a file's name, a terminal's name
replaces an open terminal beyond all counting, and names of any length are kept, logged and listed
to every page.
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
"""Bytes of a request's body."""
LONGEST_PATH_CHARACTERS = 4096
"""Characters (limits.h, PATH_MAX)."""
LONGEST_NAME_CHARACTERS = 255
"""Characters of a document's name, or of a kind of kernel (limits.h, NAME_MAX)."""
KERNEL_GONE = gettext_noop(
    "This kernel has ended. Start one for the notebook (Kernel, Restart Kernel)."
)
TERMINAL = re.compile(r"\w{1,64}", re.ASCII)
HALF = re.compile("[\ud800-\udfff]")
"""Half a character, which JSON can have and no file's name, message or table."""
OF_TERMINALS = {"name", "cwd"}
TEXTS = {
    "path": LONGEST_PATH_CHARACTERS,
    "name": LONGEST_NAME_CHARACTERS,
    "type": LONGEST_NAME_CHARACTERS,
    "cwd": LONGEST_PATH_CHARACTERS,
}


def problem(body: bytes) -> str:
    """Say what is wrong with a request's body, in a sentence; "" when nothing is.

    Args:
        body: of a request about kernels or sessions.
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
    """Say what is wrong with a request for a terminal, in a sentence; "" when nothing is.

    Args:
        body: the request's.
        taken: the names of terminals that are open.
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
    """Return the name of the kernel that a request would start; "" when it asks for none by name.

    Args:
        body: with no `problem`.
        of_session: whether it is about sessions, and not kernels.
    """
    found = (json.loads(body) if body.strip() else None) or {}
    kernel = (found.get("kernel") or {}) if of_session else found
    return "" if kernel.get("id") is not None else kernel.get("name") or ""


def _texts(found: dict[str, Any]) -> str:
    """Say which text is none, or too long."""
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
    """Say whether a kernel's id could be anything else than one."""
    if ident is None or (isinstance(ident, str) and KEY.fullmatch(ident)):
        return ""
    return "A kernel's id has letters, digits, - and _, at most 64."


def check(handler: RequestHandler) -> None:
    """Refuse a request that asks for what nobody may.

    Args:
        handler: any handler; only those of kernels, sessions and terminals are looked at.

    Raises:
        HTTPError: with a sentence; 400, or 429 where a session would get a kernel too many.
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
        try:  # upstream would call what follows the server's failure
            handler.settings["kernel_spec_manager"].get_kernel_spec(kind)
        except NoSuchKernel:
            words = gettext(
                "There is no kernel “{kernel}” here: choose another (Kernel, Change Kernel)."
            )
            raise HTTPError(400, words.format(kernel=kind[:80])) from None
        if handler.request.method == "PATCH":
            handler.settings["kernel_manager"].check_limit()
