"""What the lab's user can't reach, and which ports are open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from classroom.runtime.lab_users import STUDENT
from tests import labs
from tests.container.conftest import IN_THE_WORLD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.labs import Lab

OUT_OF_REACH = (
    "/srv/jupyterhub/config/jupyterhub_config.py",
    "/srv/jupyterhub/config/secrets/ssl.key",
    "/data/hub/jupyterhub.sqlite",
    "/data/hub/cookie_secret",
    "/run/classroom/front/tls/ssl.key",
    "/run/classroom/front/front.conf",
)


@pytest.mark.parametrize("path", OUT_OF_REACH)
@pytest.mark.parametrize("user", ["classroom", "student", "front"])
def test_secrets_are_unreadable(github_lab: Lab, user: str, path: str) -> None:
    assert github_lab.run("test", "-e", path)[0] == 0, "the test looks at nothing"
    status, output = github_lab.run("cat", path, user=user)
    assert status != 0
    assert "Permission denied" in output


@pytest.mark.parametrize("path", ["/data/history", "/run/classroom/lab.json"])
def test_the_labs_own_is_unreadable_for_students(github_lab: Lab, path: str) -> None:
    status, output = github_lab.run("ls", f"{path}/", user="student")
    assert status != 0
    assert "Permission denied" in output or "Not a directory" in output


def test_trial_passphrases_are_unreadable(trial_lab: Lab) -> None:
    path = "/data/hub/trial_tutor_passphrase"
    assert trial_lab.run("test", "-e", path)[0] == 0
    assert trial_lab.run("cat", path, user="classroom")[0] != 0


def test_the_client_secret_is_in_no_environment_of_the_lab(tmp_path: Path) -> None:
    """The secret is in the container's environment, but the Hub does not pass it on."""
    config = "c.Authenticator.allowed_users = {'octocat'}"
    folder = labs.write_folder(tmp_path / "tutor", config, None)
    environment = {
        "GITHUB_CLIENT_ID": labs.CLIENT_ID,
        "GITHUB_CLIENT_SECRET": labs.CLIENT_SECRET,
        "OAUTH_CALLBACK_URL": labs.CALLBACK,
    }
    with labs.start(folder, environment=environment) as lab:
        lab.wait_healthy()
        place = f"/proc/{lab.pid('classroom.lab --config')}/environ"
        _, found = lab.run("cat", place, user="classroom")
        assert "JUPYTERHUB_SERVICE_NAME" in found, "the test looks at nothing"
        assert "JUPYTERHUB_API_TOKEN" not in found
        assert labs.CLIENT_SECRET not in found
        assert "GITHUB" not in found
        assert labs.CLIENT_SECRET not in lab.log


@dataclass(frozen=True)
class Listener:
    """A row of /proc/net/tcp{,6} in state LISTEN, or of /proc/net/udp{,6}."""

    address: str
    port: int
    uid: int
    inode: str


def listeners(lab: Lab, protocol: str) -> list[Listener]:
    _, tables = lab.run("sh", "-c", f"tail -qn +2 /proc/net/{protocol} /proc/net/{protocol}6")
    rows = [line.split() for line in tables.splitlines()]
    found = [
        Listener(row[1].partition(":")[0], int(row[1].partition(":")[2], 16), int(row[7]), row[9])
        for row in rows
        if protocol == "udp" or row[3] == "0A"
    ]
    # Docker's own resolver, 127.0.0.11, listens in user-defined networks.
    return [row for row in found if row.address != "0B00007F"]


HUBS_DOOR, STUDENTS_DOOR = "0200007F", "0300007F"  # 127.0.0.2 and .3, as /proc writes them
TUNNELS_DOOR = "0400007F"


@pytest.mark.parametrize("plain", [True, False])
def test_only_8443_listens(plain: bool, tmp_path: Path) -> None:  # noqa: FBT001 (a table)
    """No student's code runs yet; with nftables the proxy's doors listen, too."""
    with labs.start(labs.write_folder(tmp_path / "tutor", None, None), plain=plain) as lab:
        lab.wait_healthy()
        tcp = {(row.address.strip("0"), row.port) for row in listeners(lab, "tcp")}
        udp = {(row.address, row.port) for row in listeners(lab, "udp")}
        doors = set() if plain else {(HUBS_DOOR.strip("0"), 443), (STUDENTS_DOOR.strip("0"), 443)}
        doors |= set() if plain else {(TUNNELS_DOOR.strip("0"), 443)}
        assert tcp == {("", 8443)} | doors
        assert udp == (set() if plain else {(STUDENTS_DOOR, 53)})


