"""Record the requests of a real page, with placeholders for ids: the model of the crowd's pages.

Run as ``python -m benchmarks.pages.recording`` to write `recording.json` again.
`tests/browser/test_page_requests.py` records a page and compares it with that file.
"""

from __future__ import annotations

import json
import math
import re
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from playwright.sync_api import sync_playwright

from benchmarks.page_load import browsing, containers, images
from benchmarks.rooms import running_lab
from classroom.lab.api import first_answers
from classroom.lab.upstream import known_answers
from tests.browser.conftest import wait_for_lab

if TYPE_CHECKING:
    import httpx
    from playwright.sync_api import Page, Request, WebSocket

FILE = Path(__file__).parent / "recording.json"
BASE = "/services/classroom"
NOTEBOOK, CHAT = "n.ipynb", "Classroom.chat"
PAGE = "GET /lab/tree/{notebook}"
STATIC = ("/static/", "/lab/extensions/", "/lab/api/themes/", "/kernelspecs/", "/oauth_callback")
"""Paths that are left out: the front answers from the disk, or they belong to a daily sign-in."""
ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
NAMES = (
    (re.escape(NOTEBOOK), "{notebook}"),
    (rf"(?<=/api/kernels/){ID}", "{kernel}"),
    (rf"(?<=text:chat:){ID}", "{chat}"),
    (rf"(?<=:){ID}", "{file}"),
    (rf"(?<=session_id=){ID}", "{page}"),
    (rf"(?<=sessionId=){ID}", "{session}"),
    (ID, "{id}"),
)
SETTLE_SECONDS = 5.0
SAVES, SAVE_SECONDS = 4, 3.0
"""How often the recorder types something, which the lab then saves, and the seconds between."""
IDLE_SECONDS = 62.0
OFTEN = 2
"""A request that comes at least this often in the idle minute counts as a poll."""


@dataclass
class Recording:
    """A page's requests: methods and paths, with placeholders.

    Attributes:
        sockets: the paths of its WebSockets.
        load: requests from the first one until the page is quiet, in order.
        saved: requests after each save of the document.
        polled: repeated requests, with the seconds between two of them.
    """

    sockets: list[str] = field(default_factory=list)
    load: list[str] = field(default_factory=list)
    saved: list[str] = field(default_factory=list)
    polled: dict[str, float] = field(default_factory=dict)


def placed(address: str) -> str:
    """Return a path below the lab, with placeholders for ids, and without parts that always change.

    Args:
        address: the address of a request or a socket.
    """
    parts = urlsplit(address)
    pairs = [(name, value) for name, value in parse_qsl(parts.query) if value]
    query = urlencode(pairs, safe="/:,")
    found = unquote(parts.path.removeprefix(BASE)) + (f"?{query}" if query else "")
    for pattern, name in NAMES:
        found = re.sub(pattern, name, found)
    return found


def is_the_labs(address: str) -> bool:
    """Say whether the lab server answers a request, rather than the front or the Hub."""
    path = urlsplit(address).path
    return path.startswith(f"{BASE}/") and not path.removeprefix(BASE).startswith(STATIC)


class Recorder:
    """Records the requests and sockets of one page.

    Attributes:
        heard: each request, and when the page sent it, in seconds of the monotonic clock.
        sockets: the paths of the page's WebSockets.
    """

    def __init__(self, page: Page) -> None:
        """Start to record.

        Args:
            page: a page that has not loaded anything yet.
        """
        self.heard: list[tuple[float, str]] = []
        self.sockets: list[str] = []
        page.on("request", self._asked)
        page.on("websocket", self._opened)

    def _asked(self, request: Request) -> None:
        if is_the_labs(request.url):
            self.heard.append((time.monotonic(), f"{request.method} {placed(request.url)}"))

    def _opened(self, socket: WebSocket) -> None:
        self.sockets.append(placed(socket.url))

    def since(self, begun: float) -> list[str]:
        """List the requests since a time of the monotonic clock, in order."""
        return [what for when, what in self.heard if when >= begun]


def is_each(what: str, saved: list[str], polled: dict[str, float]) -> bool:
    """Say whether a request follows each save, and is not only a poll.

    Args:
        what: the request.
        saved: all requests while the lab saved the document `SAVES` times.
        polled: the recording's repeated requests.
    """
    by_itself = math.ceil(SAVES * SAVE_SECONDS / polled[what]) if what in polled else 0
    return saved.count(what) - by_itself >= SAVES / 2


def record(page: Page, address: str) -> Recording:
    """Open the notebook in a page, type a few times, then leave the page alone for a minute.

    Args:
        page: a signed-in person's page that has not loaded anything yet.
        address: the lab's address.
    """
    recorder, found = Recorder(page), Recording()
    page.goto(f"{address}/lab/tree/{NOTEBOOK}", wait_until="commit")
    wait_for_lab(page)
    cell = page.locator(".jp-Notebook .jp-Cell .cm-content >> visible=true").first
    cell.wait_for()
    page.wait_for_timeout(1000 * SETTLE_SECONDS)
    # The lab first redirects a new person to the Hub, which redirects them back.
    begun = max(when for when, what in recorder.heard if what == PAGE)
    end = time.monotonic()
    cell.click()
    for _ in range(SAVES):
        page.keyboard.type("a")
        page.wait_for_timeout(1000 * SAVE_SECONDS)
    idle = time.monotonic()
    page.wait_for_timeout(1000 * IDLE_SECONDS)
    asked = recorder.since(idle)
    found.polled = {
        what: round(IDLE_SECONDS / asked.count(what))
        for what in sorted(set(asked))
        if asked.count(what) >= OFTEN
    }
    found.load = [what for when, what in recorder.heard if begun <= when < end]
    saved = [what for when, what in recorder.heard if end <= when < idle]
    found.saved = [what for what in dict.fromkeys(saved) if is_each(what, saved, found.polled)]
    found.sockets = sorted(set(recorder.sockets))
    return found


def visit(person: httpx.Client, base: str) -> None:
    """Request the answers that the lab prepares once, so that the recorded page doesn't wait.

    Args:
        person: a signed-in person's browser.
        base: the lab's address.

    Raises:
        httpx.HTTPStatusError: the lab refused a request.
    """
    settings = [f"lab/api/settings{what}" for what in first_answers.SETTINGS]
    for what in (*sorted(known_answers.KNOWN), *settings):
        person.get(f"{base}/{what}").raise_for_status()


def chat(person: httpx.Client, base: str = running_lab.BASE) -> str:
    """Open the chat, as everybody's first page does; return its file's id.

    Args:
        person: a signed-in person's browser.
        base: the lab's address.
    """
    address = f"{base}/api/collaboration/session/{CHAT}"
    asked = {"format": "text", "type": "chat"}
    answer = person.put(address, headers=running_lab.token(person), json=asked)
    return str(answer.raise_for_status().json()["fileId"])


def read() -> Recording:
    """Read the stored recording."""
    return Recording(**json.loads(FILE.read_text(encoding="utf-8")))


def main() -> None:
    """Record a page of the present image, whose notebook already has a kernel; write `FILE`.

    The welcome notebook is off: only people who are new to a class see it.
    """
    with (
        containers.start(images.ours(), WELCOME="off") as started,
        started.sign_in("ada") as person,
        sync_playwright() as playwright,
        browsing.profile(playwright, started, person) as context,
    ):
        running_lab.room(person, NOTEBOOK)
        running_lab.kernel(person, NOTEBOOK)
        visit(person, running_lab.BASE)
        chat(person)
        found = record(context.new_page(), running_lab.BASE)
    FILE.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
