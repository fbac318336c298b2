"""Count the network traffic while a page loads, with Chromium's DevTools protocol."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

# The types of requests for static files; all others are for pages, APIs and sockets.
STATIC = {"Script", "Stylesheet", "Font", "Image"}
QUIET_SECONDS = 0.5
MOST_SECONDS = 60
POLL_MILLISECONDS = 50

# Chromium delays answers, and divides the bandwidth among them; it opens connections undelayed.
SLOW_LINE = {
    "offline": False,
    "latency": 40,  # ms
    "downloadThroughput": 10e6 / 8,  # bytes per second
    "uploadThroughput": 10e6 / 8,
}


class Wire:
    """Counts what one page fetches over the network; answers from caches don't count.

    Frames of WebSockets don't count either: they carry documents, not the page.

    Attributes:
        requests: the number of requests answered over the network, including redirects and
            revalidations.
        size: bytes of their answers, including headers, compressed as they arrived.
        assets: the addresses of the static files among them.
        connections: Chromium's numbers of the connections that transferred static files.
        began: the time of the first request, in seconds of Chromium's monotonic clock.
        last: the time of the last answer's end, in seconds of the same clock.
    """

    def __init__(self, page: Page, *, slow: bool, cpu: int = 1) -> None:
        """Start listening.

        Args:
            page: a page that has not loaded anything yet.
            slow: whether to slow its network down to 10 Mbit/s and 40 ms of latency.
            cpu: the factor by which to slow its processor down.
        """
        self.requests = 0
        self.size = 0.0
        self.assets: list[str] = []
        self.connections: set[int] = set()
        self.began = self.last = 0.0
        self._page = page
        self._pending: dict[str, tuple[str, str]] = {}
        self._failures: list[str] = []
        self._touched = time.monotonic()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        if slow:
            session.send("Network.emulateNetworkConditions", SLOW_LINE)
        if cpu > 1:
            session.send("Emulation.setCPUThrottlingRate", {"rate": cpu})
        self._listen(session)

    def _listen(self, session: CDPSession) -> None:
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.responseReceived", self._arrived)
        session.on("Network.loadingFinished", self._answered)
        session.on("Network.loadingFailed", self._failed)

    def _asked(self, event: dict[str, Any]) -> None:
        address = event["request"]["url"]
        if not address.startswith("https:"):  # data: and blob: stay in the browser
            return
        self._touched = time.monotonic()
        self.began = self.began or event["timestamp"]
        if redirect := event.get("redirectResponse"):
            self._count(redirect["encodedDataLength"])
        self._pending[event["requestId"]] = (event.get("type", ""), address)

    def _arrived(self, event: dict[str, Any]) -> None:
        answer = event["response"]
        over_network = not answer.get("fromDiskCache") and answer["url"].startswith("https:")
        if over_network and event["type"] in STATIC:
            self.connections.add(answer["connectionId"])

    def _answered(self, event: dict[str, Any]) -> None:
        kind, address = self._pending.pop(event["requestId"], ("", ""))
        if not address:
            return
        self._touched = time.monotonic()
        self.last = event["timestamp"]
        # An answer from a cache has transferred no bytes.
        if self._count(event["encodedDataLength"]) and kind in STATIC:
            self.assets.append(address)

    def _failed(self, event: dict[str, Any]) -> None:
        kind, address = self._pending.pop(event["requestId"], ("", ""))
        if address and not event.get("canceled"):
            self._failures.append(f"{kind} {address}: {event['errorText']}")

    def _count(self, size: float) -> bool:
        if size > 0:
            self.requests += 1
            self.size += size
        return size > 0

    def wait_quiet(self) -> None:
        """Wait until no request is pending and none has begun or ended for half a second.

        Raises:
            RuntimeError: a request failed; the message has its address.
            TimeoutError: the network was not quiet within a minute.
        """
        end = time.monotonic() + MOST_SECONDS
        while self._pending or time.monotonic() - self._touched < QUIET_SECONDS:
            if time.monotonic() > end:
                raise TimeoutError(f"still under way: {sorted(self._pending.values())}")
            self._page.wait_for_timeout(POLL_MILLISECONDS)  # so that events arrive
        if self._failures:
            raise RuntimeError("; ".join(self._failures))
