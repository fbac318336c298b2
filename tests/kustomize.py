"""What a cluster is given: deploy/kubernetes, as kubectl renders it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests import labs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEPLOY = labs.ROOT / "deploy/kubernetes"
OVERLAYS = ("baseline", "privileged")
PAGE = labs.ROOT / "docs/operate/kubernetes.md"
KUBECTL = Path(sys.executable).with_name("kubectl")

Documents = list[dict[str, Any]]


def commands() -> list[str]:
    """Return the page's commands, in its order."""
    blocks = re.findall(r"^```\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def kubectl(*words: str, given: str = "", folder: Path = labs.ROOT) -> str:
    """Run kubectl without a cluster; return what it prints.

    Args:
        *words: the command's arguments.
        given: the command's standard input.
        folder: the working directory.
    """
    nowhere = {**os.environ, "KUBECONFIG": os.devnull, "KUBERNETES_SERVICE_HOST": ""}
    done = subprocess.run(
        [KUBECTL, *words],
        input=given,
        env=nowhere,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def render(folder: Path) -> Documents:
    """Return what ``kubectl apply --kustomize`` sends to a cluster.

    Args:
        folder: a folder with a kustomization.yaml.
    """
    return list(yaml.safe_load_all(kubectl("kustomize", str(folder))))


def the(kind: str, documents: Documents) -> dict[str, Any]:
    """Return the only document of a kind."""
    (found,) = [one for one in documents if one["kind"] == kind]
    return found


def pod_of(documents: Documents) -> dict[str, Any]:
    """Return the template of the class's pod."""
    found: dict[str, Any] = the("StatefulSet", documents)["spec"]["template"]["spec"]
    return found


def write_class(
    folder: Path,
    overlay: str,
    config: str,
    secrets: Mapping[str, bytes] | None = None,
    components: Sequence[str] = (),
) -> Path:
    """Make a class's folder, as docs/operate/kubernetes.md says; return the folder.

    Args:
        folder: the folder to make.
        overlay: one of `OVERLAYS`.
        config: the class's jupyterhub_config.py.
        secrets: the contents of its secret files, by name.
        components: names from deploy/kubernetes/components.
    """
    (folder / "secrets").mkdir(parents=True)
    (folder / "jupyterhub_config.py").write_text(config)
    for name, secret in (secrets or {}).items():
        (folder / "secrets" / name).write_bytes(secret)
    # kubectl accepts folders only as relative paths.
    deploy = os.path.relpath(DEPLOY, folder)
    content: dict[str, Any] = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "class-tests",
        "resources": [f"{deploy}/overlays/{overlay}"],
        "components": [f"{deploy}/components/{name}" for name in components],
        "images": [{"name": "collaborative_jupyterlab", "newName": labs.IMAGE}],
        "configMapGenerator": [{"name": "class-config", "files": ["jupyterhub_config.py"]}],
        "generatorOptions": {"disableNameSuffixHash": True},
    }
    if secrets:
        files = [f"secrets/{name}" for name in secrets]
        content["secretGenerator"] = [{"name": "class-secrets", "files": files}]
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
    return folder
