"""What `make up` decides before and after the container runs, with this machine's own parts."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests import labs
from tools import addresses, build, classes, ports, remembered, time_zone

if TYPE_CHECKING:
    from pathlib import Path


def test_the_port_and_the_name_are_kept_where_compose_reads_them(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert remembered.remember({}, file) == (8443, "")
    assert remembered.remember({"PORT": "8443"}, file) == (8443, "")
    assert not file.exists(), "the usual port needs no file"
    assert remembered.remember({"PORT": "9443", "CLASS": "physics"}, file) == (9443, "physics")
    assert file.stat().st_mode & 0o777 == 0o600, "a client secret may be in it"
    assert remembered.remember({}, file) == (9443, "physics")
    assert remembered.remember({"PORT": "8443"}, file) == (8443, "physics")
    assert file.read_text() == "PORT=8443\nCLASS=physics\n"


def test_the_port_for_plain_http_is_kept_too(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert remembered.http_port({}, file) is None
    assert remembered.remember({"PORT": "443", "HTTP_PORT": "80"}, file) == (443, "")
    assert file.read_text() == "PORT=443\nHTTP_PORT=80\n"
    assert remembered.http_port({}, file) == 80
    assert remembered.remember({"HTTP_PORT": "8080"}, file) == (443, "")
    assert file.read_text() == "PORT=443\nHTTP_PORT=8080\n"


def test_what_else_is_in_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfGITHUB_CLIENT_SECRET=s\r\nexport PORT = '1'\r\n# PORT=3\nTZ=UTC")
    assert remembered.remember({"PORT": "9443", "CLASS": "a"}, file) == (9443, "a")
    assert file.read_bytes() == (
        b"\xef\xbb\xbfGITHUB_CLIENT_SECRET=s\r\nPORT=9443\r\n# PORT=3\nTZ=UTC\nCLASS=a\n"
    )


def test_a_byte_order_mark_hides_no_port(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xef\xbb\xbfPORT=7443\n")
    assert remembered.remember({}, file) == (7443, "")


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"PORT": "https"}, "PORT=https is not a port"),
        ({"PORT": "0"}, "a number from 1 to 65535"),
        ({"PORT": "84430"}, "a number from 1 to 65535"),
        ({"CLASS": "Physics 2"}, "CLASS=Physics 2 can't be used: give small letters"),
        ({"CLASS": "-x"}, "can't be used"),
    ],
)
def test_what_docker_would_not_take(
    tmp_path: Path, environment: dict[str, str], words: str
) -> None:
    with pytest.raises(remembered.SettingError, match=words):
        remembered.remember(environment, tmp_path / ".env")
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_another_encoding_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes("PORT=9443\n".encode("utf-16"))
    with pytest.raises(remembered.SettingError, match="save it as text in UTF-8"):
        remembered.remember({}, file)


def test_a_port_that_a_program_has_is_told_with_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not ports.is_free(port)
        said = ports.sentence(port, [])
        assert f"Port {port} is taken by another program" in said
        other = int(said.rpartition("PORT=")[2].rstrip(")."))
        assert ports.is_free(other)
    assert ports.is_free(port)


def test_a_port_that_a_container_has_is_told_with_its_name() -> None:
    said = ports.sentence(8443, ["wiki"])
    assert said.startswith("Port 8443 is taken by the container wiki: stop it (docker stop wiki)")
    assert "make up HTTP_PORT=" in ports.sentence(80, ["wiki"], "HTTP_PORT")


@pytest.mark.parametrize(
    "said",
    [
        "Bind for 0.0.0.0:8443 failed: port is already allocated",
        "driver failed: listen tcp4 0.0.0.0:8443: bind: address already in use",
        "ports are not available: exposing port TCP 0.0.0.0:8443 -> 127.0.0.1:0",
    ],
)
def test_what_docker_says_of_a_taken_port(said: str) -> None:
    assert ports.TAKEN.search(said)


def test_another_folder_is_told_from_one_that_was_moved(tmp_path: Path) -> None:
    here, other = tmp_path / "here", tmp_path / "other"
    here.mkdir()
    assert not classes.is_another(here, here)
    assert not classes.is_another(other, here), "it was moved here"
    other.mkdir()
    assert classes.is_another(other, here)
    (tmp_path / "link").symlink_to(here)
    assert not classes.is_another(tmp_path / "link", here)


@pytest.mark.parametrize("options", [(), ("--running",)])
def test_without_docker_every_command_says_so(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.classes", *options],
        cwd=labs.ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == f"{classes.NO_DOCKER}\n"


@pytest.mark.parametrize(
    ("address", "useful"),
    [
        ("192.168.178.20", True),
        ("130.60.1.2", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("169.254.3.4", False),
    ],
)
def test_addresses_that_others_can_use(address: str, useful: bool) -> None:  # noqa: FBT001
    assert addresses.is_for_others(address) is useful


def test_this_machines_addresses_are_its_own() -> None:
    for address in addresses.of_network():
        with socket.socket() as probe:
            probe.bind((address, 0))  # this fails for another machine's address


def test_a_name_counts_only_if_it_leads_here() -> None:
    assert addresses.resolves_to("localhost", ["127.0.0.1"])
    assert not addresses.resolves_to("localhost", ["192.168.178.20"])
    assert not addresses.resolves_to("no.such.host.invalid", ["192.168.178.20"])


STEP = "RUN echo && uv pip install -r /build/tutor/requirements.txt"
# BuildKit prints it like this, apart from the frame around the installer's message.
FAILED = f"""\
#20 [build 9/9] {STEP}
#20 1.093   x No solution found when resolving dependencies:
#20 ERROR: process "/bin/bash -o pipefail -c …" did not complete successfully: exit code: 1
------
 > [build 9/9] {STEP}:
