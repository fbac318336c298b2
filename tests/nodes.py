"""A node of a cluster, on this machine: podman starts what Kubernetes would be given.

podman runs in a privileged container of the image's Debian. Each pod has a network card on the test
network, as a lab in a container of its own would have. ConfigMaps and Secrets are mounted as a
node's agent does it (tests/kubelet.py), because podman copies them only once.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import yaml
from testcontainers.core.container import DockerContainer

from tests import builds, labs, pods
from tests.pods import LAN, MOUNTED, Pod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker.models.containers import Container
    from testcontainers.core.network import Network

    from tests.kustomize import Documents

IMAGE = f"{labs.IMAGE}-node"
RECIPE = labs.ROOT / "tests/standin/node.Dockerfile"
STORAGE = "/var/lib/containers"
RESOLV = """search class-tests.svc.cluster.local svc.cluster.local cluster.local
nameserver {}
options ndots:5
"""
"""The resolver configuration that every pod of a cluster has."""


@dataclass
class Node:
    """The machine on which pods run."""

    container: Container

    def _execute(self, words: tuple[str, ...], given: str) -> subprocess.CompletedProcess[str]:
        quiet = "PODMAN_IGNORE_CGROUPSV1_WARNING=1"
        command = ["docker", "exec", "--interactive", "--env", quiet, str(self.container.id)]
        return subprocess.run(
            [*command, *words], input=given, capture_output=True, text=True, check=False
        )

    def run(self, *words: str, given: str = "") -> str:
        """Run a command on the node; return its output and error output.

        Args:
            *words: the command's arguments.
            given: the command's standard input.
        """
        done = self._execute(words, given)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def podman(self, *words: str, given: str = "") -> str:
        """Run podman on the node; the arguments are those of `run`."""
        return self.run("podman", *words, given=given)

    def status(self, *words: str) -> int:
        """Run podman on the node; return its exit status."""
        return self._execute(("podman", *words), "").returncode

    def shown(self, *words: str) -> str:
        """Run a podman command that always prints; repeat it if Docker loses that (`Lab.shown`)."""
        for _ in range(5):
            if (said := self.podman(*words)).strip():
                return said
        raise AssertionError(f"five answers were lost: {words}")

    def play(self, documents: Documents) -> Pod:
        """Start a class's pod.

        Args:
            documents: the class's documents, as rendered.
        """
        made = pods.as_pod(documents)
        text = yaml.safe_dump_all(made)
        self.podman("kube", "play", "--network", LAN, "--start=false", "-", given=text)
        pod = Pod(self, documents, made[-1]["metadata"]["name"])
        pod.start()
        return pod

    def down(self, pod: Pod) -> None:
        """Remove a pod; its volume stays."""
        text = yaml.safe_dump_all(pods.as_pod(pod.documents))
        self.podman("kube", "down", "-", given=text)
        for one in pod.documents:
            if one["kind"] in MOUNTED:
                self.podman("volume", "rm", "--force", one["metadata"]["name"])


def _build() -> None:
    """Build the node's image from the lab's image."""
    words = ["docker", "build", "--quiet", "--build-arg", f"LAB={labs.IMAGE}", "--tag", IMAGE]
    words += ["--file", str(RECIPE), str(RECIPE.parent)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


@contextlib.contextmanager
def start(network: Network, nameserver: str) -> Iterator[Node]:
    """Start a node that has the lab's image.

    Args:
        network: the test network. Pods get addresses from its end, which Docker assigns last.
        nameserver: the server that pods ask for names.
    """
    _build()
    storage = docker.from_env().volumes.create(labels=labs.LABELS)
    made = (
        DockerContainer(IMAGE)
        .with_kwargs(
            entrypoint=["sleep", "infinity"],
            init=True,
            privileged=True,
            labels=labs.LABELS,
            healthcheck=labs.NO_HEALTH_CHECK,
        )
        .with_tmpfs_mount("/run")
        .with_volume_mapping(str(storage.name), STORAGE, "rw")
        .with_volume_mapping(str(labs.ROOT / "tests/kubelet.py"), "/kubelet.py", "ro")
        .with_network(network)
    )
    try:
        with made, tempfile.TemporaryDirectory() as folder:
            node = Node(made.get_wrapped_container())
            node.run("tee", "/etc/resolv.conf", given=RESOLV.format(nameserver))
            _connect(node, network)
            archive = Path(folder, "image.tar")
            subprocess.run(["docker", "save", "--output", archive, labs.IMAGE], check=True)
            load = ["docker", "exec", "--interactive", str(node.container.id), "podman", "load"]
            with archive.open("rb") as image:
                subprocess.run(load, stdin=image, check=True, capture_output=True)
            archive.unlink()
            yield node
    finally:
        storage.remove(force=True)
        builds.remove(IMAGE)


def _connect(node: Node, network: Network) -> None:
    """Give pods network cards on the test network."""
    words = ["network", "create", "--driver", "macvlan", "--opt", "parent=eth0", "--disable-dns"]
    for version, bits in ((4, 30), (6, 124)):
        found = labs.subnet(str(network.name), version)
        # Use the last addresses except the very last ones, which IPv4 reserves for broadcasts.
        last = f"{found[-8 if version == 4 else -16]}/{bits}"
        words += ["--subnet", str(found), "--gateway", str(found[1]), "--ip-range", last]
    node.podman(*words, "--ipv6", LAN)
