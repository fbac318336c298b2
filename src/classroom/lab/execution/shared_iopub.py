"""What a kernel tells everybody, received once for all pages that are connected to it.

Upstream gives each page a zmq socket of its own for that, and has each new page ask the kernel
something until it has heard the kernel twice, which all the other pages hear as well: a class that
opens its notebook costs the square of its number.
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
    """One kernel's messages to everybody. For one event loop; not safe for threads."""

    def __init__(self, stream: Any, ports: list[int]) -> None:
        """Listen to a kernel.

        Args:
            stream: a zmq stream, connected to it.
            ports: where that is connected to.
        """
        self.stream, self.ports = stream, ports
        self.hears = False
        """Whether anything has come: zmq doesn't say when a subscription has arrived."""
        self._heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asking: asyncio.Future[None] | None = None
        self._pages: list[PageIopub] = []
        stream.on_recv(self._hear)

    def join(self) -> PageIopub:
        """Make one page's part, to be closed in the end."""
        made = PageIopub(self)
        self._pages.append(made)
        return made

    def leave(self, page: PageIopub) -> None:
        """End one page's part; the last one's is the end of all."""
        if page in self._pages:
            self._pages.remove(page)
            if not self._pages:
                self.close()

    def close(self) -> None:
        """Listen no more."""
        if not self.stream.closed():
            self.stream.close()

    def hearing(self, ask: Callable[[], asyncio.Future[None]]) -> asyncio.Future[None]:
        """Return a future that is done when anything has come.

        One page at a time asks the kernel to say something. If each did, as upstream's, a class
        that comes back would hear what all of them have asked for.

        Args:
            ask: ask until something has come, or there is no use in it any more; its future is done
                then.
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
            except Exception as error:  # noqa: BLE001 (one page's trouble is nobody else's)
                LOG.warning("A kernel's message was not passed on to a page: %r", error)


class PageIopub:
    """One page's part: what upstream's connection uses of a `ZMQStream`, under the same names."""

    channel = "iopub"

    def __init__(self, shared: SharedIopub) -> None:
        """Be part of what is shared; nothing is passed on yet."""
        self._shared = shared
        self._callback: Callback | None = None
        self._is_closed = False

    @property
    def socket(self) -> Any:
        """The zmq socket, which others use as well."""
        return self._shared.stream.socket

    def hear(self, message: list[Any]) -> None:
        """Pass a message on, as it came: its frames."""
        if self._callback is not None:
            self._callback(message)

    def on_recv(self, callback: Callback | None) -> None:
        """Pass messages on from now on; None for no more."""
        self._callback = callback

    def on_recv_stream(self, callback: Callable[[Any, list[Any]], object]) -> None:
        """Pass messages on together with this."""
        self._callback = lambda message: callback(self, message)

    def stop_on_recv(self) -> None:
        """Pass nothing on any more."""
        self._callback = None

    def flush(self) -> None:
        """Pass on what has come already, to all."""
        if not self._shared.stream.closed():
            self._shared.stream.flush()

    def closed(self) -> bool:
        """Say whether nothing comes any more."""
        return self._is_closed or bool(self._shared.stream.closed())

    def close(self) -> None:
        """End."""
        self._is_closed, self._callback = True, None
        self._shared.leave(self)
