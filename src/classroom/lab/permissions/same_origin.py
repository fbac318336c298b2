"""Accept a browser's headers as proof that a request comes from the lab's page, without a token.

JupyterLab's pages read the XSRF token from the cookie ``_xsrf``. Another lab on the same host, at
another port, has a cookie of the same name, and each overwrites the other's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_own(headers: Mapping[str, str]) -> bool:
    """Say whether a script in a page of the same origin sent a request.

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
    """Require the XSRF token only if the browser's headers aren't proof.

    Args:
        hub_auth: JupyterHub's `HubOAuth`, which checks the token for all handlers of the lab.
    """
    check = hub_auth.check_xsrf_cookie

    def check_xsrf_cookie(handler: Any) -> None:
        if not is_own(handler.request.headers):
            check(handler)

    hub_auth.check_xsrf_cookie = check_xsrf_cookie
