"""The README's commands, run as a tutor types them in a copy of the repository."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import shutil
import socket
import subprocess
import uuid
from typing import TYPE_CHECKING

import docker
import pytest

from tests import labs, web
from tests.labs import Lab
from tools import addresses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A clone doesn't have these: tools' own files, and files that a developer has filled in.
LEFT_OUT = {".git", ".venv", "artifacts", "jupyterhub_config.py", "requirements.txt", "materials"}

# Variables that make passes to the makes that it starts.
OF_ANOTHER_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"}


class Tutor:
    """A person with a clone, a project name and a port of their own."""

    def __init__(self, folder: Path, name: str = "") -> None:
        """Be a tutor in a folder; the name is the class's, and also that of its image."""
        once = uuid.uuid4().hex[:8]
        self.folder, self.name = folder, name or f"of-tests-{once}"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.project = f"classroom-test-{once}"

    def make(
        self, *words: str, folder: Path | None = None, port: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run make; only `make up` gets the port in its environment, as a tutor sets it once."""
        given = {"PORT": str(port or self.port)} if words[0] == "up" else {}
        return subprocess.run(
            ["make", *words],
            cwd=folder or self.folder,
            env={**self.environment, **given},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a class of its own, so that the tests replace nobody's image or lab.

        It hides any outer make (`make test`): a make that knows it was started by another one
        prints the folder that it enters.
        """
        own = {"COMPOSE_PROJECT_NAME": self.project, "CLASS": self.name}
        inherited = {k: v for k, v in os.environ.items() if k not in OF_ANOTHER_MAKE}
        return {**inherited, **own}

    def on_a_terminal(self, *words: str) -> str:
        """Run make with a terminal, as if a person watched; return its output."""
        watched, terminal = pty.openpty()
        with subprocess.Popen(
            ["make", *words],
            cwd=self.folder,
            env=self.environment,
            stdout=terminal,
            stderr=terminal,
        ) as running:
            os.close(terminal)
            seen = b""
            with contextlib.suppress(OSError):  # the terminal was closed
                while more := os.read(watched, 65536):
                    seen += more
        os.close(watched)
        assert running.returncode == 0, seen
        return seen.decode()


@contextlib.contextmanager
def tutor_in(folder: Path, name: str = "") -> Iterator[Tutor]:
    """Be a tutor in a folder, which will get a clone; then remove container, volume and image."""
    made = Tutor(folder, name)
    try:
        yield made
    finally:
        words = ["docker", "compose", "--project-name", made.project, "down", "--volumes"]
        subprocess.run(words, cwd=folder, env=made.environment, check=True, capture_output=True)
        images = [f"{made.project}:last", f"collaborative_jupyterlab-{made.name}"]
        subprocess.run(["docker", "rmi", *images], check=False, capture_output=True)


@pytest.fixture
def tutor(tmp_path: Path) -> Iterator[Tutor]:
    with tutor_in(clone(tmp_path / "clone")) as made:
        yield made


def clone(folder: Path) -> Path:
    """Make a folder with the files that a clone of this checkout would have."""
    folder.mkdir()
    for entry in labs.ROOT.iterdir():
        if entry.name not in LEFT_OUT and not entry.name.endswith("_cache"):
            copy = shutil.copytree if entry.is_dir() else shutil.copy2
            copy(entry, folder / entry.name)
    return folder


def container(tutor: Tutor) -> str:
    """Return the id of the container that runs the class."""
    words = ["docker", "compose", "--project-name", tutor.project, "ps", "--format", "{{.ID}}"]
    done = subprocess.run(
        [*words, "--no-trunc"],
        cwd=tutor.folder,
        env=tutor.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_make_up_and_down(tutor: Tutor) -> None:
    done = tutor.make("up")
    assert done.returncode == 0, done.stdout + done.stderr
    kept, building, *_ = done.stdout.splitlines()
    assert kept == f"PORT={tutor.port}, CLASS={tutor.name}: kept in .env."
    assert building == "Building the image: minutes the first time, seconds after that."
    assert "#1 " not in done.stdout + done.stderr, "the build's own words"
    assert "The lab answers after" in done.stdout
    after = done.stdout.partition("The lab answers after")[2].splitlines()[1:]
    assert [line[:13] for line in after if line][:2] == ["Students     ", "Tutor        "]
    assert f"https://localhost:{tutor.port}" in done.stdout
    for address in addresses.of_network():
        assert f"https://{address}:{tutor.port}" in done.stdout
    assert "If a device in the same network can't open it" in done.stdout
    assert f"allow TCP port {tutor.port} in the provider's firewall" in done.stdout
    passphrase = re.search(r"Students .*passphrase +(\S+)", done.stdout)
    assert passphrase is not None

    with web.browser({}) as client:
        answer = client.get(f"https://localhost:{tutor.port}/hub/login")
    assert answer.status_code == 200

    assert passphrase.group(1) in tutor.make("sign-in").stdout
    assert f"https://localhost:{tutor.port}" in tutor.make("sign-in").stdout
    assert (tutor.folder / ".env").read_text() == f"PORT={tutor.port}\nCLASS={tutor.name}\n"
    assert "\033[97;40m" in tutor.on_a_terminal("sign-in"), "no picture of the address"
    assert tutor.make("down").returncode == 0
    # The new container has the same passphrase, because the volume stayed.
    again = tutor.make("up")
    assert passphrase.group(1) in again.stdout


def test_make_up_takes_a_changed_configuration(tutor: Tutor) -> None:
    """The tutor changes from the trial to GitHub, with a mistake in between, while the lab runs."""
    assert "TRIAL" in tutor.make("up").stdout
    assert (tutor.folder / "materials").stat().st_uid == os.getuid()
    file = tutor.folder / "jupyterhub_config.py"
    file.write_text("c.Authenticator.allowed_user = {'octocat'}\n")
    before = container(tutor)
    done = tutor.make("up")
    assert done.returncode != 0
    goes_on, wrong, *_ = done.stderr.splitlines()
    assert goes_on == "The lab goes on as it was: it would not start with this configuration."
    assert wrong.startswith("Wrong: ")
    assert "did you mean allowed_users?" in wrong
    assert container(tutor) == before, "nobody's lesson ends by a mistake"
    with web.browser({}) as client:
        assert client.get(f"https://localhost:{tutor.port}/hub/login").status_code == 200
    file.write_text(labs.GITHUB_CONFIG.replace("secrets/ca.crt", "no.crt"))
    done = tutor.make("up")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Open {labs.ADDRESS} and sign in with GitHub" in done.stdout
    assert "Warning: secrets/ssl.crt and secrets/ssl.key are missing" in done.stderr
    with web.browser({}) as client:
        page = client.get(f"https://localhost:{tutor.port}/")
    assert page.status_code == 421, "a page by another name than the configured one"
    assert f"This classroom is at <a href='{labs.ADDRESS}'>" in page.text
    file.write_text("c.Authenticator.allowed_user = {'octocat'}\n")
    said = tutor.make("sign-in")
    assert "did you mean allowed_users?" in said.stderr
    assert "Traceback" not in said.stderr


def test_that_anybody_may_enter_is_said_wherever_a_tutor_looks(tutor: Tutor) -> None:
    file = tutor.folder / "jupyterhub_config.py"
    config = labs.GITHUB_CONFIG.replace("secrets/ca.crt", "no.crt")
    file.write_text(f"{config}c.Authenticator.allow_all = True\n")
    done = tutor.make("up")
    assert done.returncode == 0, done.stdout + done.stderr
    said = "ANYBODY who has a GitHub account may enter, because c.Authenticator.allow_all is set."
    assert f"Warning: sign-in: {said}" in done.stderr
    assert said in done.stdout
    for command in ("sign-in", "check", "users"):
        done = tutor.make(command)
        assert said in done.stdout + done.stderr, command
    file.write_text(config)
    for command in ("check", "users"):
        done = tutor.make(command)
        assert "ANYBODY" not in done.stdout + done.stderr, command


def test_make_check_says_what_a_start_would_and_ends_no_class(tutor: Tutor) -> None:
    """`make check` stops, starts and changes none of a running class's containers."""
    assert tutor.make("up").returncode == 0

    before = container(tutor)
    done = tutor.make("check")
    assert done.returncode == 0, done.stdout + done.stderr
    file = tutor.folder / "jupyterhub_config.py"
    file.write_text("c.Authenticator.allowed_user = {'octocat'}\n")
    done = tutor.make("check")
    assert done.returncode != 0
    assert "did you mean allowed_users?" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert container(tutor) == before
    with web.browser({}) as client:
        assert client.get(f"https://localhost:{tutor.port}/hub/login").status_code == 200


def test_a_taken_port_and_a_package_that_is_not_there_end_no_lab(tutor: Tutor) -> None:
    assert tutor.make("up").returncode == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = tutor.make("up", port=port)
    assert done.returncode != 0
    assert f"Port {port} is taken by another program on this machine" in done.stderr
    (tutor.folder / "requirements.txt").write_text("no-such-package-of-anybody==99\n")
    done = tutor.make("up")
    assert done.returncode != 0
    words, _, reason = done.stderr.partition("requirements.txt can't be installed: correct it")
    assert "RUN" in words, "all of the build's words come first"
    assert "no-such-package-of-anybody" in reason
    assert "Traceback" not in done.stderr
    with web.browser({}) as client:
        assert client.get(f"https://localhost:{tutor.port}/hub/login").status_code == 200


def test_a_command_in_another_folder_reaches_no_class_of_this_one(
    tutor: Tutor, tmp_path: Path
) -> None:
    assert tutor.make("up").returncode == 0
    other = tmp_path / "other"
    shutil.copytree(tutor.folder, other, ignore=shutil.ignore_patterns(".env"))
    for words in (("down",), ("up",), ("restore-backup", "FILE=Makefile"), ("users",)):
        done = tutor.make(*words, folder=other)
        assert done.returncode != 0
        assert f"The class in {tutor.folder} is under the same name" in done.stderr
    assert tutor.make("users").returncode == 0, "it still runs"


def test_two_classes_on_one_machine(tutor: Tutor) -> None:
    """Each has its own image, volume and container: compose derives their names from its name."""
    environment = {
        name: value for name, value in tutor.environment.items() if "COMPOSE" not in name
    }
    for name, project in (("", "collaborative-jupyterlab"), ("physics", "-physics")):
        said = subprocess.run(
            ["docker", "compose", "config", "--format", "json"],
            cwd=tutor.folder,
            env={**environment, "CLASS": name},
            capture_output=True,
            text=True,
            check=True,
        )
        found = json.loads(said.stdout)
        assert found["name"].endswith(project)
        assert found["services"]["classroom"]["image"].endswith(name or "jupyterlab")
        assert found["volumes"]["data"]["name"] == f"{found['name']}_data"


def test_make_up_with_a_mistake(tutor: Tutor) -> None:
    mistake = "c.Authenticator.allowed_user = {'octocat'}\n"
    (tutor.folder / "jupyterhub_config.py").write_text(mistake)
    done = tutor.make("up")
    assert done.returncode != 0
    assert "jupyterhub_config.py:1: Authenticator.allowed_user" in done.stderr
    assert "did you mean allowed_users?" in done.stderr
    assert done.stderr.count("Not started.") == 1, "said once, however often Docker tried"
    words = ["docker", "compose", "--project-name", tutor.project, "ps", "--quiet"]
    running = subprocess.run(words, cwd=tutor.folder, capture_output=True, text=True, check=True)
    assert running.stdout == "", "Docker would try without end"


def lab_of(tutor: Tutor) -> Lab:
    """Find the lab that a tutor's make has started."""
    words = ["docker", "compose", "--project-name", tutor.project, "ps", "--quiet", "--no-trunc"]
    done = subprocess.run(
        words, cwd=tutor.folder, env=tutor.environment, capture_output=True, text=True, check=True
    )
    return Lab(docker.from_env().containers.get(done.stdout.strip()), None)


def inside(tutor: Tutor, script: str) -> str:
    """Run a shell command in the running lab, as root; return what it prints."""
    return lab_of(tutor).printed("sh", "-c", script)


def test_a_backup_is_written_and_moves_to_another_machine(tutor: Tutor) -> None:
    assert tutor.make("up").returncode == 0
    inside(tutor, "echo work > /data/files/work.txt")
    done = tutor.make("backup", "FILE=lab.tgz")
    assert done.returncode == 0, done.stdout + done.stderr
    file = tutor.folder / "lab.tgz"
    assert file.stat().st_mode & 0o777 == 0o600
    assert not file.with_name("lab.tgz.part").exists()
    done = tutor.make("backup", "FILE=lab.tgz")
    assert done.returncode != 0
    assert "is there already" in done.stderr

    # On another machine there would be no volume yet, and no running lab.
    words = ["docker", "compose", "--project-name", tutor.project, "down", "--volumes"]
    subprocess.run(words, cwd=tutor.folder, check=True, capture_output=True)
    done = tutor.make("restore-backup", "FILE=lab.tgz")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "make up starts the lab with it" in done.stdout
    assert tutor.make("up").returncode == 0
    assert inside(tutor, "cat /data/files/work.txt") == "work\n"

    # Restore into a running lab: it restarts, and its former files are kept.
    inside(tutor, "echo newer > /data/files/newer.txt")
    done = tutor.make("restore-backup", "FILE=lab.tgz")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is kept in /data/kept/" in done.stdout
    assert "The lab answers after" in done.stdout
    assert inside(tutor, "cat /data/files/newer.txt") == ""
    assert inside(tutor, "cat /data/kept/*/files/newer.txt") == "newer\n"


OWN_LABS = f"{labs.PASSPHRASE_CONFIG}c.Classroom.personal_labs = True\n"
TAKE = """/opt/classroom/bin/python -c '
from classroom.runtime.ipc import client
from classroom.runtime.paths import Paths
place = Paths().of_lab(1).snapshots_socket
client.ask(place, "/snapshots", body={"why": "asked"}, seconds=60)
'"""
KEPT = {"essay.txt": "hers", "notes/day.txt": "monday"}


def in_lab_of_ada(tutor: Tutor, content: str | None = None) -> dict[str, str]:
    """Write content, if given, into each of the files; return what is in them."""
    for name in KEPT if content is not None else ():
        inside(tutor, f"printf %s {content} > /data/labs/1/files/{name}")
    return {name: inside(tutor, f"cat /data/labs/1/files/{name}") for name in KEPT}


def test_a_tutor_restores_somebodys_own_lab_and_nothing_else(tutor: Tutor) -> None:
    """The tutor restores one file, then all; the class's file of the same name stays unchanged."""
    (tutor.folder / "jupyterhub_config.py").write_text(OWN_LABS)
    done = tutor.make("up")
    assert done.returncode == 0, done.stdout + done.stderr
    address = f"https://localhost:{tutor.port}"
    with web.browser({}) as ada:
        web.sign_in_with_passphrase(ada, address, "ada", labs.PASSPHRASE)
        assert ada.get(f"{address}/hub/spawn/ada").is_success
        own = f"{address}/user/ada"
        labs.wait_until(lambda: ada.get(f"{own}/lab").url.path == "/user/ada/lab", "her lab", 90)
        headers = {
            "X-XSRFToken": str(ada.cookies.get("_xsrf", path="/user/ada/")),
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Dest": "empty",
        }
        bodies: dict[str, dict[str, str]] = {"notes": {"type": "directory"}}
        for name, content in KEPT.items():
            bodies[name] = {"type": "file", "format": "text", "content": content}
        for name, body in bodies.items():
            told = ada.put(f"{own}/api/contents/{name}", json=body, headers=headers)
            assert told.is_success, told.text
    inside(tutor, "echo ours > /data/files/essay.txt")
    labs.wait_until(lambda: inside(tutor, f"{TAKE} && echo taken") == "taken\n", "a snapshot")
    listed = tutor.make("snapshots", "LAB=ada")
    assert listed.returncode == 0, listed.stderr
    snapshot = listed.stdout.splitlines()[1].split()[0]

    assert set(in_lab_of_ada(tutor, "spoilt").values()) == {"spoilt"}
    wanted = f"SNAPSHOT={snapshot}"
    done = tutor.make("restore", wanted, "LAB=ada", "FILE=notes/day.txt")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"1 file restored from snapshot {snapshot}" in done.stdout
    assert in_lab_of_ada(tutor) == {"essay.txt": "spoilt", "notes/day.txt": "monday"}
    in_lab_of_ada(tutor, "spoilt")
    done = tutor.make("restore", wanted, "LAB=1")  # `make labs` lists its number
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"files restored from snapshot {snapshot}" in done.stdout
    assert in_lab_of_ada(tutor) == KEPT
    assert inside(tutor, "cat /data/files/essay.txt") == "ours\n"

    # The class has no such snapshot, and nobody else has a lab.
    assert tutor.make("restore", wanted).returncode != 0
    done = tutor.make("restore", wanted, "LAB=grace")
    assert done.returncode != 0
    assert "There is no such lab: `make labs` lists them by number." in done.stderr
    assert inside(tutor, "cat /data/files/essay.txt") == "ours\n"
    assert in_lab_of_ada(tutor) == KEPT


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("backup",), "Name a file"),
        (("restore-backup",), "Name a file"),
        (("restore-backup", "FILE=none.tgz"), "There is no file none.tgz."),
        (("restore-backup", "FILE=Makefile"), "Makefile is not a backup of this lab"),
    ],
)
def test_what_is_no_backup_is_a_sentence(tutor: Tutor, words: tuple[str, ...], said: str) -> None:
    done = tutor.make(*words)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words", [("users",), ("labs",), ("egress",), ("snapshots",), ("restore", "SNAPSHOT=x")]
)
def test_what_needs_a_lab_says_that_none_runs(tutor: Tutor, words: tuple[str, ...]) -> None:
    done = tutor.make(*words)
    assert done.returncode != 0
    assert done.stderr.startswith("The lab doesn't run: make up starts it.\n")


def test_make_help_names_every_command(tutor: Tutor) -> None:
    shown = tutor.make("help").stdout
    tutors = ("up", "down", "logs", "snapshots", "restore", "backup", "restore-backup", "sign-in")
    for command in (*tutors, "build", "test", "lint", "bench", "lock"):
        assert re.search(rf"make {command} +\w", shown), command
