"""Read a container's log, processes and files from this machine, without a program in it.

Each ``docker exec`` starts half a dozen processes, and the engine rereads a whole log for each
request. What tests look at many times a second they therefore read here, as root beside the engine.
Where that is impossible, every function returns None, and the caller asks Docker.
"""

from __future__ import annotations

import bisect
import contextlib
import ctypes
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docker.models.containers import Container

OPENAT2 = 437
RESOLVE_IN_ROOT = 0x10
"""Flag of openat2(2): links resolve inside the container's root only."""
OF_PROCESSES = re.compile(r"/proc/[0-9]+/(status|stat|limits)")
"""Files in /proc with the same content from outside; most others describe the process that
reads."""
OF_THE_KERNEL = ("/proc/", "/sys/", "/dev/")


class ContainerLog:
    """The log of a container so far; each call reads only the new part."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._read = 0
        self._text = ""
        self._times: list[str] = []
        self._begins: list[int] = []

    def text(self, since: str = "") -> str | None:
        """Return the log.

        Args:
            since: a time in UTC, as Docker writes it; without it, the whole log.

        Returns:
            The log; None if the engine stores it in another format or elsewhere.
        """
        if not self._follow():
            return None
        at = bisect.bisect_left(self._times, since)
        return self._text[self._begins[at] :] if at < len(self._begins) else ""

    def _follow(self) -> bool:
        kept = self._container.attrs["HostConfig"]["LogConfig"]
        if kept["Type"] != "json-file" or kept["Config"]:  # otherwise there may be several files
            return False
        if not self._container.attrs["LogPath"]:  # it has just been started
            self._container.reload()
        try:
            with Path(self._container.attrs["LogPath"]).open("rb") as file:
                file.seek(self._read)
                new = file.read()
        except OSError:
            return False
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            found = json.loads(line)
            self._times.append(found["time"])
            self._begins.append(len(self._text))
            self._text += found["log"]
        return True


def root(container: Container) -> Path | None:
    """Return the root folder of a running container."""
    for _ in range(2):
        pid = container.attrs["State"]["Pid"]
        with contextlib.suppress(OSError):
            # Its first process may have ended, and another process may have got its id.
            if pid and str(container.id) in Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8"):
                found = Path(f"/proc/{pid}/root")
                os.stat(found / "proc/1")  # noqa: PTH116 (a path of a link of the kernel's)
                return found
        container.reload()
    return None


def processes(root: Path, pattern: str, user: str) -> list[tuple[int, int, int]]:
    """Find processes by their command line.

    Args:
        root: the container's root folder.
        pattern: a regular expression.
        user: the user whose processes to find; "" for all users.

    Returns:
        Each process's start time, its id inside the container, and its number of threads; the
        oldest first.
    """
    lines = (root / "etc/passwd").read_text(encoding="utf-8").splitlines()
    names = {int(line.split(":")[2]): line.split(":")[0] for line in lines}
    found = []
    for place in (root / "proc").iterdir():
        if not place.name.isdecimal():
            continue
        try:
            words = (place / "cmdline").read_bytes().replace(bytes(1), b" ")
            stat = (place / "stat").read_text(encoding="utf-8", errors="replace")
            owner = names[(place / "stat").stat().st_uid]
            threads = len(os.listdir(place / "task"))  # noqa: PTH208 (a number)
        except (OSError, KeyError):
            continue
        state, *fields = stat.rpartition(")")[2].split()
        text = words.decode(errors="replace")
        this = "this is the search" in text  # if the search runs in the container
        if state != "Z" and not this and user in {"", owner} and re.search(pattern, text):
            found.append((int(fields[18]), int(place.name), threads))
    return sorted(found)


def read(root: Path, path: str) -> str | None:
    """Read a text file of a container.

    Args:
        root: the container's root folder.
        path: the absolute path inside the container.

    Returns:
        The text; None if only a program in the container would see the right content.

    Raises:
        OSError: the file can't be read.
    """
    if path.startswith(OF_THE_KERNEL) and not OF_PROCESSES.fullmatch(path):
        return None
    place = os.open(root, os.O_PATH | os.O_DIRECTORY)
    try:
        how = (ctypes.c_uint64 * 3)(os.O_RDONLY | os.O_CLOEXEC, 0, RESOLVE_IN_ROOT)
        libc = ctypes.CDLL(None, use_errno=True)
        size = ctypes.sizeof(how)
        opened = libc.syscall(OPENAT2, place, os.fsencode(path), ctypes.byref(how), size)
    finally:
        os.close(place)
    if opened < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    with open(opened, encoding="utf-8") as file:  # noqa: PTH123 (a descriptor)
        return file.read()
