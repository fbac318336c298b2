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
"""The node's name of the test network."""
VOLUMES = "/var/lib/containers/storage/volumes"
MOUNTED = ("ConfigMap", "Secret")
"""The kinds of volumes that a node mounts by itself."""


def as_pod(documents: Documents) -> Documents:
    """Make the first pod of a StatefulSet and its volumes, as the controller in a cluster does.

    podman starts pods, and has no controllers. The pod's template stays unchanged. Objects of the
    surrounding cluster (namespaces, services, network policies) have no place in a single node.

    Args:
        documents: the class's documents, as rendered.
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
    """Return the files of a ConfigMap or a Secret, by name."""
    data: dict[str, str] = document["data"]
    if document["kind"] == "Secret":
        return {name: base64.b64decode(text).decode() for name, text in data.items()}
    return data


@dataclass
class Pod:
    """A class's pod.

    Attributes:
        node: the node on which it runs.
        documents: the documents it was made from, as rendered.
        name: the pod's name.
    """

    node: Node
    documents: Documents
    name: str

    @property
    def lab(self) -> str:
        """The name of the lab's container."""
        return f"{self.name}-{kustomize.pod_of(self.documents)['containers'][0]['name']}"

    @property
    def card(self) -> dict[str, Any]:
        """What podman reports about the pod's network card."""
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
        """Return a part of podman's report on the lab's container, such as ``State.Status``."""
        form = f"{{{{json .{what}}}}}"
        return json.loads(self.node.shown("inspect", self.lab, "--format", form))

    def read(self, path: str) -> str:
        """Read a non-empty file, as root."""
        return self.node.shown("exec", self.lab, "cat", path)

    def is_well(self) -> bool:
        """Run the liveness probe as podman does."""
        return self.node.status("healthcheck", "run", self.lab) == 0

    def wait_healthy(self) -> None:
        """Wait until the liveness probe succeeds."""

        def is_well() -> bool:
            return self.is_well() or self._ended()

        labs.wait_until(is_well, f"{self.name} is healthy", 180, every=0.5)

    def _ended(self) -> bool:
        """Fail with the container's log if the container has ended."""
        assert self.inspect("State.Status") == "running", self.log[-3000:]
        return False

    def mount(self, name: str, files: Mapping[str, str]) -> None:
        """Change a ConfigMap or a Secret, as kubelet does after it hears of the change.

        Args:
            name: the name of the ConfigMap or Secret.
            files: its contents by name.
        """
        words = ("python", "-I", "/kubelet.py", f"{VOLUMES}/{name}/_data", json.dumps(files))
        self.node.run(*words)

    def start(self) -> None:
        """Start the pod, with its ConfigMaps and Secrets mounted as Kubernetes does."""
        for one in self.documents:
            if one["kind"] in MOUNTED:
                self.mount(one["metadata"]["name"], files_of(one))
        # Kubelet makes the mount points of volumes that are mounted inside another volume.
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
        """Stop the pod as Kubernetes does; return the lab's exit status."""
        self.node.podman("pod", "stop", self.name)
        return int(self.inspect("State.ExitCode"))


def source_of(volume: Mapping[str, Any]) -> str | None:
    """Return the name of a volume's ConfigMap or Secret; None for another kind of volume."""
    found = volume.get("configMap", {}).get("name") or volume.get("secret", {}).get("secretName")
    return str(found) if found else None