@IN_THE_WORLD
@pytest.mark.usefixtures("student")
def test_what_else_listens_is_a_kernels_debugger_on_loopback(locked_lab: Lab) -> None:
    """ipykernel's debugger uses TCP; all other listeners are students' own programs."""
    kernels = [f"/proc/{pid}/fd" for pid in locked_lab.pids("ipykernel_launcher")]
    assert kernels, "the test looks at nothing"
    _, owned = locked_lab.run("ls", "-l", *kernels, user="student")
    others = [
        row
        for row in listeners(locked_lab, "tcp")
        if row.port != 8443 and row.address not in {HUBS_DOOR, STUDENTS_DOOR, TUNNELS_DOOR}
    ]
    # Students' programs of other tests may still listen.
    assert {row.uid for row in others} == {STUDENT.uid}
    of_kernels = [row.address for row in others if f"socket:[{row.inode}]" in owned]
    assert of_kernels, "the debugger's port"
    assert set(of_kernels) <= {"0100007F", "00000000000000000000000001000000"}


def capabilities(lab: Lab, pattern: str, line: str) -> int:
    return int(lab.process(lab.pid(pattern))[line], 16)


@pytest.mark.parametrize("lab_name", ["github_lab", "trial_lab"])
def test_capabilities(lab_name: str, request: pytest.FixtureRequest) -> None:
    """The Hub keeps five; the lab has none and can't gain any, even if Docker gave more."""
    lab: Lab = request.getfixturevalue(lab_name)
    chown, dac_override, kill, setgid, setuid = 0, 1, 5, 6, 7
    kept = sum(1 << bit for bit in (chown, dac_override, kill, setgid, setuid))
    assert capabilities(lab, "classroom.hub --config", "CapBnd") == kept
    assert capabilities(lab, "classroom.hub --config", "CapEff") == kept
    for line in ("CapEff", "CapPrm", "CapAmb"):
        assert capabilities(lab, "classroom.lab --config", line) == 0
    assert capabilities(lab, "classroom.lab --config", "NoNewPrivs") == 1


def test_users(trial_lab: Lab) -> None:
    _, table = trial_lab.run("ps", "axo", "user:20,args")
    owners = {
        name: line.split()[0]
        for line in table.splitlines()
        for name in ("tini", "classroom.hub --", "nginx: master", "nginx: worker", "classroom.lab")
        if name in line
    }
    assert owners == {
        "tini": "root",
        "classroom.hub --": "root",
        "nginx: master": "root",
        "nginx: worker": "front",
        "classroom.lab": "classroom",
    }


def test_no_program_lends_its_owners_rights(trial_lab: Lab) -> None:
    assert trial_lab.run("find", "/", "-xdev", "-type", "f", "-perm", "/6000")[1] == ""


def test_no_compilers_and_no_node_in_the_image(trial_lab: Lab) -> None:
    for program in ("gcc", "cc", "g++", "make", "node", "npm", "perl-doc", "git"):
        assert trial_lab.run("sh", "-c", f"command -v {program}")[1] == ""


def test_health_is_true_only_when_hub_and_lab_answer(trial_lab: Lab) -> None:
    trial_lab.expected.append(r"\[error\] .* upstream timed out|unresponsive for")
    assert trial_lab.run("classroom", "health") == (0, "Hub: ok, classroom: ok\n")
    for pattern, part in (("classroom.lab --config", "classroom"), ("classroom.hub --", "Hub")):
        trial_lab.run("pkill", "-STOP", "-f", pattern)
        try:
            status, report = trial_lab.run("classroom", "health")
        finally:
            trial_lab.run("pkill", "-CONT", "-f", pattern)
        assert status == 1, report
        assert f"{part}: ok" not in report
    assert trial_lab.run("classroom", "health")[0] == 0
