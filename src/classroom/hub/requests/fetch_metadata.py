"""Which requests the Hub answers, by what browsers say of them: a decision on plain values.

All pages are one origin, so a script in a lab page may ask the Hub for anything in the name of
whoever looks. What it can't do is to set the headers ``Sec-Fetch-*``, in which its browser says
what a request is for (W3C, Fetch Metadata Request Headers).
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
    """What the Hub would answer with."""

    PAGE = enum.auto()
    """HTML, with the XSRF token of whoever is signed in."""
    API = enum.auto()
    """Data, and whatever changes it."""
    OPEN = enum.auto()
    """The same for everybody: files, and whether the Hub is well."""


def has_bearer(headers: Mapping[str, str]) -> bool:
    """Say whether a request comes with an API token."""
    return bool(BEARER.match(headers.get("Authorization", "")))


def is_navigation(headers: Mapping[str, str]) -> bool:
    """Say whether a browser asks for a page in order to show it, in a window of its own.

    A browser that says nothing of the destination is Chrome 76 to 79, where only a window of its
    own has the mode "navigate" (a frame's is "nested-navigate"), or a program.
    """
    ahead = headers.get("Sec-Purpose") or headers.get("Purpose") or headers.get("X-Moz") or ""
    return (
        headers.get("Sec-Fetch-Mode") == "navigate"
        and headers.get("Sec-Fetch-Dest", "document") == "document"
        and "prefetch" not in ahead.lower()
    )


def is_browser(headers: Mapping[str, str]) -> bool:
    """Say whether a request says what it is for, as browsers do and programs don't."""
    return "Sec-Fetch-Mode" in headers or "Sec-Fetch-Dest" in headers


def values(cookies: str, name: str) -> set[str]:
    """List the values of one cookie: a script can put others at longer paths.

    Args:
        cookies: the request's header.
        name: of the cookie.
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
    """Decide whether the Hub looks at a request at all.

    Args:
        kind: what it would answer with.
        headers: of the request; names are looked up in any case.
        takes_bearer: whether an API token is taken in place of a cookie.
        in_query: whether the address has an XSRF token.
        cookie: the name of the Hub's login cookie.

    Returns:
        The sentence for the person, or "".
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
