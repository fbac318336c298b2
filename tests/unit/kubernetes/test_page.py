"""docs/operate/kubernetes.md, as a new admin follows it: the tests copy each command from it."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import kubernetes_validate
import pytest
import yaml

from tests import kustomize, labs
from tests.kustomize import KUBECTL, the

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = kustomize.commands()
OF_SHELL = ("cp", "mkdir")
OF_CLUSTER = [line for line in COMMANDS if line.startswith("kubectl") and " kustomize " not in line]
OURS = "deploy/kubernetes/algebra"
NOWHERE = """apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: "https://127.0.0.1:9"}}]
users: [{name: none, user: {token: none}}]
contexts: [{name: none, context: {cluster: none, user: none}}]
current-context: none
"""
"""A cluster at a port that nobody listens on."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The repository's folder after the page's first steps, with a secret."""
    shutil.copytree(kustomize.DEPLOY, tmp_path / "deploy/kubernetes")
    for line in COMMANDS:
        if line.split()[0] in OF_SHELL:
            subprocess.run(shlex.split(line), cwd=tmp_path, check=True)
    (tmp_path / OURS / "secrets/github_client_secret").write_text("secret")
    return tmp_path


def test_every_command_is_one_that_is_tried() -> None:
    assert len(OF_CLUSTER) > 10
    known = {*OF_SHELL, "docker", "kubectl"}
    assert {line.split()[0] for line in COMMANDS} == known


def test_a_class_is_what_the_page_says(checkout: Path) -> None:
    (command,) = [line for line in COMMANDS if line.startswith("kubectl kustomize")]
    printed = kustomize.kubectl(*shlex.split(command)[1:], folder=checkout)
    found = list(yaml.safe_load_all(printed))
    namespace = yaml.safe_load((checkout / OURS / "namespace.yaml").read_text())
    assert {one["metadata"]["namespace"] for one in found} == {namespace["metadata"]["name"]}
    assert the("Service", found)["spec"]["type"] == "LoadBalancer"
    for one in (*found, namespace):
        kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)
    (pushed,) = [line for line in COMMANDS if line.startswith("docker push")]
    assert kustomize.pod_of(found)["containers"][0]["image"] == pushed.split()[-1]
    config = the("ConfigMap", found)["data"]["jupyterhub_config.py"]
    assert config == (checkout / OURS / "jupyterhub_config.py").read_text()


def test_the_other_lock_and_the_other_components_are_a_line_each(checkout: Path) -> None:
    place = checkout / OURS / "kustomization.yaml"
    text = place.read_text()
    changed = text.replace("  - ../overlays/baseline       # or ", "  - ")
    changed = re.sub(r"# - (\.\./components|secrets/)", r"- \1", changed)
    assert changed.count("#") == text.count("#") - 4
    place.write_text(changed)
    for name in ("ssl.crt", "ssl.key"):
        (checkout / OURS / "secrets" / name).write_text(name)
    found = kustomize.render(checkout / OURS)
    rights = kustomize.pod_of(found)["containers"][0]["securityContext"]["capabilities"]
    assert "NET_ADMIN" in rights["add"]
    assert {one["port"] for one in the("Service", found)["spec"]["ports"]} == {443, 80}
    assert set(the("Secret", found)["data"]) == {"github_client_secret", "ssl.crt", "ssl.key"}


@pytest.mark.parametrize("command", OF_CLUSTER)
def test_a_command_is_one_of_kubectls(command: str, checkout: Path) -> None:
    """kubectl accepts every argument, and then finds no cluster."""
    (checkout / "config").write_text(NOWHERE)
    (checkout / "algebra.tgz").touch()
    done = subprocess.run(
        ["sh", "-c", command.replace("kubectl", f"{KUBECTL} --kubeconfig config", 1)],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "127.0.0.1:9" in done.stderr, "no word of it was wrong"


@pytest.mark.parametrize("command", OF_CLUSTER)
def test_a_command_is_about_what_is_there(command: str, checkout: Path) -> None:
    words = shlex.split(command)
    found = kustomize.render(checkout / OURS)
    kinds = {one["kind"].lower(): one["metadata"]["name"] for one in found}
    for word in words:
        kind, _, name = word.partition("/")
        if kind in kinds and name:
            assert kinds[kind] == name
        if word.startswith("deploy/"):
            assert (checkout / word).exists()
    if "--namespace" in words:
        namespace = the("StatefulSet", found)["metadata"]["namespace"]
        assert words[words.index("--namespace") + 1] == namespace
    if "exec" in words or "logs" in words:
        assert f"{kinds['statefulset']}-0" in words
    if "port-forward" in words:
        outside = int(words[-1].partition(":")[2])
        assert outside in {one["port"] for one in the("Service", found)["spec"]["ports"]}


@pytest.mark.parametrize("command", [line for line in COMMANDS if " classroom " in line])
def test_a_command_in_the_pod_is_one_of_the_labs(command: str) -> None:
    name = shlex.split(command.partition(" -- classroom ")[2])[0]
    source = (labs.ROOT / "src/classroom/__main__.py").read_text()
    assert f'"{name}"' in source
