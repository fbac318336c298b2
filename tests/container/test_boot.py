"""The start: its time limit, and what the lab may request from the Hub."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import docker
import pytest

from tests import beside, labs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.labs import Lab


def test_a_start_that_hangs_ends(tmp_path: Path) -> None:
    folder = labs.write_folder(tmp_path / "tutor", "while True: pass", None)
    code = "from classroom import boot; boot.DEADLINE_SECONDS = 2; boot.main()"
    container = docker.from_env().containers.run(
        labs.IMAGE,
        ["-c", code],
        entrypoint="python",
        detach=True,
        labels=labs.LABELS,
        volumes={str(folder): {"bind": "/srv/jupyterhub/config", "mode": "ro"}},
    )
    try:
        assert container.wait(timeout=30)["StatusCode"] == 1
        assert "The start took more than 2 s: giving up." in container.logs().decode()
    finally:
        container.remove(force=True)


def test_one_line_per_step(trial_lab: Lab) -> None:
    start, begun, _ = trial_lab.log.partition("starting on ")
    lines = f"{start}{begun}".splitlines()
    steps = [line.split("] ")[1].split(":")[0] for line in lines if " classroom] " in line]
    assert [step for step in steps if not step.startswith("/data")] == [
        "settings",
        "tls",
        "egress lock",
        "sign-in",
        "lab",
    ]


def test_the_labs_own_token_opens_nothing_of_the_hub(trial_lab: Lab) -> None:
    """The service has no scopes: with a stolen token nobody could even list users."""
    script = """
import http.client, json, socket, sys
token, found = sys.argv[1], {}
for path in ("/hub/api/users", "/hub/api/services", "/hub/api/proxy", "/hub/api/info"):
    connection = http.client.HTTPConnection("hub")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect("/run/classroom/hub/hub.sock")
    connection.request("GET", path, headers={"Authorization": f"token {token}"})
    found[path] = connection.getresponse().status
print(json.dumps(found))
"""
    trial_lab.expected.append(r"403 GET /hub/api/|Not authorizing access to /hub/api/")
    token = json.loads(trial_lab.run("cat", "/run/classroom/handover.json")[1])["lab_token"]
    status, output = trial_lab.run("python", "-c", script, token, user="classroom")
    assert status == 0, output
    assert set(json.loads(output).values()) == {403}


def is_seen_alike(lab: Lab, root: Path, user: str) -> bool:
    inside = lab.look(labs.PROCESSES, "", user)
    return beside.processes(root, "", user) == [tuple(one) for one in inside]


def test_what_this_machine_sees_of_a_lab_is_what_a_program_in_it_sees(trial_lab: Lab) -> None:
    """Where possible, tests read processes, files and the log from outside the container."""
    root = beside.root(trial_lab.container)
    if root is None:
        pytest.skip("the engine is elsewhere, or the tests aren't root")
    for user in ("root", "classroom", "front"):
        assert beside.processes(root, "", user)
        labs.wait_until(partial(is_seen_alike, trial_lab, root, user), f"the same of {user}")
    trial_lab.run("sh", "-c", "printf seen > /data/files/seen.txt")
    for place in ("/data/files/seen.txt", "/home/classroom/seen.txt"):  # a link leads to the second
        assert beside.read(root, place) == "seen"
    with pytest.raises(FileNotFoundError):
        beside.read(root, "/data/no-such-file")
    assert beside.read(root, "/proc/net/tcp") is None, "it would be this machine's"
    whole = trial_lab.container.logs().decode()
    assert trial_lab.log.startswith(whole)
