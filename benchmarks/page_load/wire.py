"""Count the network traffic while a page loads, by Chromium's DevTools protocol."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

# What a file on a web server can answer; the rest is pages, API calls and sockets.
STATIC = {"Script", "Stylesheet", "Font", "Image"}
QUIET_SECONDS = 0.5
MOST_SECONDS = 60
POLL_MILLISECONDS = 50

# Chromium delays answers and shares the bandwidth out; connections themselves open undelayed.
SLOW_LINE = {
    "offline": False,
    "latency": 40,  # ms
    "downloadThroughput": 10e6 / 8,  # bytes per second
    "uploadThroughput": 10e6 / 8,
}


class Wire:
    """Counts what one page fetches over the network; what caches answer is not counted.

    Frames of WebSockets are not part of it: they carry documents, not the page.

    Attributes:
        requests: answered over the network, redirects and revalidations among them.
        size: bytes of their answers, headers included, compressed as they came.
        assets: addresses of the static files among them.
        connections: Chromium's numbers of the connections that static files came over.
        began: of the first request, in Chromium's monotonic seconds.
        last: of the last answer's end, in the same.
    """

    def __init__(self, page: Page, *, slow: bool, cpu: int = 1) -> None:
        """Start listening.

        Args:
            page: before it goes anywhere.
            slow: whether it shall have 10 Mbit/s and 40 ms.
            cpu: by what the speed of its processor is divided.
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
        # A cache answers with nothing transferred.
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
        """Wait until nothing is under way and nothing new began for half a second.

        Raises:
            RuntimeError: something could not be fetched; the message names it.
            TimeoutError: it never became quiet within a minute.
        """
        end = time.monotonic() + MOST_SECONDS
        while self._pending or time.monotonic() - self._touched < QUIET_SECONDS:
            if time.monotonic() > end:
                raise TimeoutError(f"still under way: {sorted(self._pending.values())}")
            self._page.wait_for_timeout(POLL_MILLISECONDS)  # lets the events in
        if self._failures:
            raise RuntimeError("; ".join(self._failures))
