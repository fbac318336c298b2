"""A person's visits in a real Chromium with its own profile."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import shutil
import ssl
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.page_load.containers import LAB
from benchmarks.page_load.wire import Wire
from tests import labs
from tests.browser.conftest import wait_for_lab
from tests.chromium import FLAGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from playwright.sync_api import BrowserContext, Playwright

    from benchmarks.page_load.containers import Started

PORT = 8443


@dataclass(frozen=True)
class Visit:
    """The results of one visit.

    Attributes:
        requests: the number of requests that were answered over the network.
        size: MB transferred.
        usable: seconds from going to the lab's address until its windows are in place.
        quiet: seconds from the first request to the last answer.
        assets: the addresses of the transferred static files.
        connections: the number of connections that transferred them.
    """

    requests: int
    size: float
    usable: float
    quiet: float
    assets: tuple[str, ...]
    connections: int


def key_pin(ip: str) -> str:
    """Return the SHA-256 hash of a server's public key in Base64, as Chromium's flag needs it."""
    certificate = x509.load_pem_x509_certificate(ssl.get_server_certificate((ip, PORT)).encode())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


@contextlib.contextmanager
def profile(
    playwright: Playwright, started: Started, person: httpx.Client | None
) -> Iterator[BrowserContext]:
    """Open a Chromium with an empty cache on disk and a person's cookies.

    A flag makes it trust the self-signed certificate by its key: after a click through the warning
    Chromium would not use its cache, and every visit would be a first one.

    Args:
        playwright: starts Chromium.
        started: the container to which the lab's name leads.
        person: the signed-in person; None for nobody.
    """
    ip = started.lab.ip
    with tempfile.TemporaryDirectory(prefix="visitor-") as folder:
        context = playwright.chromium.launch_persistent_context(
            folder,
            executable_path=shutil.which("chromium"),
            args=[
                *FLAGS,
                f"--host-resolver-rules=MAP {labs.HOST} {ip}",
                f"--ignore-certificate-errors-spki-list={key_pin(ip)}",
            ],
            viewport={"width": 1280, "height": 800},
        )
        for cookie in person.cookies.jar if person else ():
            context.add_cookies(
                [
                    {
                        "name": cookie.name,
                        "value": cookie.value or "",
                        "domain": labs.HOST,
                        "path": cookie.path,
                        "secure": True,
                    }
                ]
            )
        try:
            yield context
        finally:
            context.close()


def form(context: BrowserContext) -> float:
    """Open the sign-in form and return what it transfers, in kB.

    Args:
        context: a profile in which nobody has signed in.

    Raises:
        RuntimeError: a request failed.
        TimeoutError: the network never became quiet.
    """
    page = context.new_page()
    wire = Wire(page, slow=False)
    page.goto(labs.ADDRESS, wait_until="load")
    wire.wait_quiet()
    page.close()
    return wire.size / 1e3


def visit(context: BrowserContext, *, slow: bool = False, cpu: int = 1) -> Visit:
    """Open the lab in a new tab, and wait until it is usable and the network is quiet.

    Args:
        context: a signed-in person's profile.
        slow: whether to slow the network down to 10 Mbit/s and 40 ms of latency.
        cpu: the factor by which to slow the page's processor down.

    Raises:
        RuntimeError: a request failed.
        TimeoutError: the network never became quiet.
    """
    page = context.new_page()
    wire = Wire(page, slow=slow, cpu=cpu)
    begun = time.monotonic()
    page.goto(f"{LAB}lab", wait_until="commit")
    wait_for_lab(page)
    usable = time.monotonic() - begun
    wire.wait_quiet()
    assets = tuple(dict.fromkeys(wire.assets))
    found = Visit(
        requests=wire.requests,
        size=wire.size / 1e6,
        usable=usable,
        quiet=wire.last - wire.began,
        assets=assets,
        connections=len(wire.connections),
    )
    page.close()
    return found
