"""Measure the physical limit: send as many bytes as a room did, with a loop of socket writes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from benchmarks.rooms.away import SPAWN


def bare(places: int, frames: float, size: float) -> float:
    """Send as many bytes in as many writes as a room did, with a loop that does nothing else.

    Args:
        places: the number of sockets.
        frames: the number of writes per second, to all of them together.
        size: the average size of a write, in bytes.

    Returns:
        The cores that the loop used: no server that writes to each socket can use less.
    """
    with SPAWN.Pool(1) as pool:
        return float(pool.apply(_bare, (places, frames, size)))


def _bare(places: int, frames: float, size: float) -> float:
    listener = socket.create_server(("127.0.0.1", 0), backlog=places)
    near = [socket.create_connection(listener.getsockname()) for _ in range(places)]
    far = [listener.accept()[0] for _ in range(places)]
    data, seconds = b"x" * int(size), 5
    ended = threading.Event()

    def drain() -> None:
        while not ended.wait(0.02):
            for one in far:
                with contextlib.suppress(BlockingIOError):
                    one.recv(1 << 20, socket.MSG_DONTWAIT)

    threading.Thread(target=drain, daemon=True).start()
    rounds = int(frames * seconds / places)
    used = time.thread_time()
    for _ in range(rounds):
        for one in near:
            one.send(data)
        time.sleep(seconds / rounds / 2)
    used = time.thread_time() - used
    ended.set()
    return used / seconds
