"""What the egress lock has refused: from the kernel to the log, the metrics and the report."""

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
"""Messages of the kernel's at a time: a flood of refused packets must not keep the Hub busy."""

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
    """Word where a refused packet was going.

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
    """Keeps count for as long as the lock holds."""

    def __init__(self, report: Path, kind: LockKind) -> None:
        """Begin with nothing refused.

        Args:
            report: the file that ``classroom egress`` reads.
            kind: how the lock is held.
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
            words: in a sentence.
            services: addresses that stand for services' hosts, by name.
        """
        self._words = words
        # Not forgotten: who knocks at a service that was closed a moment ago is told of by name.
        self._services |= {address: name for name, address in (services or {}).items()}
        self._write()

    def refused_name(self, name: str) -> None:
        """Count a host that was asked for in vain."""
        self.refusals.names += 1
        NAMES.inc()
        self.refusals.note_name(name, time.time())

    async def follow(self, kernel: socket.socket, log: Logger) -> None:
        """Read what the kernel refuses, at a pace of our own.

        Args:
            kernel: the socket that the start has opened (`nflog.subscribe`).
            log: where to say so, now and then.
        """
        while True:
            try:
                self._read(kernel)
                if line := self.refusals.line(time.time()):
                    log.info("Egress lock: %s", line)
                self._write()
            except OSError as error:
                # No descriptors or no space on the disk: it is tried again, and never given up.
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
            except OSError:  # ENOBUFS: some didn't fit; the next one's number counts them
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
        """Leave word for ``classroom egress``, when there is anything new."""
        text = self.refusals.as_json(self._words, counted=self._kind is LockKind.NFTABLES)
        if text != self._written:
            files.write_for(self._report, text.encode())
            self._written = text
