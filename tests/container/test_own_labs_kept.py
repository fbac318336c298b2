"""People's own labs over time: they stop when idle, are limited, and are in backups."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from tests import labs, own_labs
from tests.container.test_backup import backed_up, taken_in
from tests.own_labs import ask, base, enter, is_open, look, number
from tests.students import Student, open_socket

if TYPE_CHECKING:
    from pathlib import Path

    from testcontainers.core.network import Network

    from tests.labs import Lab
    from tests.pki import Authority

REFUSED = (
    *own_labs.EXPECTED,
    *(r"Error starting ", r"\[E .*HTTP 503", r"503 GET /hub/spawn(-pending)?/"),
    own_labs.NEW_TOKENS,
)


def save(client: object, name: str, file: str, text: str) -> None:
    content = {"type": "file", "format": "text", "content": text}
    told = ask(client, name, "PUT", f"api/contents/{file}", json=content)  # type: ignore[arg-type]
    assert told.is_success, told.text


def read(client: object, name: str, file: str) -> str:
    told = ask(client, name, "GET", f"api/contents/{file}")  # type: ignore[arg-type]
    assert told.is_success, told.text
    return str(told.json()["content"])


def server(lab: Lab, name: str) -> list[int]:
    return lab.pids("classroom.lab --config", f"lab{number(lab, name)}-server")


def test_a_lab_that_nobody_uses_stops_and_is_there_again(
    network: Network, github: Lab, authority: Authority, tmp_path: Path
) -> None:
    """It does not stop while somebody is there or a kernel runs; only a limited number may run."""
    config = f"{own_labs.CONFIG}c.Classroom.idle_lab_timeout = 12\nc.Classroom.max_labs = 1\n"
    folder = labs.write_folder(tmp_path / "tutor", config, authority)
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(labs.start(folder, network=network, expected=REFUSED))
        lab.wait_healthy()
        ada = stack.enter_context(own_labs.sign_in(lab, github, authority.crt, "Octocat"))
        grace = stack.enter_context(own_labs.sign_in(lab, github, authority.crt, "hubot"))
        enter(ada, "octocat")
        save(ada, "octocat", "kept.txt", "kept")
        with open_socket(ada, lab, "classroom/api/live", base=base("octocat")):
            refused = grace.get(f"{labs.ADDRESS}/hub/spawn/hubot")
            assert "as may run at once (1)" in refused.text
            kernel = ask(ada, "octocat", "POST", "api/kernels", json={"name": "python3"}).json()
            (before,) = server(lab, "octocat")
        # The page has closed, and the kernel keeps the lab running. Both files are written soon
        # after.
        runtime = "/run/classroom/labs/1/jupyter"
        labs.wait_until(lambda: '"here": []' in lab.run("cat", f"{runtime}/here.json")[1], "nobody")
        labs.wait_until(
            lambda: lab.run("cat", f"{runtime}/idle.json")[1] == '{"since": null}', "used"
        )
        assert server(lab, "octocat") == [before]
        assert ask(ada, "octocat", "DELETE", f"api/kernels/{kernel['id']}").is_success
        labs.wait_until(lambda: not server(lab, "octocat"), "the lab has stopped")
        assert lab.pids("", "lab1") == []
        assert lab.run("ls", "/run/classroom/routes")[1] == ""
        enter(grace, "hubot")  # now hubot may start one
        # It has stopped once its last snapshot is made; until then the page says that it is
        # stopping.
        labs.wait_until(lambda: look(ada, "octocat").status_code == 424, "it has stopped")
        labs.wait_until(lambda: not server(lab, "hubot"), "the other has stopped")
        enter(ada, "octocat")
        assert read(ada, "octocat", "kept.txt") == "kept"
        # The owner goes back to the snapshot from when the lab stopped.
        save(ada, "octocat", "kept.txt", "spoilt")
        listed = labs.wait_until(
            lambda: ask(ada, "octocat", "GET", "classroom/api/snapshots").json().get("snapshots"),
            "the snapshot",
            60,
        )
        address = f"classroom/api/snapshots/{listed[-1]['id']}/restore"
        told = ask(ada, "octocat", "POST", address, json={"path": "kept.txt"})
        assert told.is_success, told.text
        assert read(ada, "octocat", "kept.txt") == "kept"


def test_who_is_no_tutor_any_more_leaves_others_labs(
    network: Network, github: Lab, authority: Authority, tmp_path: Path
) -> None:
    """It takes effect within three seconds of the save; they stay in their own lab."""
    config = own_labs.CONFIG.replace('admin_users = ["mona"]', 'admin_users = ["mona", "hubot"]')
    folder = labs.write_folder(tmp_path / "tutor", config, authority)
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(labs.start(folder, network=network, expected=own_labs.EXPECTED))
        lab.wait_healthy()
        ada = stack.enter_context(own_labs.sign_in(lab, github, authority.crt, "Octocat"))
        hubot = stack.enter_context(own_labs.sign_in(lab, github, authority.crt, "hubot"))
        enter(ada, "octocat")
        enter(hubot, "hubot")
        assert is_open(hubot, "octocat") is not None
        theirs = stack.enter_context(
            open_socket(hubot, lab, "classroom/api/live", base=base("octocat"))
        )
        own = stack.enter_context(open_socket(hubot, lab, "classroom/api/live", base=base("hubot")))
        (folder / "jupyterhub_config.py").write_text(own_labs.CONFIG)
        labs.wait_until(lambda: theirs.close_code is not None or not _hear(theirs), "they are out")
        assert is_open(hubot, "octocat") is None
        assert is_open(hubot, "hubot") is not None
        assert own.close_code is None


def _hear(socket: object) -> bool:
    """Read what has arrived; say whether a socket is still open."""
    try:
        socket.recv(timeout=0.1)  # type: ignore[attr-defined]
    except TimeoutError:
        return True
    except Exception:  # noqa: BLE001 (it is closed, for whatever reason)
        return False
    return True


def test_a_group_of_the_file_is_followed_as_it_is_saved(
    network: Network, github: Lab, authority: Authority, tmp_path: Path
) -> None:
    """New members may enter and work; former ones are out, and stay in their own labs."""
    groups = "c.Classroom.groups = {}\n"
    alone, both = (
        groups.format({"team-a": ["hubot"]}),
        groups.format({"team-a": ["octocat", "hubot"]}),
    )
    refused = (r"403 (PUT|DELETE) /user/", r"40[34] GET /hub/")
    with (
        own_labs.started(
            *(tmp_path / "tutor", authority, network),
            config=own_labs.CONFIG + alone,
            expected=refused,
        ) as lab,
        own_labs.sign_in(lab, github, authority.crt, "Octocat") as ada,
        own_labs.sign_in(lab, github, authority.crt, "hubot") as grace,
    ):
        file = tmp_path / "tutor" / "jupyterhub_config.py"
        enter(ada, "octocat")
        enter(grace, "hubot")
        assert is_open(grace, "octocat") is None
        file.write_text(own_labs.CONFIG + both)
        labs.wait_until(lambda: is_open(grace, "octocat"), "the group holds")
        grace.headers["X-XSRFToken"] = str(grace.cookies.get("_xsrf", path=f"{base('octocat')}/"))
        save(grace, "octocat", "guest.txt", "from a guest")
        assert is_open(ada, "hubot") is not None
        page = grace.get(f"{labs.ADDRESS}/hub/home").text
        assert 'href="/user/octocat/lab"' in page
        assert 'data-stop="octocat"' not in page
        with (
            open_socket(grace, lab, "classroom/api/live", base=base("octocat")) as theirs,
            open_socket(grace, lab, "classroom/api/live", base=base("hubot")) as own,
        ):
            file.write_text(own_labs.CONFIG + alone)
            labs.wait_until(lambda: not _hear(theirs), "they are out")
            assert _hear(own)
        assert is_open(grace, "octocat") is None
        assert is_open(grace, "hubot") is not None


def test_a_backup_has_every_lab(
    network: Network, github: Lab, authority: Authority, volume: str, tmp_path: Path
) -> None:
    """Another volume has the labs of the class's volume afterwards, and nobody else's."""
    folder = labs.write_folder(tmp_path / "tutor", own_labs.CONFIG, authority)
    with labs.start(folder, network=network, expected=own_labs.EXPECTED, volume=volume) as lab:
        lab.wait_healthy()
        assert lab.run("sh", "-c", "echo old > /data/files/old.txt")[0] == 0
        with own_labs.sign_in(lab, github, authority.crt, "hubot") as grace:
            enter(grace, "hubot")
            save(grace, "hubot", "mine.txt", "mine")
        with own_labs.sign_in(lab, github, authority.crt, "Octocat") as ada:
            enter(ada, "octocat")
            save(ada, "octocat", "hers.txt", "hers")
            data = backed_up(lab)
    made = subprocess.run(
        ["docker", "volume", "create", "--label", f"{labs.LABEL}={labs.ROOT}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    try:
        with labs.start(folder, network=network, expected=own_labs.EXPECTED, volume=made) as lab:
            lab.wait_healthy()
            status, said = taken_in(lab, data)
            assert status == 0, said
        with labs.start(folder, network=network, expected=own_labs.EXPECTED, volume=made) as lab:
            lab.wait_healthy()
            assert lab.read("/data/files/old.txt") == "old\n"
            with own_labs.sign_in(lab, github, authority.crt, "Octocat") as ada:
                enter(ada, "octocat")
                assert number(lab, "octocat") == 2
                assert read(ada, "octocat", "hers.txt") == "hers"
                save(ada, "octocat", "hers.txt", "again")
            owner = lab.run("stat", "-c", "%u %g %a", "/data/labs/2/files/hers.txt")[1].split()
            assert owner[:2] == ["20008", "20008"]
    finally:
        subprocess.run(["docker", "volume", "rm", made], capture_output=True, check=False)


FILL = "x = bytearray({size} * 2**20)\nfor at in range(0, len(x), 4096): x[at] = 1"
ENDED = "ended: this lab's programs together used"


def test_a_lab_keeps_to_its_share_of_the_memory(
    network: Network, github: Lab, authority: Authority, tmp_path: Path
) -> None:
    """Each of its kernels alone fits into the limit, but not both; the class may use more."""
    config = f"{own_labs.CONFIG}c.Classroom.memory_limit = '2G'\n"
    folder = labs.write_folder(tmp_path / "tutor", config, authority)
    expected = (*own_labs.EXPECTED, ENDED, r"kernel \S+ restarted")
    with contextlib.ExitStack() as stack:
        lab = stack.enter_context(labs.start(folder, network=network, expected=expected))
        lab.wait_healthy()
        ada = stack.enter_context(own_labs.sign_in(lab, github, authority.crt, "Octocat"))
        in_class = Student(ada, lab, place="/data/files/attempts.py")
        assert in_class.kernel.run(FILL.format(size=700)) == ""
        enter(ada, "octocat")
        small, large = (own_labs.student(ada, lab, "octocat") for _ in range(2))
        assert small.kernel.run(FILL.format(size=120)) == ""
        assert ENDED not in lab.log
        with contextlib.suppress(TimeoutError, ConnectionClosed):  # it ends before it answers
            assert large.kernel.run(FILL.format(size=480)) == ""
        labs.wait_until(lambda: ENDED in lab.log, "the end of the larger one")
        assert "(limit 512 MB for each lab), and this kernel used the most" in lab.log
        assert small.kernel.run("print(len(x) // 2**20)") == "120\n"
        assert in_class.kernel.run("print(len(x) // 2**20)") == "700\n"
