"""Decisions of `make` on the host, with plain values."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import labs
from tools import base_image, compose, engine, engine_trouble
from tools.engine import SUITE

DEB822 = """\
Types: deb
# a comment
URIs: http://mirror.example.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.org/debian-security
Suites: bookworm-security
Components: main
"""


def test_the_mirror_is_found_in_deb822() -> None:
    assert engine.mirror(DEB822) == (
        "http://mirror.example.org/debian",
        "/usr/share/keyrings/debian-archive-keyring.gpg",
    )


def test_the_mirror_is_found_in_one_line_format() -> None:
    lines = (
        "deb https://packages.example.com/apt tool main\n"
        "deb [signed-by=/k.gpg] https://mirror.example.org/debian/ bookworm main contrib\n"
    )
    assert engine.mirror(lines) == ("https://mirror.example.org/debian/", "/k.gpg")


def test_a_disabled_source_is_no_mirror() -> None:
    with pytest.raises(engine.EngineError, match="No Debian archive"):
        engine.mirror("Enabled: no\n" + DEB822)


def test_no_mirror_is_a_sentence() -> None:
    with pytest.raises(engine.EngineError, match="No Debian archive"):
        engine.mirror("")


@pytest.mark.parametrize(
    ("sources", "there"),
    [
        (DEB822, False),
        (f"{DEB822}\nTypes: deb\nURIs: http://m/debian\nSuites: {SUITE} {SUITE}-updates\n", True),
        (f"{DEB822}\nTypes: deb\nURIs: http://m/debian\nSuites: stable {SUITE}\n", True),
        (f"deb http://m/debian {SUITE} main\n", True),
        (f"deb http://m/debian {SUITE}-security main\n", False),
        (f"# deb http://m/debian {SUITE} main\n", False),
        (engine.source_stanza("http://m/debian", None), True),
    ],
)
def test_what_the_sources_offer(sources: str, there: bool) -> None:  # noqa: FBT001
    """apt's sources count, not os-release: base-files may come from a later suite."""
    assert engine.offers(sources, SUITE) is there


def test_the_added_source_upgrades_nothing_by_itself() -> None:
    assert "Pin-Priority: 100" in engine.pin()
    stanza = engine.source_stanza("http://mirror.example.org/debian", "/k.gpg")
    assert f"Suites: {SUITE}\n" in stanza
    assert "Signed-By: /k.gpg\n" in stanza


def test_os_release() -> None:
    found = engine.os_release('ID=debian\nVERSION_CODENAME="bookworm"\n')
    assert found == {"ID": "debian", "VERSION_CODENAME": "bookworm"}


def test_the_made_image_gets_security_updates() -> None:
    text = base_image.image_sources("http://mirror.example.org/debian/")
    assert "URIs: http://mirror.example.org/debian-security\n" in text
    assert f"Suites: {SUITE}-security\n" in text


def test_the_debian_release_and_its_python_stand_in_one_place() -> None:
    """A change of the release changes one line, and the line of its Python below it."""
    files = [labs.ROOT / name for name in ("Dockerfile", "Makefile", "docker-compose.yml")]
    for folder in ("src", "tools", "tests", "benchmarks"):
        files += [file for file in (labs.ROOT / folder).rglob("*") if file.suffix in {".py", ""}]
    named = re.compile(rf"\b{SUITE}\b|python{re.escape(engine.PYTHON)}\b")
    found = [
        (file.relative_to(labs.ROOT).as_posix(), line)
        for file in files
        if file.is_file()
        for line in file.read_text(encoding="utf-8").splitlines()
        if named.search(line)
    ]
    assert found == [("Dockerfile", f"ARG DEBIAN={SUITE}")]


@pytest.mark.parametrize(
    ("listing", "found"),
    [
        ("", ("", "")),
        ('{"Service":"classroom","State":"running","Health":"healthy"}\n', ("running", "healthy")),
        ('[{"Service":"classroom","State":"restarting","Health":""}]', ("restarting", "")),
        ('{"Service":"other","State":"running"}\n', ("", "")),
    ],
)
def test_compose_state(listing: str, found: tuple[str, str]) -> None:
    assert compose.state(listing) == found


SOCKET = "unix:///var/run/docker.sock"


@pytest.mark.parametrize(
    ("said", "system", "words"),
    [
        (
            "permission denied while trying to connect to the Docker daemon socket at "
            f"{SOCKET}: dial unix /var/run/docker.sock: connect: permission denied",
            "Linux",
            "sudo usermod -aG docker mona",
        ),
        (
            f"Cannot connect to the Docker daemon at {SOCKET}. Is the docker daemon running?",
            "Linux",
            "sudo systemctl start docker",
        ),
        (
            "Cannot connect to the Docker daemon at unix:///Users/mona/.docker/run/docker.sock.",
            "Darwin",
            "doesn't run: start Docker Desktop, then",
        ),
        ("failed to parse the context", "Linux", "It says: failed to parse the context"),
    ],
)
def test_an_engine_that_does_not_answer_has_a_cure(said: str, system: str, words: str) -> None:
    assert words in engine_trouble.cure(said, "mona", system)


def test_an_engine_limits_its_build_cache_unless_the_person_has_configured_it() -> None:
    assert engine.daemon_command(persons_own=True) == ["dockerd"]
    *_, option, file = engine.daemon_command(persons_own=False)
    assert option == "--config-file"
    limits = json.loads(Path(file).read_text())["builder"]["gc"]
    assert limits["enabled"], "dockerd 26 keeps all by default"
    assert limits["defaultKeepStorage"] == "10GB"


@pytest.mark.skipif(shutil.which("dockerd") is None, reason="no engine is installed")
def test_dockerd_accepts_our_configuration() -> None:
    command = [*engine.daemon_command(persons_own=False), "--validate"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
