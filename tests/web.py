"""The browser's side of HTTP: the names and the authority of the test network, and signing in."""

from __future__ import annotations

import html
import re
import ssl
from typing import TYPE_CHECKING

import httpx

from classroom.runtime import cookie_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.cookiejar import Cookie


class NamedHosts(httpx.HTTPTransport):
    """Resolves names to addresses without this machine's resolver."""

    def __init__(self, hosts: Mapping[str, str], context: ssl.SSLContext) -> None:
        super().__init__(verify=context)
        self._hosts = hosts

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host
        inner = httpx.Request(
            request.method,
            request.url.copy_with(host=self._hosts.get(name, name)),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": name},
        )
        try:
            return super().handle_request(inner)
        except httpx.RemoteProtocolError:
            # A kept-alive connection ended while the request was on its way. As every browser does,
            # repeat a request that may be repeated (RFC 9112, 9.3.1).
            if request.method not in {"GET", "HEAD"}:
                raise
            return super().handle_request(inner)


def cookie(client: httpx.Client, name: str, path: str = "/hub/") -> Cookie:
    """Find a cookie of the lab, whose name ends with the lab's id (`runtime/cookie_names.py`).

    Args:
        client: the client that has the cookie.
        name: the name that upstream uses.
        path: the cookie's path.
    """
    (found,) = [
        one
        for one in client.cookies.jar
        if re.fullmatch(f"{re.escape(name)}-{cookie_names.ID}", one.name) and one.path == path
    ]
    return found


def trusting(authority: bytes | None) -> ssl.SSLContext:
    """Make a TLS context without reading all authorities of this machine.

    Args:
        authority: the CA to trust, PEM; None trusts anything.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    else:
        context.load_verify_locations(cadata=authority.decode())
    return context


def browser(hosts: Mapping[str, str], authority: bytes | None = None) -> httpx.Client:
    """Make a client that keeps cookies and follows redirects.

    Args:
        hosts: addresses by name.
        authority: the CA to trust, PEM; None trusts anything, as a person does who clicks through
            the warning of a trial.
    """
    context = trusting(authority)
    # Browsers send these with a page; without them the Hub refuses the request.
    headers = {
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
        "Sec-Fetch-Site": "same-origin",
    }
    return httpx.Client(
        transport=NamedHosts(hosts, context), follow_redirects=True, timeout=60, headers=headers
    )


def sign_in_with_github(client: httpx.Client, address: str, login: str) -> httpx.Response:
    """Go through the whole sign-in as a person would; return the last page."""
    page = client.get(address)
    link = re.search(r"href='([^']*oauth_login[^']*)'", page.text)
    assert link, f"no sign-in button on {page.url}:\n{page.text[:2000]}"
    page = client.get(page.url.join(html.unescape(link.group(1))))
    if "stand-in GitHub" in page.text:
        page = client.post(page.url, data={"login": login})
    return page


def sign_in_with_passphrase(
    client: httpx.Client, address: str, name: str, passphrase: str, *, same: bool = True
) -> httpx.Response:
    """Fill in the trial's form; return the last page.

    Args:
        client: the browser.
        address: the lab's.
        name: any name.
        passphrase: the trial's.
        same: whether to claim an existing name, if it was used before from another browser.
    """
    page = client.get(address)
    xsrf = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    action = re.search(r'<form action="([^"]+)"', page.text)
    assert xsrf is not None, f"no sign-in form on {page.url}"
    assert action is not None
    fields = {"_xsrf": xsrf.group(1), "username": name, "password": passphrase}
    if same:
        fields["same"] = "yes"
    return client.post(page.url.join(html.unescape(action.group(1))), data=fields)
