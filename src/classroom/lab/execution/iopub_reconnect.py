"""Reconnect to a kernel after it has sent too large a message.

After a message beyond ``ZMQ_MAXMSGSIZE``, zmq closes the connection and doesn't reconnect, as it
does after the end of a kernel (libzmq's ``session_base_t::engine_error``). The kernel would go on,
but the lab would receive none of its outputs.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from typing import TYPE_CHECKING, Any

import zmq
from zmq.eventloop.zmqstream import ZMQStream
from zmq.utils.monitor import parse_monitor_message

if TYPE_CHECKING:
    from collections.abc import Sequence

EVENTS = (
    zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CONNECTED
    | zmq.EVENT_CONNECT_RETRIED
    | zmq.EVENT_CONNECT_DELAYED
    | zmq.EVENT_MONITOR_STOPPED
)
WAIT_SECONDS = 1.0
"""How long to wait for zmq to reconnect itself, which it tries after a hundredth of that."""
_numbers = itertools.count(1)


def _monitor(socket: zmq.Socket[Any]) -> zmq.Socket[bytes]:
    """Open a socket that reports what happens to another socket's connection.

    zmq's own `get_monitor_socket` must not be used here, for two reasons:

    - It makes a socket of the context's class, which is asyncio's for kernels. A `ZMQStream` works
      on a second object for the same socket then, and closes that. The first one still has the
      address of memory that zmq has freed: when Python collects it, it closes whichever socket has
      that memory by then, while the event loop still watches it.
    - It names the connection by the socket's descriptor. zmq frees that before the name, so another
      socket that gets the number at once can't be monitored ("Address already in use").

    Args:
        socket: the socket to monitor, connected or not.

    Raises:
        zmq.ZMQError: the limit of sockets is reached.
    """
    address = f"inproc://classroom-monitor-{next(_numbers)}"
    socket.monitor(address, EVENTS)
    made: zmq.Socket[bytes] = socket.context.socket(zmq.PAIR, socket_class=zmq.Socket)
    made.connect(address)
    return made


class Reconnected:
    """One socket's connection."""

    def __init__(self, socket: zmq.Socket[Any], address: str) -> None:
        """Monitor a socket until it is closed. For one event loop.

        Args:
            socket: the connected socket.
            address: the address that the socket is connected to.
        """
        self._socket, self._address = socket, address
        self._timer: asyncio.TimerHandle | None = None
        self._events = ZMQStream(_monitor(socket))
        self._events.on_recv(self._hear)

    def _hear(self, message: Sequence[bytes]) -> None:
        event = parse_monitor_message(list(message))["event"]
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if event == zmq.EVENT_MONITOR_STOPPED:
            self._events.close()
        elif event == zmq.EVENT_DISCONNECTED:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(WAIT_SECONDS, self._connect)

    def _connect(self) -> None:
        """Connect again: zmq doesn't, and accepts no second connection to one address."""
        self._timer = None
        if not self._socket.closed:
            with contextlib.suppress(zmq.ZMQError):  # zmq may have forgotten the address
                self._socket.disconnect(self._address)
            self._socket.connect(self._address)
