"""A class's pod, as a node of the tests runs it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import kustomize, labs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.kustomize import Documents
    from tests.nodes import Node

LAN = "lan"
"""The test network, by the node's name for it."""
VOLUMES = "/var/lib/containers/storage/volumes"
MOUNTED = ("ConfigMap", "Secret")
"""What a node mounts by itself."""


def as_pod(documents: Documents) -> Documents:
    """Make of a StatefulSet its first pod and that pod's volumes, as its controller does.

    podman starts pods, and knows no controller. The pod's template stays as it is. What is about
    the cluster around it (namespaces, services, network policies) has no place in one node.

    Args:
        documents: as rendered.
    """
    made = kustomize.the("StatefulSet", documents)
    name, template = f"{made['metadata']['name']}-0", made["spec"]["template"]
    spec, claims = dict(template["spec"]), []
    spec["volumes"] = list(spec["volumes"])
    for claim in made["spec"]["volumeClaimTemplates"]:
        own = f"{claim['metadata']['name']}-{name}"
        metadata = {"name": own}
        kind = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}
        claims.append({**kind, "spec": claim["spec"]})
        source = {"persistentVolumeClaim": {"claimName": own}}
        spec["volumes"].append({"name": claim["metadata"]["name"], **source})
    metadata = {"name": name, "labels": template["metadata"]["labels"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    mounted = [one for one in documents if one["kind"] in MOUNTED]
    return [*mounted, *claims, pod]


def files_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of a ConfigMap or a Secret, by their names."""
    data: dict[str, str] = document["data"]
    if document["kind"] == "Secret":
        return {name: base64.b64decode(text).decode() for name, text in data.items()}
    return data


@dataclass
class Pod:
    """A class's pod.

    Attributes:
        node: where it runs.
        documents: what it was made from, as rendered.
        name: of the pod.
    """

    node: Node
    documents: Documents
    name: str

    @property
    def lab(self) -> str:
        """Its container's name."""
        return f"{self.name}-{kustomize.pod_of(self.documents)['containers'][0]['name']}"

    @property
    def card(self) -> dict[str, Any]:
        """What podman says of its network card."""
        shared = self.node.shown("pod", "inspect", self.name, "--format", "{{.InfraContainerID}}")
        form = "{{json .NetworkSettings.Networks}}"
        networks = json.loads(self.node.shown("inspect", shared.strip(), "--format", form))
        found: dict[str, Any] = networks[LAN]
        return found

    @property
    def ip(self) -> str:
        return str(self.card["IPAddress"])

    @property
    def log(self) -> str:
        return self.node.podman("logs", self.lab)

    def inspect(self, what: str) -> Any:
        """Return a part of what podman says of the lab's container, such as ``State.Status``."""
        form = f"{{{{json .{what}}}}}"
        return json.loads(self.node.shown("inspect", self.lab, "--format", form))

    def read(self, path: str) -> str:
        """Read a file that is not empty, as root."""
        return self.node.shown("exec", self.lab, "cat", path)

    def is_well(self) -> bool:
        """Run the liveness probe, as podman does it."""
        return self.node.status("healthcheck", "run", self.lab) == 0

    def wait_healthy(self) -> None:
        """Wait until the liveness probe succeeds."""

        def is_well() -> bool:
            return self.is_well() or self._ended()

        labs.wait_until(is_well, f"{self.name} is healthy", 180, every=0.5)

    def _ended(self) -> bool:
        """Fail if the container has ended, with its log."""
        assert self.inspect("State.Status") == "running", self.log[-3000:]
        return False

    def mount(self, name: str, files: Mapping[str, str]) -> None:
        """Change a ConfigMap or a Secret, as kubelet does once it has heard of it.

        Args:
            name: of the ConfigMap or Secret.
            files: its contents by name.
        """
        words = ("python", "-I", "/kubelet.py", f"{VOLUMES}/{name}/_data", json.dumps(files))
        self.node.run(*words)

    def start(self) -> None:
        """Start it, with its ConfigMap and Secret mounted as Kubernetes does."""
        for one in self.documents:
            if one["kind"] in MOUNTED:
                self.mount(one["metadata"]["name"], files_of(one))
        # Kubelet makes the places where one volume is mounted in another.
        container = kustomize.pod_of(self.documents)["containers"][0]
        names = {one["name"]: source_of(one) for one in self._volumes()}
        places = {one["mountPath"]: names.get(one["name"]) for one in container["volumeMounts"]}
        for place in places:
            if outer := places.get(str(Path(place).parent)):
                self.node.run("mkdir", "-p", f"{VOLUMES}/{outer}/_data/{Path(place).name}")
        self.node.podman("pod", "start", self.name)

    def _volumes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = kustomize.pod_of(self.documents)["volumes"]
        return found

    def stop(self) -> int:
        """Stop it as Kubernetes does; return the lab's exit status."""
        self.node.podman("pod", "stop", self.name)
        return int(self.inspect("State.ExitCode"))


def source_of(volume: Mapping[str, Any]) -> str | None:
    """Return the name of the ConfigMap or Secret that a volume shows; None for another kind."""
    found = volume.get("configMap", {}).get("name") or volume.get("secret", {}).get("secretName")
    return str(found) if found else None
