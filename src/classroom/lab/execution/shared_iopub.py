"""Receive a kernel's iopub messages once, for all pages that are connected to it.

Upstream opens a zmq socket for each page. Each new page also sends the kernel requests until it has
received two answers, which all other pages receive as well. So the cost of a class that opens its
notebook grows with the square of its size.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Callback = Callable[[list[Any]], object]

LOG = logging.getLogger(__name__)


class SharedIopub:
    """One kernel's iopub channel. For one event loop; not safe for threads."""

    def __init__(self, stream: Any, ports: list[int]) -> None:
        """Listen to a kernel.

        Args:
            stream: a zmq stream, connected to the kernel.
            ports: the kernel's ports.
        """
        self.stream, self.ports = stream, ports
        self.hears = False
        """Whether any message has come: zmq doesn't report when a subscription has arrived."""
        self._heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asking: asyncio.Future[None] | None = None
        self._pages: list[PageIopub] = []
        stream.on_recv(self._hear)

    def join(self) -> PageIopub:
        """Return one page's part; close it in the end."""
        made = PageIopub(self)
        self._pages.append(made)
        return made

    def leave(self, page: PageIopub) -> None:
        """Remove one page's part; close the channel after the last page."""
        if page in self._pages:
            self._pages.remove(page)
            if not self._pages:
                self.close()

    def close(self) -> None:
        """Stop listening."""
        if not self.stream.closed():
            self.stream.close()

    def hearing(self, ask: Callable[[], asyncio.Future[None]]) -> asyncio.Future[None]:
        """Return a future that is done when any message has come.

        Only one page at a time sends the kernel requests. If each page did, as in upstream, a class
        that reconnects would receive the answers to the requests of all.

        Args:
            ask: sends requests until a message has come, or further requests are useless; returns a
                future that is done then.
        """
        if self.hears:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done
        if self._asking is None or self._asking.done():
            self._asking = ask()
            return self._asking
        return asyncio.ensure_future(self._wait_for(self._asking))

    async def _wait_for(self, asking: asyncio.Future[None]) -> None:
        await asyncio.wait({self._heard, asking}, return_when=asyncio.FIRST_COMPLETED)

    def _hear(self, message: list[Any]) -> None:
        self.hears = True
        if not self._heard.done():
            self._heard.set_result(None)
        for page in tuple(self._pages):
            try:
                page.hear(message)
            except Exception as error:  # noqa: BLE001 (the other pages must get it)
                LOG.warning("A kernel's message was not passed on to a page: %r", error)


class PageIopub:
    """One page's part: what upstream's connection uses of a `ZMQStream`, under the same names."""

    channel = "iopub"

    def __init__(self, shared: SharedIopub) -> None:
        """Join the shared channel; pass on nothing yet."""
        self._shared = shared
        self._callback: Callback | None = None
        self._is_closed = False

    @property
    def socket(self) -> Any:
        """The zmq socket, which other pages use as well."""
        return self._shared.stream.socket

    def hear(self, message: list[Any]) -> None:
        """Pass on a message's frames unchanged."""
        if self._callback is not None:
            self._callback(message)

    def on_recv(self, callback: Callback | None) -> None:
        """Pass messages on to a callback from now on; None to stop."""
        self._callback = callback

    def on_recv_stream(self, callback: Callable[[Any, list[Any]], object]) -> None:
        """Pass messages on to a callback, which also receives this object."""
        self._callback = lambda message: callback(self, message)

    def stop_on_recv(self) -> None:
        """Stop passing messages on."""
        self._callback = None

    def flush(self) -> None:
        """Pass on what has come already, to all pages."""
        if not self._shared.stream.closed():
            self._shared.stream.flush()

    def closed(self) -> bool:
        """Say whether no message will come any more."""
        return self._is_closed or bool(self._shared.stream.closed())

    def close(self) -> None:
        """Leave the shared channel."""
        self._is_closed, self._callback = True, None
        self._shared.leave(self)
