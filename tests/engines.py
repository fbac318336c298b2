"""A school's machines on this one: Docker engines in network namespaces, joined as a swarm.

Each has its own host name, address, data and state. Each reaches the others and this machine, which
resolves names for them, and nothing else. Their images come from this machine.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests import labs

if TYPE_CHECKING:
    from collections.abc import Iterator

SUBNET = "10.87.61"
OUTSIDE = f"{SUBNET}.254"
"""This machine's address, as the engines see it."""
STRANGER = f"{SUBNET}.253"
"""Another address of this machine, for a stranger."""
POOL = "10.86.0.0/16"
"""The range from which Swarm takes its own networks."""
NAMESPACE = re.compile(r"(switch|node-\d+)-[0-9a-f]{6}\b")
"""The names of the network namespaces of a machine and of the switch."""


@dataclass
class Engine:
    """A machine.

    Attributes:
        name: its host name.
        ip: its address.
        folder: holds all its data, and its socket.
        namespace: the name of its network namespace.
        process: the daemon, while it runs.
    """

    name: str
    ip: str
    folder: Path
    namespace: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """The value of DOCKER_HOST for its commands."""
        return f"unix://{self.folder}/docker.sock"

    def docker(self, *words: str, given: Path | None = None) -> str:
        """Run a docker command on this engine; return what it prints.

        Args:
            *words: the command's arguments.
            given: a file for the command's standard input.
        """
        with contextlib.ExitStack() as stack:
            source = stack.enter_context(given.open("rb")) if given else subprocess.DEVNULL
            done = subprocess.run(
                ["docker", "--host", self.host, *words],
                stdin=source,
                capture_output=True,
                text=True,
                check=False,
            )
        assert done.returncode == 0, f"{self.name}: docker {words}: {done.stderr}"
        return done.stdout

    def answers(self) -> bool:
        """Say whether the daemon answers."""
        command = ["docker", "--host", self.host, "info"]
        return not subprocess.run(command, capture_output=True, check=False).returncode

    def start(self) -> None:
        """Start the daemon, and wait until it answers."""
        (self.folder / "docker.pid").unlink(missing_ok=True)
        number = int(self.ip.rpartition(".")[2])
        daemon = [
            *("dockerd", "--host", self.host, "--pidfile", f"{self.folder}/docker.pid"),
            *("--data-root", f"{self.folder}/data", "--exec-root", f"{self.folder}/exec"),
            *("--bip", f"10.87.{100 + number}.1/24", "--cgroup-parent", f"/{self.namespace}"),
            *("--dns", OUTSIDE),
        ]
        script = f"hostname {self.name} && exec {' '.join(daemon)}"
        with (self.folder / "log").open("ab") as log:
            # Not `ip netns exec`: it mounts a /sys without the control groups.
            self.process = subprocess.Popen(
                [
                    *("nsenter", f"--net=/run/netns/{self.namespace}"),
                    *("unshare", "--uts", "sh", "-c", script),
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            labs.wait_until(self.answers, f"the engine of {self.name}", seconds=180)
        except AssertionError as error:
            last = (self.folder / "log").read_text(errors="replace").splitlines()[-30:]
            error.add_note("\n".join((f"The log of {self.name} ends with:", *last)))
            raise

    def kill(self) -> None:
        """Kill the daemon and all its containers at once, as a power cut does."""
        if self.process is None:
            return
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        mine = str(self.folder).encode()
        for place in Path("/proc").glob("[0-9]*"):
            # These are its containerd and shims, whose command lines contain the folder's name, and
            # the processes that they have started.
            with contextlib.suppress(OSError):
                groups = (place / "cgroup").read_bytes()
                is_its = mine in (place / "cmdline").read_bytes()
                if is_its or f"/{self.namespace}/".encode() in groups:
                    os.kill(int(place.name), signal.SIGKILL)

    def cut(self) -> None:
        """Unplug the machine's network cable; the machine keeps running."""
        _ip("-n", self.namespace, "link", "set", "lan", "down")

    def mend(self) -> None:
        """Plug the network cable in again."""
        _ip("-n", self.namespace, "link", "set", "lan", "up")


def _ip(*words: str) -> str:
    """Run ip(8); return what it prints."""
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


@contextlib.contextmanager
def machines(count: int) -> Iterator[list[Engine]]:
    """Start machines on one network, each with an engine.

    Args:
        count: the number of machines.
    """
    _clear()
    mark = uuid.uuid4().hex[:6]
    switch, cable = f"switch-{mark}", f"s{mark}"
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="school-"))
        stack.callback(_remove, folder)
        _ip("netns", "add", switch)
        stack.callback(_ip, "netns", "delete", switch)
        _ip("-n", switch, "link", "add", "lan", "type", "bridge")
        _ip("-n", switch, "link", "set", "lan", "up")
        _plug(switch, cable, OUTSIDE, None)
        _ip("address", "add", f"{STRANGER}/32", "dev", cable)
        made = []
        for number in range(1, count + 1):
            name = f"node-{number}"
            own = folder / name
            own.mkdir()
            namespace = f"{name}-{mark}"
            _ip("netns", "add", namespace)
            stack.callback(_ip, "netns", "delete", namespace)
            _ip("-n", namespace, "link", "set", "lo", "up")
            _plug(switch, f"{cable}{number}", f"{SUBNET}.{number}", namespace)
            made.append(Engine(name, f"{SUBNET}.{number}", own, namespace))
            stack.callback(made[-1].kill)
            made[-1].start()
        yield made


