"""Connect to a host and port directly, or by the school's proxy (CONNECT, RFC 9110, 9.3.6)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import errno
import os
import socket
from typing import TYPE_CHECKING

from classroom.egress import addresses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from classroom.config.upstream import Upstream
    from classroom.egress.addresses import Address
    from classroom.tunnel.names import Names
    from classroom.tunnel.orders import Orders

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]

CONNECT_SECONDS = 10.0
GOOD = 200
LOGIN_WANTED = {401, 407}
"""407 is the correct status; tinyproxy answers 401 to a wrong password."""
PROXY = "c.Classroom.upstream_proxy"
NOT_REACHED = (
    f"{PROXY}: {{proxy}} can't be reached ({{why}}): check its name and port, and that this machine"
    " may connect to it."
)
UNKNOWN = (
    f"{PROXY}: no nameserver knows {{proxy}}: correct the name, or write the proxy's address there."
)
PRIVATE = (
    "{where}: {name} is at {address}, a private address that c.Classroom.egress_private does not"
    ' name: add "{network}", or its network, there.'
)
WRONG_LOGIN = (
    f"{PROXY}: {{proxy}} does not take the user and password in secrets/upstream_proxy: correct"
    " that file, and restart the lab."
)
NO_LOGIN = (
    f"{PROXY}: {{proxy}} asks for a user and a password: write them into secrets/upstream_proxy, as"
    " user:password, and restart the lab."
)
REFUSED = (
    f"{PROXY}: {{proxy}} refuses a connection to {{name}}:{{port}} ({{why}}): ask the person"
    " who runs the proxy to allow it."
)
NOT_HTTP = f"{PROXY}: {{proxy}} does not answer as an HTTP proxy does: check its port."


class NoWayError(Exception):
    """A host can't be reached: a sentence for the tutor, and the kind of error."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind


def why(error: Exception) -> str:
    """Describe why a connection failed."""
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, OSError) and error.errno is not None and error.errno in errno.errorcode:
        return os.strerror(error.errno)  # asyncio's own message names the call
    return str(error) or type(error).__name__


async def straight(found: Iterable[Address], port: int) -> Stream:
    """Connect to the first address that answers.

    Raises:
        OSError: none answers.
    """
    last: OSError = OSError("it has no address")
    for address in found:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncio.open_connection(str(address), port)
        except OSError as error:  # TimeoutError is one
            last = error
    raise last


def login_header(proxy: Upstream) -> dict[str, str]:
    """Return the header with the lab's login at the proxy; empty without a login (RFC 7617)."""
    login = proxy.login.reveal().encode()
    encoded = base64.b64encode(login).decode()
    return {"Proxy-Authorization": f"Basic {encoded}"} if login else {}


def request(proxy: Upstream, name: str, port: int) -> bytes:
    """Return the request to a proxy."""
    lines = [f"CONNECT {name}:{port} HTTP/1.1", f"Host: {name}:{port}"]
    lines += [f"{header}: {value}" for header, value in login_header(proxy).items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def ask(proxy: Upstream, way: Stream, name: str, port: int) -> None:
    """Ask a connected proxy for a connection to a host.

    Raises:
        NoWayError: the proxy refuses.
        OSError: it closed the connection, or did not answer.
    """
    reader, writer = way
    words = {"proxy": str(proxy), "name": name, "port": port}
    writer.write(request(proxy, name, port))
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
        version, status, reason = (*head.split(b"\r\n")[0].decode("latin-1").split(None, 2), "")[:3]
        number = int(status)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        raise NoWayError("proxy", NOT_HTTP.format(**words)) from None
    if not version.startswith("HTTP/1."):
        raise NoWayError("proxy", NOT_HTTP.format(**words))
    if number in LOGIN_WANTED:
        sentence = WRONG_LOGIN if proxy.login.reveal() else NO_LOGIN
        raise NoWayError("login", sentence.format(**words))
    if number != GOOD:
        said = "".join(letter for letter in f"{number} {reason}"[:80] if letter.isprintable())
        raise NoWayError("refused", REFUSED.format(**words, why=said.strip()))


async def by_proxy(proxy: Upstream, names: Names, orders: Orders, name: str, port: int) -> Stream:
    """Connect through the school's proxy.

    Raises:
        NoWayError: the proxy can't be reached, or refuses.
    """
    found = await names.look_up(proxy.host)
    if not found:
        raise NoWayError("proxy", UNKNOWN.format(proxy=proxy))
    reached = [
        address
        for address in found
        if not orders.ruled or addresses.is_reached(address, orders.private)
    ]
    if not reached:
        sentence = private(PROXY, proxy.host, found[0])
        raise NoWayError("proxy", sentence)
    way: Stream | None = None
    try:
        way = await straight(reached, proxy.port)
        await ask(proxy, way, name, port)
    except OSError as error:
        close(way)
        raise NoWayError("proxy", NOT_REACHED.format(proxy=proxy, why=why(error))) from None
    except NoWayError:
        close(way)
        raise
    return way


def private(where: str, name: str, address: Address) -> str:
    """Return the error that a name has an address which nftables' rules refuse."""
    network = f"{address}/{address.max_prefixlen}"
    return PRIVATE.format(where=where, name=name, address=address, network=network)


def close(way: Stream | None) -> None:
    """Close a connection that can't be used."""
    if way is not None:
        with contextlib.suppress(OSError):
            way[1].transport.abort()


async def goes_straight(orders: Orders, names: Names, name: str) -> list[Address] | None:
    """Find the addresses for a direct connection to a host; None if the proxy must connect.

    Hosts in a network of ``c.Classroom.egress_private`` get a direct connection also if there is a
    proxy: a school's own servers are not behind it.
    """
    if orders.upstream is not None and not orders.private:
        return None
    found = list(await names.look_up(name))
    near = [address for address in found if addresses.is_private(address, orders.private)]
    if orders.upstream is None:
        # To any: what may not be reached the rules refuse, and count.
        return near or found
    return near or None


async def to(orders: Orders, names: Names, name: str, port: int) -> Stream:
    """Connect to a host.

    Raises:
        NoWayError: it can't be reached.
    """
    found = await goes_straight(orders, names, name)
    if found is None and orders.upstream is not None:
        return await by_proxy(orders.upstream, names, orders, name, port)
    return await _straight(found or [], name, port)


async def _straight(found: list[Address], name: str, port: int) -> Stream:
    if not found:
        raise NoWayError("name", f"No nameserver knows {name}.")
    try:
        way = await straight(found, port)
    except OSError as error:
        raise NoWayError("host", f"{name}:{port} can't be reached ({why(error)}).") from None
    made = way[1].get_extra_info("socket")
    # A connection to a database may be idle for hours; this notices if its other end is gone.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return way
