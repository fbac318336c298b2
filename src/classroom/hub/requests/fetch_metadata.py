"""Decide on plain values which requests the Hub answers, by the browser's headers.

All pages have one origin, so a script in a lab page can send any request to the Hub in the name of
the page's person. But it can't set the headers ``Sec-Fetch-*``, in which the browser names the
purpose of a request (W3C, Fetch Metadata Request Headers).
"""

from __future__ import annotations

import enum
import re
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_A_PAGE = gettext_noop(
    "This page of the Hub opens only in a window of its own: type its address, or follow a link."
)
OLD_BROWSER = gettext_noop(
    "Your browser does not say what it loads a page for (Sec-Fetch-Mode), which the Hub needs to"
    " know: please update it (Chrome or Edge 80, Firefox 90, Safari 16.4 or later)."
)
WITHOUT_XSRF = (
    "The Hub's API takes an API token (Authorization: token ...), or the sign-in of a Hub page"
    " together with that page's XSRF token."
)
TWO_SIGN_INS = gettext_noop(
    "Your browser sent two different sign-ins for the Hub: delete its cookies for this site, then"
    " sign in again."
)
BEARER = re.compile(r"(?:token|bearer)\s+\S", re.IGNORECASE)
XSRF_HEADERS = ("X-Xsrftoken", "X-Csrftoken")


class AnswerKind(enum.Enum):
    """The kind of answer that the Hub would send."""

    PAGE = enum.auto()
    """HTML, with the XSRF token of the signed-in person."""
    API = enum.auto()
    """Data, and requests that change it."""
    OPEN = enum.auto()
    """The same for everybody: files, and the health check."""


def has_bearer(headers: Mapping[str, str]) -> bool:
    """Say whether a request has an API token."""
    return bool(BEARER.match(headers.get("Authorization", "")))


def is_navigation(headers: Mapping[str, str]) -> bool:
    """Say whether a browser requests a page to show it as a whole window.

    Only Chrome 76 to 79, and programs, send no destination. In these versions of Chrome only a
    whole window has the mode "navigate"; a frame has "nested-navigate".
    """
    ahead = headers.get("Sec-Purpose") or headers.get("Purpose") or headers.get("X-Moz") or ""
    return (
        headers.get("Sec-Fetch-Mode") == "navigate"
        and headers.get("Sec-Fetch-Dest", "document") == "document"
        and "prefetch" not in ahead.lower()
    )


def is_browser(headers: Mapping[str, str]) -> bool:
    """Say whether a request names its purpose, as browsers do and programs don't."""
    return "Sec-Fetch-Mode" in headers or "Sec-Fetch-Dest" in headers


def values(cookies: str, name: str) -> set[str]:
    """List the values of one cookie, because a script can set more values at longer paths.

    Args:
        cookies: the request's header.
        name: the cookie's name.
    """
    found = set()
    for part in cookies.split(";"):
        if part.partition("=")[0].strip() != name:
            continue
        try:
            found.add(SimpleCookie(part)[name].value)
        except (CookieError, KeyError):
            found.add(part)
    return found


def refusal(
    kind: AnswerKind, headers: Mapping[str, str], *, takes_bearer: bool, in_query: bool, cookie: str
) -> str:
    """Decide whether the Hub handles a request.

    Args:
        kind: the kind of answer.
        headers: the request's headers; upper and lower case in names make no difference.
        takes_bearer: whether an API token is accepted in place of a cookie.
        in_query: whether the address has an XSRF token.
        cookie: the name of the Hub's login cookie.

    Returns:
        The sentence for the person; "" if the Hub handles the request.
    """
    if kind is AnswerKind.OPEN:
        return ""
    if takes_bearer and has_bearer(headers) and (kind is AnswerKind.API or not is_browser(headers)):
        return ""
    cookies = headers.get("Cookie", "")
    if len(values(cookies, cookie)) > 1:
        return gettext(TWO_SIGN_INS)
    if kind is AnswerKind.API:
        has_token = in_query or any(headers.get(name) for name in XSRF_HEADERS)
        return "" if has_token or not cookies else WITHOUT_XSRF
    if is_navigation(headers):
        return ""
    return gettext(NOT_A_PAGE) if is_browser(headers) else gettext(OLD_BROWSER)
