"""The promises of deploy/kubernetes, as kubectl renders it."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml

from tests import kustomize, labs
from tests.kustomize import OVERLAYS, pod_of, render, the

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kustomize import Documents

OLDEST = "1.27.0"
"""The first version of Kubernetes whose StatefulSets define the retention of their volumes."""
VERSIONS = (OLDEST, *list(dict.fromkeys(kubernetes_validate.utils.all_versions()))[-3:])
"""That version, and those that Kubernetes still maintains."""
BASELINE = {
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
    *("NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
}
"""The capabilities that this Pod Security Standard allows a container to add."""
SAFE_SYSCTLS = {
    *("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range"),
    *("net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies"),
    *("net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports"),
}
"""The sysctls that it allows a pod."""


@pytest.fixture(scope="module")
def rendered() -> dict[str, Documents]:
    return {name: render(kustomize.DEPLOY / "overlays" / name) for name in OVERLAYS}


@pytest.fixture(scope="module")
def everything(
    rendered: dict[str, Documents], tmp_path_factory: pytest.TempPathFactory
) -> Documents:
    """Return the documents of every overlay, and of a class with all components."""
    folder = tmp_path_factory.mktemp("class") / "class"
    secrets = {"github_client_secret": b"secret"}
    kustomize.write_class(folder, "privileged", "", secrets, ("acme", "load-balancer"))
    namespace = (kustomize.DEPLOY / "example-class/namespace.yaml").read_text()
    own = [*render(folder), yaml.safe_load(namespace)]
    found = [*rendered["baseline"], *rendered["privileged"], *own]
    # Many are identical.
    return [json.loads(text) for text in dict.fromkeys(json.dumps(one) for one in found)]


def lab_of(documents: Documents) -> dict[str, Any]:
    (found,) = pod_of(documents)["containers"]
    return dict(found)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_kubernetes_takes_it(everything: Documents, version: str) -> None:
    for one in everything:
        kubernetes_validate.validate(one, version, strict=True)


def test_a_slip_is_no_schemas(rendered: dict[str, Documents]) -> None:
    """Show that the test above can fail."""
    wrong = copy.deepcopy(the("StatefulSet", rendered["baseline"]))
    wrong["spec"]["template"]["spec"]["terminationGraceSeconds"] = 30
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_baseline_asks_for_what_the_pod_security_standard_gives(
    rendered: dict[str, Documents],
) -> None:
    pod, lab = pod_of(rendered["baseline"]), lab_of(rendered["baseline"])
    for shared in ("hostNetwork", "hostPID", "hostIPC"):
        assert shared not in pod
    assert {one["name"] for one in pod["securityContext"]["sysctls"]} <= SAFE_SYSCTLS
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    context = lab["securityContext"]
    assert set(context) == {"allowPrivilegeEscalation", "capabilities"}
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"]["drop"] == ["ALL"]
    assert set(context["capabilities"]["add"]) <= BASELINE
    assert all("hostPath" not in volume for volume in pod["volumes"])
    assert all("hostPort" not in port for port in lab["ports"])
    probes = [lab[name] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    assert all(
        set(probe) & {"exec", "httpGet", "tcpSocket", "grpc"} == {"exec"} for probe in probes
    )


def test_privileged_adds_the_right_to_set_rules_and_nothing_else(
    rendered: dict[str, Documents],
) -> None:
    """The capabilities are then those of docker-compose.yml and of the tests."""
    found = copy.deepcopy(rendered["privileged"])
    rights = lab_of(found)["securityContext"]["capabilities"]["add"]
    assert rights == labs.CAPABILITIES
    rights.remove("NET_ADMIN")
    assert found == rendered["baseline"]


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_probes_are_the_images_own_health_check(rendered: dict[str, Documents], probe: str) -> None:
    text = (labs.ROOT / "Dockerfile").read_text()
    found = re.search(r"^HEALTHCHECK .*\\\n +CMD (\[.*?\])$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    command = json.loads(found.group(1).replace("\\\n", ""))
    assert lab_of(rendered["baseline"])[probe]["exec"]["command"] == command


def test_a_lab_that_is_busy_is_never_stopped(rendered: dict[str, Documents]) -> None:
    """The supervisor gives each part 20 s, and itself 30 s more, before the container ends."""
    lab = lab_of(rendered["baseline"])
    seconds = {
        name: lab[name]["periodSeconds"] * lab[name]["failureThreshold"]
        for name in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    assert seconds == {"startupProbe": 300, "readinessProbe": 45, "livenessProbe": 300}
    assert all(lab[name]["timeoutSeconds"] == 10 for name in seconds)


def test_it_ends_in_order_and_its_work_stays(rendered: dict[str, Documents]) -> None:
    compose = yaml.safe_load((labs.ROOT / "docker-compose.yml").read_text())
    found = the("StatefulSet", rendered["baseline"])["spec"]
    grace = found["template"]["spec"]["terminationGracePeriodSeconds"]
    assert f"{grace}s" == compose["services"]["classroom"]["stop_grace_period"]
    assert found["replicas"] == 1
    assert found["podManagementPolicy"] == "Parallel", "a pod that never starts is replaced"
    assert set(found["persistentVolumeClaimRetentionPolicy"].values()) == {"Retain"}
    (claim,) = found["volumeClaimTemplates"]
    mounts = {one["name"]: one["mountPath"] for one in lab_of(rendered["baseline"])["volumeMounts"]}
    assert mounts[claim["metadata"]["name"]] == "/data"


def test_nothing_of_the_cluster_is_in_the_lab(rendered: dict[str, Documents]) -> None:
    pod = pod_of(rendered["baseline"])
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert "fsGroup" not in pod["securityContext"], "it would open root's files to a group"


def test_what_the_tutor_changes_is_followed(rendered: dict[str, Documents]) -> None:
    """The volumes are whole folders, readable by root alone; a subPath would never change."""
    pod, lab = pod_of(rendered["baseline"]), lab_of(rendered["baseline"])
    mounts = {one["name"]: one for one in lab["volumeMounts"]}
    assert all("subPath" not in one for one in mounts.values())
    volumes = {one["name"]: one for one in pod["volumes"]}
    places = {"config": "/srv/jupyterhub/config", "secrets": "/srv/jupyterhub/config/secrets"}
    for name, place in places.items():
        assert mounts[name]["mountPath"] == place
        assert mounts[name]["readOnly"] is True
        source = volumes[name].get("configMap") or volumes[name]["secret"]
        assert source["defaultMode"] == 0o400
        assert source["optional"] is True
    assert volumes["shared-memory"]["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Gi"}
    assert mounts["shared-memory"]["mountPath"] == "/dev/shm"  # noqa: S108 (in the lab)


def test_memory_is_reserved_for_it(rendered: dict[str, Documents]) -> None:
    """A node that runs out of memory must not stop a class."""
    found = lab_of(rendered["baseline"])["resources"]
    assert found["requests"]["memory"] == found["limits"]["memory"]


@pytest.mark.parametrize("component", ["", "acme"])
def test_what_is_open_leads_to_the_front(tmp_path: Path, component: str) -> None:
    chosen = [component] if component else []
    folder = kustomize.write_class(tmp_path / "class", "baseline", "", components=chosen)
    found = render(folder)
    ports = {"https": (443, 8443)} | ({"http": (80, 8444)} if component else {})
    named = {one["name"]: one["containerPort"] for one in lab_of(found)["ports"]}
    service = {one["targetPort"]: one["port"] for one in the("Service", found)["spec"]["ports"]}
    assert {name: (service[name], named[name]) for name in service} == ports
    assert set(named) == set(service)
    (rule,) = the("NetworkPolicy", found)["spec"]["ingress"]
    assert {one["port"] for one in rule["ports"]} == set(named)
    environment = {one["name"]: one["value"] for one in lab_of(found).get("env", [])}
    assert environment == ({"HTTP_PORT": "80"} if component else {})


def test_the_selectors_are_the_pods(rendered: dict[str, Documents]) -> None:
    found = rendered["baseline"]
    labels = the("StatefulSet", found)["spec"]["template"]["metadata"]["labels"]
    selectors = [
        the("StatefulSet", found)["spec"]["selector"]["matchLabels"],
        the("Service", found)["spec"]["selector"],
        the("NetworkPolicy", found)["spec"]["podSelector"]["matchLabels"],
    ]
    assert selectors == [labels] * 3


def test_the_network_policy_lets_out_names_and_the_internet(
    rendered: dict[str, Documents],
) -> None:
    policy = the("NetworkPolicy", rendered["baseline"])["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    names, internet = policy["egress"]
    assert {(one["port"], one["protocol"]) for one in names["ports"]} == {(53, "UDP"), (53, "TCP")}
    # With one more label, no pod of the cluster's nameserver would match.
    assert names["to"][0]["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}
    assert internet["ports"] == [{"port": 443, "protocol": "TCP"}]
    four, six = (one["ipBlock"] for one in internet["to"])
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= {*four["except"]}
    assert six["cidr"] == "2000::/3"


def test_a_class_of_ones_own(tmp_path: Path) -> None:
    """All of it is in its namespace, and a change of its files keeps their names.

    Deleting it keeps its work: the volume and the namespace are no part of it.
    """
    secrets = {"github_client_secret": b"secret"}
    folder = kustomize.write_class(tmp_path / "class", "baseline", "c = 1\n", secrets)
    for one in (found := render(folder)):
        assert one["metadata"]["namespace"] == "class-tests", one["kind"]
        assert one["kind"] not in {"Namespace", "PersistentVolumeClaim"}
    volumes = {one["name"]: one for one in pod_of(found)["volumes"]}
    assert the("ConfigMap", found)["metadata"]["name"] == volumes["config"]["configMap"]["name"]
    assert the("Secret", found)["metadata"]["name"] == volumes["secrets"]["secret"]["secretName"]
