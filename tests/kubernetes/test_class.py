"""A class in a pod, as docs/operate/kubernetes.md describes it, under each egress lock."""

from __future__ import annotations

import re
import shlex
import ssl
from typing import TYPE_CHECKING

import pytest

from tests import kustomize, labs, logs, students, web
from tests.container.test_rooms import Page, room, saved
from tests.kubernetes.conftest import person

if TYPE_CHECKING:
    from tests.labs import Lab
    from tests.nodes import Node
    from tests.pki import Authority
    from tests.pods import Pod
    from tests.students import Student

LOCKS = {"baseline": "egress lock: sandbox", "privileged": "egress lock: nftables"}


def test_it_starts_with_its_lock_and_nothing_to_warn_of(pod: Pod, overlay: str) -> None:
    assert LOCKS[overlay] in pod.log
    assert logs.unexpected(pod.log) == []
    assert "on this machine" not in pod.log, "who can read files of Kubernetes"


def test_it_has_the_rights_that_the_file_gives_it(pod: Pod) -> None:
    container = kustomize.pod_of(pod.documents)["containers"][0]
    wanted = {f"CAP_{name}" for name in container["securityContext"]["capabilities"]["add"]}
    assert set(pod.inspect("EffectiveCaps")) == set(pod.inspect("BoundingCaps")) == wanted
    status = pod.read("/proc/1/status")
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status, "the runtime's own profile"
    assert pod.inspect("HostConfig.Memory") == 4 * 2**30
    assert (
        pod.inspect("Config.Healthcheck.Test")[1:] == container["livenessProbe"]["exec"]["command"]
    )


def test_people_sign_in_with_github_and_type_in_one_notebook(
    pod: Pod, github: Lab, authority: Authority
) -> None:
    with (
        person(pod, github, authority, "Octocat") as one,
        person(pod, github, authority, "hubot") as other,
    ):
        where = room(one, "both.ipynb")
        mine, theirs = (Page(students.open_socket(who, pod, where)) for who in (one, other))
        mine.type("x = 1843")
        theirs.listen_until(lambda: str(theirs.source) == "x = 1843")
        labs.wait_until(lambda: saved(one, "both.ipynb") == "x = 1843", "it is saved")


def test_programs_can_share_memory(student: Student) -> None:
    code = "import os; found = os.statvfs('/dev/shm'); print(found.f_blocks * found.f_frsize)"
    assert int(student.kernel.run(code)) >= 2**30


def test_students_read_neither_the_configuration_nor_the_secrets(student: Student) -> None:
    for place in ("/srv/jupyterhub/config", "/srv/jupyterhub/config/secrets"):
        assert "PermissionError" in student.kernel.run(f"import os; os.listdir({place!r})")


@pytest.mark.parametrize(
    "command", [line for line in kustomize.commands() if " -- classroom " in line]
)
def test_a_command_of_the_page_works_in_the_pod(pod: Pod, node: Node, command: str) -> None:
    """The last command reads what the one before it has written."""
    what, mark, file = re.split(r"(?: ([<>]) |$)", command.partition(" -- ")[2])[:3]
    options = ["--interactive"] if "--stdin" in command else []
    words = ["podman", "exec", *options, pod.lab, *what.split()]
    place = f"{mark} /root/{file}" if mark else ""
    node.run("sh", "-c", f"{shlex.join(words)} {place}")


def test_a_name_in_the_config_map_is_let_in_without_a_restart(
    pod: Pod, github: Lab, authority: Authority
) -> None:
    begun = pod.inspect("State.StartedAt")
    hosts = {labs.HOST: pod.ip, labs.GITHUB: github.ip}

    def enters() -> bool:
        with web.browser(hosts, authority.crt) as client:
            page = web.sign_in_with_github(client, labs.ADDRESS, "stranger")
            return page.status_code == 200

    assert not enters()
    (before,) = [one["data"] for one in pod.documents if one["kind"] == "ConfigMap"]
    text = before["jupyterhub_config.py"].replace('"hubot"]', '"hubot", "stranger"]')
    pod.mount("class-config", {"jupyterhub_config.py": text})
    labs.wait_until(enters, "a new name is let in", every=1)
    assert pod.inspect("State.StartedAt") == begun


def test_a_certificate_in_the_secret_is_used_without_a_restart(
    pod: Pod, secrets: dict[str, bytes], authority: Authority
) -> None:
    renewed = authority.issue(labs.HOST)
    changed = {**secrets, "ssl.crt": renewed.crt, "ssl.key": renewed.key}
    pod.mount("class-secrets", {name: text.decode() for name, text in changed.items()})

    def is_used() -> bool:
        found = ssl.get_server_certificate((pod.ip, 8443))
        return found.strip() == renewed.crt.decode().strip()

    labs.wait_until(is_used, "the renewed certificate")


def test_a_container_that_ends_is_started_again_in_its_pod(
    pod: Pod, node: Node, github: Lab, authority: Authority
) -> None:
    """It finds the pod's files of names as the egress lock has left them."""
    begun = pod.inspect("State.StartedAt")
    node.run("kill", "-KILL", str(pod.inspect("State.Pid")))
    labs.wait_until(lambda: pod.inspect("State.StartedAt") != begun, "it is started again")
    pod.wait_healthy()
    with person(pod, github, authority, "Octocat") as client:
        assert client.get(f"{labs.ADDRESS}{students.BASE}/api/contents").is_success


def test_what_was_typed_is_in_the_next_pod(
    pod: Pod, node: Node, github: Lab, authority: Authority
) -> None:
    with person(pod, github, authority, "Octocat") as client:
        page = Page(students.open_socket(client, pod, room(client, "kept.ipynb")))
        page.type("kept = True")
        assert pod.stop() == 0
    node.down(pod)
    node.play(pod.documents)
    pod.wait_healthy()
    with person(pod, github, authority, "Octocat") as client:
        assert saved(client, "kept.ipynb") == "kept = True"
