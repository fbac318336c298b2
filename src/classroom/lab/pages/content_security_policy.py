"""Make the Content-Security-Policy of each kind of response: what a page may load and run. Pure.

One origin serves JupyterLab and the files of the class, so ``'self'`` alone would let a student's
file run as a script. So scripts may come only from folders of the image
(https://www.w3.org/TR/CSP3/).
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

STATIC = ("static/", "lab/extensions/")
"""Folders of the image that have scripts, as paths below the server's base URL."""
FRAME = "classroom/frame"
"""The page that runs outputs, as a path below the server's base URL."""
SHOWN = (*STATIC, "files/", "kernelspecs/", "lab/api/themes/", "custom/")
"""Paths of what a page shows besides text: pictures, fonts, films, styles."""
FRAMED = (FRAME, "files/", "nbconvert/")
"""Paths that may be shown in a frame; each frame is sandboxed."""
ACTS = frozenset({"login", "logout", "oauth_callback"})
"""Paths that sign in or out with a mere GET."""
NAVIGATIONS = frozenset({"document", ""})
"""Values of Sec-Fetch-Dest when a window navigates; old browsers don't send the header."""
SCRIPTS = frozenset(
    {"script", "worker", "sharedworker", "serviceworker", "audioworklet", "paintworklet", "xslt"}
)
"""Values of Sec-Fetch-Dest for scripts (https://fetch.spec.whatwg.org/#destination-table)."""
MEDIA = frozenset({"image", "audio", "video", "track", "font", "style", "manifest"})
"""Values of Sec-Fetch-Dest for content that is only shown."""
FRAMES = frozenset({"iframe", "frame", "embed", "object"})
HOST = re.compile(r"(?:[a-zA-Z0-9.-]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?")
"""A host and port as a browser sends them; no other text may get into a policy."""
SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
GITHUB, GITHUB_AVATARS = "github.com", "avatars.githubusercontent.com"


def may_be_used(destination: str, path: str) -> bool:
    """Say whether a browser may use a response for the purpose that it names.

    So a file of the class can't become a script or a service worker. And the address of a picture,
    or of a plot's data, can't be one that acts, such as the address for signing out. (For data the
    destination is "empty", as for all requests that a page's scripts make.)

    Args:
        destination: the request's Sec-Fetch-Dest; scripts can't set it.
        path: the requested path below the server's base URL, undecoded.
    """
    if ".." in path or "%2e" in path.lower():
        return destination in {"", "empty", "document", "websocket"}
    if path.rstrip("/") in ACTS:
        return destination in NAVIGATIONS
    if destination in SCRIPTS:
        return path.startswith(STATIC)
    if destination in MEDIA:
        return path.startswith(SHOWN)
    if destination in FRAMES:
        return path.startswith(FRAMED)
    return True


def hashes(page: str) -> tuple[str, ...]:
    """Hash the inline scripts of a JupyterLab template, in the form that a policy has them.

    Args:
        page: the template; a script with template variables can't be hashed and won't run.
    """
    found = [
        match["code"]
        for match in SCRIPT.finditer(page)
        if "src=" not in match["attributes"] and "application/json" not in match["attributes"]
    ]
    digests = [hashlib.sha256(code.encode()).digest() for code in found if "{" + "{" not in code]
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def avatar_hosts(github_url: str) -> tuple[str, ...]:
    """Return the hosts from which a GitHub serves people's pictures.

    Args:
        github_url: the address of GitHub or of an Enterprise server; "" without GitHub sign-in.
    """
    host = urlsplit(github_url).hostname or ""
    if not host:
        return ()
    return (GITHUB_AVATARS,) if host == GITHUB else (host, f"avatars.{host}")


@dataclass(frozen=True)
class Policies:
    """The policies of one lab.

    Attributes:
        prefix: the server's base URL, a path with a slash at both ends.
        hosts: further hosts that pages may load from: ``data.example.org``, ``*.example.net``.
        avatars: hosts that serve people's pictures.
        inline: hashes of the inline scripts of JupyterLab's own pages.
    """

    prefix: str
    hosts: tuple[str, ...] = ()
    avatars: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()

    def page(self, host: str) -> str:
        """Return the policy of the lab's own pages.

        JupyterLab compiles the schemas of its settings (ajv), and vega compiles its expressions.
        Both need ``'unsafe-eval'``, which lets running scripts compile code; it doesn't let a
        page's inline scripts run.

        Args:
            host: the request's host; with an invalid host no script runs.
        """
        known = host if HOST.fullmatch(host) else ""
        base = f"https://{known}{self.prefix}"
        ours = [f"{base}{folder}" for folder in STATIC] if known else []
        more = _sources(self.hosts)
        return _policy(
            {
                "default-src": ["'self'"],
                "script-src": [*ours, *self.inline, "'unsafe-eval'"],
                "worker-src": ours or ["'none'"],
                "style-src": ["'self'", "'unsafe-inline'", *more],
                "img-src": ["'self'", "data:", "blob:", *_sources(self.avatars), *more],
                "font-src": ["'self'", "data:", *more],
                "media-src": ["'self'", "data:", "blob:", *more],
                "connect-src": [
                    "'self'",
                    *([f"wss://{known}"] if known else []),
                    "data:",
                    "blob:",
                    *more,
                ],
                "frame-src": ["'self'", "blob:", *more],
                "object-src": ["blob:"],  # JupyterLab's view of a PDF
                "base-uri": ["'self'"],
                # No page of the lab submits a form, but an output might try.
                "form-action": ["'none'"],
                "frame-ancestors": ["'self'"],
            }
        )

    def frame(self) -> str:
        """Return the policy of the page that runs outputs: sandboxed, but inline scripts run."""
        return _policy({**self._inert(()), "frame-ancestors": ["'self'"]}, "allow-scripts")

    def file(self) -> str:
        """Return the policy of a file of the class that is opened as a page."""
        return _policy({**self._inert(("'self'",)), "frame-ancestors": ["'self'"]}, "allow-scripts")

    def data(self) -> str:
        """Return the policy of JSON responses, which aren't pages."""
        return _policy({"default-src": ["'none'"], "frame-ancestors": ["'none'"]})

    def _inert(self, own: tuple[str, ...]) -> dict[str, list[str]]:
        inside = [*own, "data:", "blob:", *_sources(self.hosts)]
        return {
            "default-src": ["'none'"],
            "script-src": ["'unsafe-inline'", "'unsafe-eval'", *inside],
            "worker-src": ["blob:"],
            "style-src": ["'unsafe-inline'", *inside],
            "img-src": inside,
            "font-src": inside,
            "media-src": inside,
            "connect-src": inside,
            "frame-src": inside,
            "object-src": ["'none'"],
            "base-uri": ["'none'"],
            "form-action": ["'none'"],
        }


def _sources(hosts: Iterable[str]) -> list[str]:
    return [f"https://{host}" for host in hosts]


def _policy(directives: dict[str, list[str]], sandbox: str = "") -> str:
    parts = [f"{name} {' '.join(sources)}" for name, sources in directives.items()]
    return "; ".join([*parts, *([f"sandbox {sandbox}"] if sandbox else [])])
