"""What a kernel tells everybody, received once for all pages that are connected to it.

Upstream gives each page a zmq socket of its own for that, and has each new page ask the kernel
something until it has heard the kernel twice, which all the other pages hear as well: a class that
opens its notebook costs the square of its number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Callback = Callable[[list[Any]], object]


class SharedIopub:
    """One kernel's messages to everybody. For one event loop; not safe for threads."""

    def __init__(self, stream: Any, ports: list[int]) -> None:
        """Listen to a kernel.

        Args:
            stream: of zmq, connected to it.
            ports: where that is connected to.
        """
        self.stream, self.ports = stream, ports
        self.hears = False
        """Whether anything has come: zmq doesn't say when a subscription has arrived."""
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

    def _hear(self, message: list[Any]) -> None:
        self.hears = True
        for page in tuple(self._pages):
            page.hear(message)


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