1.093   x No solution found when resolving dependencies:
1.093   `-> Because there are no versions of nosuchpackage
------
Dockerfile:140
--------------------
failed to solve: process "/bin/bash …" did not complete successfully: exit code: 1
"""


def test_a_build_that_fails_ends_with_the_installers_words() -> None:
    said = build.explanation(FAILED)
    assert said.startswith("requirements.txt can't be installed: correct it and run make up")
    assert said.endswith(
        "x No solution found when resolving dependencies:\n"
        "  `-> Because there are no versions of nosuchpackage"
    )


@pytest.mark.parametrize("name", build.TUTORS)
def test_a_build_that_fails_says_in_whose_file(name: str) -> None:
    assert build.explanation(FAILED.replace("requirements.txt", name)).startswith(name)


def test_a_build_that_fails_elsewhere() -> None:
    said = build.explanation("ERROR: failed to solve: debian:stable: lookup: no such host\n")
    assert said.endswith("lookup: no such host")
    assert "The disk is full" in build.explanation("write /x: no space left on device")


def test_the_step_of_a_build_is_read() -> None:
    found = build.STEP.match("#12 [build  3/9] RUN apt-get update")
    assert found is not None
    assert found.groups() == ("build", "3/9")
    assert build.STEP.match("#12 0.412 [notice] x") is None


def test_the_machines_time_zone_is_named(tmp_path: Path) -> None:
    zones = tmp_path / "zoneinfo/Europe"
    zones.mkdir(parents=True)
    (zones / "Zurich").touch()
    link, name = tmp_path / "localtime", tmp_path / "timezone"
    assert time_zone.named(link, name) == "", "there is neither"
    name.write_text("Asia/Kolkata\n")
    assert time_zone.named(link, name) == "Asia/Kolkata"
    link.symlink_to(zones / "Zurich")
    assert time_zone.named(link, name) == "Europe/Zurich"
    assert time_zone.use({"TZ": "UTC"}, {}) == time_zone.use({}, {"TZ": "UTC"}) == {}


OF_TUTORS = (
    "addresses",
    "backup",
    "base_image",
    "build",
    "check",
    "classes",
    "compose",
    "engine",
    "engine_trouble",
    "invitations",
    "ports",
    "progress",
    "remembered",
    "time_zone",
    "up",
)


@pytest.mark.parametrize("name", OF_TUTORS)
def test_what_a_tutors_own_python_runs(name: str) -> None:
    """It is Python 3.9, as on macOS and Debian 11, without anything that must be installed."""
    parsed = ast.parse((labs.ROOT / f"tools/{name}.py").read_text(), feature_version=(3, 9))
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(parsed)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {
        str(node.module).partition(".")[0]
        for node in ast.walk(parsed)
        if isinstance(node, ast.ImportFrom)
    }
    assert imported - sys.stdlib_module_names <= {"tools"}
