"""Describe a failed request in a sentence for the page."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError

from classroom.lab.execution.request_checks import KERNEL_GONE
from classroom.runtime.words import gettext, gettext_noop

OWN_FAULT = gettext_noop(
    "The lab could not do this, because of an error of its own. Try again, and tell your tutor if"
    " it happens again."
)
VIEW_ONLY = gettext_noop(
    "You are view-only at the moment, so nothing was changed. A tutor can let you write again."
)
UPSTREAMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile("Kernel does not exist"), KERNEL_GONE),
    (re.compile("Session not found"), KERNEL_GONE),
    (re.compile("Kernel deleted before session"), KERNEL_GONE),
    (
        re.compile("Exception restarting kernel"),
        gettext_noop("The kernel could not be restarted. Try again."),
    ),
    (
        re.compile("Terminal not found"),
        gettext_noop("This terminal has ended. Open another one (File, New, Terminal)."),
    ),
    (re.compile("User is not authorized to (write|execute)"), VIEW_ONLY),
    (
        re.compile("No exporter for format"),
        gettext_noop("Notebooks can't be exported in that format."),
    ),
    (re.compile("Invalid JSON in body of request"), "The request is no JSON."),
    (re.compile("Missing field in JSON data"), "The request has no path, or no type."),
    (re.compile("JSON body missing"), "The request has no body."),
)
"""Beginnings of upstream's messages, each with our sentence for it."""

TO_LAB = gettext_noop("Go to the lab")
TO_HOME = gettext_noop("Go to the start page")


def ways_on(home: str) -> dict[str, str]:
    """Return the links of the error page (`templates/error.html`), as template variables.

    Args:
        home: the address of the Hub's home page; "" without a Hub.
    """
    return {
        "classroom_to_lab": gettext(TO_LAB),
        "classroom_to_home": gettext(TO_HOME),
        "classroom_home": home,
    }


def sentence(status: int, error: BaseException | None) -> str:
    """Return the sentence for a failed request.

    Args:
        status: the HTTP status.
        error: why it failed; None if that isn't known.
    """
    if not isinstance(error, HTTPError):
        return gettext(OWN_FAULT) if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _phrase(status)
    # Not `log_message`: it doubles each % for the log's formatting.
    found = error.get_message() or _phrase(status)
    return next((gettext(ours) for theirs, ours in UPSTREAMS if theirs.match(found)), found)


def answer(status: int, error: BaseException | None) -> dict[str, Any]:
    """Describe a failed request of the API as upstream does.

    Args:
        status: the HTTP status.
        error: see `sentence`.
    """
    reason = error.reason if isinstance(error, HTTPError) else None
    return {"message": sentence(status, error), "reason": reason}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown HTTP error"
