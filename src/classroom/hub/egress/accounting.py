"""Bring refusals of the egress lock from the kernel to the log, the metrics and the report."""

from __future__ import annotations

import asyncio
import pwd
import time
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge

from classroom.egress import nflog
from classroom.egress.lock import LockKind
from classroom.egress.nflog import Refused
from classroom.egress.refusals import Refusals
from classroom.runtime import files

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from logging import Logger
    from pathlib import Path

    from classroom.egress.nflog import Count

READ_SECONDS = 0.5
MESSAGES_AT_A_TIME = 64
"""How many of the kernel's messages are read at a time, so that a flood does not block the Hub."""

PACKETS = Counter(
    "classroom_egress_refused_packets", "Packets that the egress lock refused", ["direction"]
)
NAMES = Counter("classroom_egress_refused_names", "Names that the egress lock didn't resolve")
HOLDS = Gauge("classroom_egress_lock", "Which egress lock holds", ["kind"])


def who(uid: int | None) -> str:
    """Name the user that sent a packet; "" for the kernel and the network."""
    if uid is None:
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def where(found: Refused, services: Mapping[str, str]) -> str:
    """Describe where a refused packet was going.

    Args:
        found: the packet.
        services: names of services' hosts, by the addresses that stand for them.
    """
    address = f"[{found.address}]" if ":" in found.address and found.port else found.address
    address = services.get(address, address)
    port = f":{found.port}" if found.port else ""
    prefix = "from outside: " if found.direction == "in" else ""
    return f"{prefix}{found.protocol} {address}{port}"


class Account:
    """Count refusals for as long as the lock holds."""

    def __init__(self, report: Path, kind: LockKind) -> None:
        """Begin with nothing refused.

        Args:
            report: the file that ``classroom egress`` reads.
            kind: by which means the lock holds.
        """
        self.refusals = Refusals()
        self._report = report
        self._kind = kind
        self._words = ""
        self._services: dict[str, str] = {}
        self._written = ""
        self._complaint = ""
        HOLDS.labels(kind.value).set(1)

    def describe(self, words: str, services: Mapping[str, str] | None = None) -> None:
        """Replace the rules that refusals are compared with.

        Args:
            words: the rules in a sentence.
            services: addresses that stand for services' hosts, by name.
        """
        self._words = words
        # Old names stay, so that refusals of a service that was just closed have its name.
        self._services |= {address: name for name, address in (services or {}).items()}
        self._write()

    def refused_name(self, name: str) -> None:
        """Count a refused look-up of a host."""
        self.refusals.names += 1
        NAMES.inc()
        self.refusals.note_name(name, time.time())

    async def follow(self, kernel: socket.socket, log: Logger) -> None:
        """Read what the kernel refuses, at a limited rate.

        Args:
            kernel: the socket that the start has opened (`nflog.subscribe`).
            log: the log, which gets a line now and then.
        """
        while True:
            try:
                self._read(kernel)
                if line := self.refusals.line(time.time()):
                    log.info("Egress lock: %s", line)
                self._write()
            except OSError as error:
                # For example no descriptors, or no space on the disk: always try again.
                if str(error) != self._complaint:
                    log.warning("Refused connections cannot be recorded: %s", error)
                self._complaint = str(error)
            await asyncio.sleep(READ_SECONDS)

    def _read(self, kernel: socket.socket) -> None:
        for _ in range(MESSAGES_AT_A_TIME):
            try:
                data = kernel.recv(65536)
            except BlockingIOError:
                return
            except OSError:  # ENOBUFS: some messages didn't fit; the next one's number counts them
                continue
            for found in nflog.parse(data):
                self._count(found)

    def _count(self, found: Refused | Count) -> None:
        if isinstance(found, Refused):
            self.refusals.note(who(found.uid), where(found, self._services), time.time())
            return
        direction = "in" if found.group == nflog.IN else "out"
        new = (found.packets - self.refusals.packets[direction]) % 2**32
        self.refusals.packets[direction] += new
        PACKETS.labels(direction).inc(new)

    def _write(self) -> None:
        """Write the report for ``classroom egress``, if there is anything new."""
        text = self.refusals.as_json(self._words, counted=self._kind is LockKind.NFTABLES)
        if text != self._written:
            files.write_for(self._report, text.encode())
            self._written = text
