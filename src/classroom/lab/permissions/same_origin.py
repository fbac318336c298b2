"""Take a browser's word that a request comes from a page of the lab, in place of the XSRF token.

JupyterLab's pages read the token from the cookie ``_xsrf``. Another lab on the same host, at
another port, has a cookie of that name too, and each overwrites the other's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_own(headers: Mapping[str, str]) -> bool:
    """Say whether a script of a page of this very origin sent a request.

    No script can set these headers (W3C, Fetch Metadata Request Headers), and a page at another
    port is "same-site". A form, a link's ``ping`` or an element of a page isn't a script: their
    requests still need the token.

    Args:
        headers: the request's headers; their names are case-insensitive.
    """
    return (
        headers.get("Sec-Fetch-Site") == "same-origin"
        and headers.get("Sec-Fetch-Mode") in {"cors", "same-origin"}
        and headers.get("Sec-Fetch-Dest", "empty") == "empty"
    )


def use(hub_auth: Any) -> None:
    """Ask for the XSRF token only where the browser doesn't say so.

    Args:
        hub_auth: JupyterHub's, which checks it for all handlers of the lab.
    """
    check = hub_auth.check_xsrf_cookie

    def check_xsrf_cookie(handler: Any) -> None:
        if not is_own(handler.request.headers):
            check(handler)

    hub_auth.check_xsrf_cookie = check_xsrf_cookie
