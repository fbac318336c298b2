"""The test's internet: where it is, and which packets it has received."""

from __future__ import annotations

import contextlib
import json
import socket
import uuid
from functools import cached_property
from typing import TYPE_CHECKING, Any

import docker
from testcontainers.core.container import DockerContainer

from tests import labs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

SENTINEL_PORT = 9


class Internet:
    """A container that acts as the rest of the world."""

    def __init__(self, lab: Lab, records: Path) -> None:
        self._lab = lab
        self._book = records / "packets.jsonl"
        self._read = 0

    @cached_property
    def ip(self) -> str:
        return self._lab.ip  # the container is never restarted

    @cached_property
    def ip6(self) -> str:
        return self._lab.ip6

    @property
    def log(self) -> str:
        return self._lab.log

    def join(self, network: Network, address: str) -> None:
        """Join another network too."""
        found = docker.from_env().networks.get(str(network.id))
        found.connect(self._lab.container, ipv4_address=address)

    def add_address(self, address: str) -> None:
        """Answer at one more IPv6 address."""
        words = ["ip", "-6", "addr", "add", f"{address}/64", "dev", "eth0", "nodad"]
        status, said = self._lab.container.exec_run(words, privileged=True)
        assert status == 0, said

    def knock(self, address: str, port: int) -> str:
        """Try to connect from the internet; return "connected", "timeout" or the error's name."""
        script = (
            "import errno, socket, sys\n"
            f"try: socket.create_connection(({address!r}, {port}), timeout=1); print('connected')\n"
            "except TimeoutError: print('timeout')\n"
            "except OSError as error: print(errno.errorcode.get(error.errno))"
        )
        return self._lab.run("python", "-c", script)[1].strip()

    def forget(self) -> None:
        """Drop all packets so far."""
        self.heard()

    def heard(self) -> list[dict[str, Any]]:
        """Return all packets since the last call, from any sender."""
        # The packets of one machine arrive in order: once this one is there, all earlier ones are
        # too.
        mark = uuid.uuid4().hex.encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(mark, (self.ip, SENTINEL_PORT))
        labs.wait_until(lambda: mark.hex().encode() in self._new(), "the sentinel", every=0.01)
        new = self._new()
        self._read += len(new)
        return [json.loads(line) for line in new.splitlines()]

    def _new(self) -> bytes:
        """Read the complete lines since the last call of `heard`."""
        with self._book.open("rb") as book:
            book.seek(self._read)
            lines, end, _ = book.read().rpartition(b"\n")
            return lines + end

    def heard_from(self, lab: Lab) -> list[dict[str, Any]]:
        """Return all packets that a lab has sent since the last call."""
        new, macs = self.heard(), lab.macs
        return [packet for packet in new if packet["mac"] in macs]


@contextlib.contextmanager
def start(
    folder: Path,
    network: Network | None,
    authority: Authority,
    names: Mapping[str, str],
    served: tuple[str, ...],
) -> Iterator[Internet]:
    """Start the test's internet.

    Args:
        folder: for its certificate and its records.
        network: its network; None for Docker's default bridge.
        authority: issues its certificate.
        names: addresses by name, for DNS; every other name has its own address.
        served: the names in its certificate.
    """
    authority.issue(*served).write(folder / "pki", "internet")
    (folder / "records").mkdir()
    (folder / "records/packets.jsonl").touch()
    made = (
        DockerContainer(labs.IMAGE)
        .with_kwargs(entrypoint="python", labels=labs.LABELS, healthcheck=labs.NO_HEALTH_CHECK)
        .with_command(["/standin/internet.py"])
        .with_volume_mapping(str(labs.ROOT / "tests/standin"), "/standin", "ro")
        .with_volume_mapping(str(folder / "pki"), "/pki", "ro")
        .with_volume_mapping(str(folder / "records"), "/records", "rw")
        .with_env("NAMES", json.dumps(dict(names)))
    )
    if network is not None:
        made = made.with_network(network)
    with made:
        lab = labs.Lab(made.get_wrapped_container(), network.name if network else None)
        labs.wait_until(lambda: "is up" in lab.log, "the test's internet")
        yield Internet(lab, folder / "records")