def _clear() -> None:
    """Delete the networks of a killed run: if two have the same address, no packet arrives.

    Raises:
        RuntimeError: the machines of that run are still running.
    """
    listed = _ip("netns", "list").splitlines()
    left = [line.split()[0] for line in listed if NAMESPACE.match(line)]
    for namespace in left:
        if _ip("netns", "pids", namespace).strip():
            raise RuntimeError(
                f"Another run of these tests has its machines here ({namespace}). "
                "Run one at a time; end that one first."
            )
    for namespace in left:
        _ip("netns", "delete", namespace)


def _plug(switch: str, cable: str, address: str, namespace: str | None) -> None:
    """Connect a namespace to the switch; None means this machine's own namespace."""
    end = "lan" if namespace else cable
    _ip("-n", switch, "link", "add", cable, "type", "veth", "peer", "name", "end")
    _ip("-n", switch, "link", "set", cable, "master", "lan", "up")
    target = namespace or str(os.getpid())
    _ip("-n", switch, "link", "set", "end", "netns", target, "name", end)
    where = ("-n", namespace) if namespace else ()
    _ip(*where, "address", "add", f"{address}/24", "dev", end)
    _ip(*where, "link", "set", end, "up")


def _remove(folder: Path) -> None:
    """Unmount what the engines have left mounted, and delete all their data."""
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in reversed([one for one in mounted if one.startswith(f"{folder}/")]):
        subprocess.run(["umount", "--lazy", place], check=False)
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def swarm(count: int, image: str, heartbeat: str) -> Iterator[list[Engine]]:
    """Start machines that form a swarm and have an image; the first is its manager.

    Args:
        count: the number of machines.
        image: an image that this machine's engine has.
        heartbeat: the interval of a machine's heartbeat to the manager, such as "2s".
    """
    with machines(count) as made, tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "image.tar")
        subprocess.run(["docker", "save", "--output", archive, image], check=True)
        first, *others = made
        ways = ("--advertise-addr", first.ip, "--listen-addr", f"{first.ip}:2377")
        pool = ("--default-addr-pool", POOL, "--dispatcher-heartbeat", heartbeat)
        first.docker("swarm", "init", *ways, *pool)
        token = first.docker("swarm", "join-token", "--quiet", "worker").strip()
        for one in others:
            join = ("--token", token, "--advertise-addr", one.ip, f"{first.ip}:2377")
            one.docker("swarm", "join", *join)
        for one in made:
            one.docker("load", given=archive)
        archive.unlink()
        yield made
