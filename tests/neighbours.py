"""Attempts of one lab against another: one function each, standard library only.

This runs inside a lab, in a kernel or a terminal, beside tests/attempts.py, whose ``run`` reports
the result. `prepare` runs in the other lab's kernel, and creates the targets there.
"""

from __future__ import annotations

import ctypes
import errno
import importlib
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

SECONDS = 3
SECRET = "a neighbour's secret"
SHM = Path("/dev/shm")  # noqa: S108
ABSTRACT = "\0neighbour"
libc = ctypes.CDLL(None, use_errno=True)


def serve(listening: socket.socket) -> None:
    listening.listen(16)

    def answer() -> None:
        while True:
            way, _ = listening.accept()
            way.sendall(SECRET.encode())
            way.close()

    threading.Thread(target=answer, daemon=True).start()


def prepare(files: str) -> str:
    """Create everything that another lab might reach; return the places as JSON."""
    found: dict[str, Any] = {"pid": os.getpid(), "home": os.environ["HOME"]}
    for name, folder in (("file", files), ("homes", found["home"]), ("shm", str(SHM))):
        place = Path(folder) / f"secret-{os.getpid()}"
        place.write_text(SECRET)
        found[name] = str(place)
    import tempfile  # noqa: PLC0415 (most attempts don't need it, and each is a process)

    with tempfile.NamedTemporaryFile("w", delete=False) as temporary:
        temporary.write(SECRET)
    found["temporary"] = temporary.name
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(f"{files}/socket-{os.getpid()}")
    serve(unix)
    found["unix"] = f"{files}/socket-{os.getpid()}"
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(ABSTRACT + str(os.getpid()))
    serve(abstract)
    found["abstract"] = ABSTRACT[1:] + str(os.getpid())
    for name, family, host in (
        ("port", socket.AF_INET, "127.0.0.1"),
        ("port6", socket.AF_INET6, "::1"),
    ):
        try:
            listening = socket.socket(family)
            listening.bind((host, 0))
        except OSError:  # the sandbox allows no TCP sockets
            found[name] = 9
        else:
            serve(listening)
            found[name] = listening.getsockname()[1]
    return json.dumps(found)


def read(place: str) -> str:
    return Path(place).read_text()


def write(place: str) -> str:
    with Path(place).open("a") as file:
        file.write("!")
    return "written"


def make(folder: str) -> str:
    import tempfile  # noqa: PLC0415

    with tempfile.NamedTemporaryFile(dir=folder):
        return "made"


def remove(place: str) -> str:
    Path(place).rename(f"{place}.gone")
    Path(f"{place}.gone").rename(place)
    return "moved"


def listed(folder: str) -> str:
    return f"{len(list(Path(folder).iterdir()))} entries"


def hear(way: socket.socket) -> str:
    """Receive what a server sends; fail if it sends nothing."""
    with way:
        way.settimeout(SECONDS)
        said = way.recv(100).decode()
        if not said:
            raise ConnectionResetError(errno.ECONNRESET, "nothing was said")
        return said


def tcp(host: str, port: str) -> str:
    return hear(socket.create_connection((host, int(port)), timeout=SECONDS))


def unix(place: str) -> str:
    way = socket.socket(socket.AF_UNIX)
    way.settimeout(SECONDS)
    way.connect(place)
    return hear(way)


def reach(place: str) -> str:
    """Connect to a socket, also one whose server doesn't speak first."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        way = socket.socket(socket.AF_UNIX, kind)
        try:
            way.connect(place)
        except OSError as error:
            if error.errno == errno.EPROTOTYPE:
                continue
            raise
        way.settimeout(SECONDS)
        way.send(b'{"do": "list"}\n')
        if not way.recv(100):
            raise PermissionError(errno.EPERM, "it hung up")
        return "answered"
    raise AssertionError(place)


def abstract(name: str) -> str:
    way = socket.socket(socket.AF_UNIX)
    way.settimeout(SECONDS)
    way.connect(f"\0{name}")
    return hear(way)


def end(pid: str) -> str:
    os.kill(int(pid), signal.SIGCONT)
    return "signalled"


def trace(pid: str) -> str:
    if libc.ptrace(16, int(pid), 0, 0) < 0:  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), "ptrace")
    os.waitpid(int(pid), 0)
    libc.ptrace(17, int(pid), 0, 0)
    return "traced"


def memory(pid: str) -> str:
    """Read a process's memory by process_vm_readv(2)."""
    buffer = ctypes.create_string_buffer(1)
    local = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 1)
    remote = (ctypes.c_size_t * 2)(id(libc), 1)
    if libc.process_vm_readv(int(pid), local, 1, remote, 1, 0) < 0:
        raise OSError(ctypes.get_errno(), "process_vm_readv")
    return "read"


def rows() -> dict[str, Any]:
    """Return the attempts, by name."""
    return {name: globals()[name] for name in ROWS}


def main() -> None:
    """Run one attempt; attempts.py beside this file reports its result."""
    sys.path.insert(0, str(Path(__file__).parent))
    attempts = importlib.import_module("attempts")
    attempts.__dict__.update(rows())
    attempts.run(*sys.argv[1:])


ROWS = (
    *("read", "write", "make", "remove", "listed", "tcp", "unix", "reach", "abstract"),
    *("end", "trace", "memory"),
)

if __name__ == "__main__":
    main()
