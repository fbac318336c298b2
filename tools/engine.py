"""Provide a Docker engine with BuildKit and Compose.

If an engine answers, this changes nothing. If not, it installs the distribution's own packages as
root on Debian, and starts the daemon; on other systems it tells the person what to install. Run as
``python3 -m tools.engine``.
"""

from __future__ import annotations

import getpass
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tools import engine_trouble

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGES = ("docker.io", "docker-cli", "docker-buildx", "docker-compose")
APT = Path("/etc/apt")
DOCKERFILE = Path(__file__).resolve().parent.parent / "Dockerfile"
DAEMON_LOG = Path("/var/log/dockerd.log")
PERSONS_CONFIG = Path("/etc/docker/daemon.json")
# Without this configuration BuildKit keeps all layers of all builds until the disk is full.
OUR_CONFIG = Path(__file__).resolve().parent / "daemon.json"
START_SECONDS = 90

INSTALL_BY_HAND = (
    "There is no Docker here, and this script only installs it as root on Debian: install Docker "
    "Engine with buildx and compose, or Docker Desktop (https://docs.docker.com/engine/install/), "
    "start it, check that `docker info` works for you, and run the same command again."
)


def argument(name: str, dockerfile: str) -> str:
    """Read the default of a build argument.

    Args:
        name: the name of the argument, which the file declares with a default.
        dockerfile: the text of a Dockerfile.
    """
    found = re.search(rf"^ARG {name}=(\S+)$", dockerfile, re.MULTILINE)
    assert found is not None, f"the Dockerfile declares no ARG {name}"  # noqa: S101 (ours)
    return found.group(1)


SUITE = argument("DEBIAN", DOCKERFILE.read_text(encoding="utf-8"))
"""The release of Debian in the image, and for the engine's packages."""
PYTHON = argument("PYTHON", DOCKERFILE.read_text(encoding="utf-8"))
"""The version of that release's Python, such as 3.13."""


class EngineError(Exception):
    """The engine can't be provided; the message says what the person should do."""


def mirror(sources: str) -> tuple[str, str | None]:
    """Find the Debian mirror in apt's configured sources.

    Args:
        sources: the joined text of ``sources.list`` and ``sources.list.d``, in the one-line
            or the deb822 format of sources.list(5).

    Returns:
        The mirror's address, and the keyring that signs it if the source names one.

    Raises:
        EngineError: no enabled source offers Debian's main archive.
    """
    for stanza in re.split(r"\n\s*\n", sources):
        fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.+)$", stanza, re.MULTILINE))
        if fields.get("Enabled", "yes").strip().lower() in {"no", "false"}:
            continue
        for uri in fields.get("URIs", "").split():
            if uri.rstrip("/").endswith("/debian"):
                return uri, fields.get("Signed-By", "").strip() or None
    for options, uri in re.findall(
        r"^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+\S+\s+.*\bmain\b", sources, re.MULTILINE
    ):
        if uri.rstrip("/").endswith("/debian"):
            signed = re.search(r"signed-by=(\S+)", options)
            return uri, signed.group(1) if signed else None
    raise EngineError(
        "No Debian archive stands in /etc/apt/sources.list.d: add one, or install Docker by hand."
    )


def source_stanza(uri: str, keyring: str | None) -> str:
    """Return a deb822 source for the suite that has a current engine.

    Args:
        uri: the mirror's address.
        keyring: the keyring that signs it; None for apt's default.
    """
    signed = f"Signed-By: {keyring}\n" if keyring else ""
    return f"Types: deb\nURIs: {uri}\nSuites: {SUITE}\nComponents: main\n{signed}"


def pin() -> str:
    """Return apt preferences with which the added suite upgrades no package by itself."""
    return f"Package: *\nPin: release n={SUITE}\nPin-Priority: 100\n"


def os_release(text: str) -> dict[str, str]:
    """Return the fields of os-release(5).

    Args:
        text: the file's text.
    """
    fields = re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)
    return {key: value.strip("\"'") for key, value in fields}


PLUGINS_MISSING = (
    "A Docker engine answers, but `docker {plugin}` doesn't work: install that plugin "
    "(https://docs.docker.com/engine/install/) and run the same command again."
)


def works(*words: str) -> bool:
    """Say whether a docker command succeeds."""
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", *words], capture_output=True, check=False).returncode == 0


def answers() -> bool:
    """Say whether an engine answers."""
    return works("info")


def this_system() -> dict[str, str]:
    """Read os-release; the result is empty on systems without it, such as macOS."""
    file = Path("/etc/os-release")
    return os_release(file.read_text(encoding="utf-8")) if file.exists() else {}


def apt_sources() -> str:
    """Read all of apt's configured sources as one text."""
    files = [APT / "sources.list", *sorted((APT / "sources.list.d").glob("*.sources"))]
    files += sorted((APT / "sources.list.d").glob("*.list"))
    return "\n\n".join(file.read_text(encoding="utf-8") for file in files if file.is_file())


def apt_get(*words: str) -> None:
    """Run apt-get without questions, and show its output.

    Raises:
        EngineError: apt-get failed.
    """
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if subprocess.run(["apt-get", "-qq", *words], env=environment, check=False).returncode != 0:
        raise EngineError(f"apt-get {' '.join(words)} failed: see its message above.")


def offers(sources: str, suite: str) -> bool:
    """Say whether apt's configured sources have a suite.

    os-release can't tell this: packages from a later suite may have upgraded base-files.

    Args:
        sources: apt's sources, as for `mirror`.
        suite: its codename.
    """
    return re.search(rf"^(?:Suites:|deb\s).*\s{suite}(?:\s|$)", sources, re.MULTILINE) is not None


def install() -> None:
    """Install the engine's packages, from a later suite if this one's are too old."""
    sources = apt_sources()
    if not offers(sources, SUITE):
        (APT / f"sources.list.d/{SUITE}.sources").write_text(source_stanza(*mirror(sources)))
        (APT / f"preferences.d/{SUITE}").write_text(pin())
    apt_get("update")
    # Only these four packages and the dependencies that need it come from the later suite. With
    # `-t` apt would take every dependency from there, even libc and base-files: do that only if the
    # first way fails, because both suites are already mixed.
    gentle = [f"{package}/{SUITE}" for package in PACKAGES]
    install = ["install", "--yes", "--no-install-recommends"]
    rehearsal = ["apt-get", "--simulate", *install, *gentle]
    if subprocess.run(rehearsal, capture_output=True, check=False).returncode == 0:
        apt_get(*install, *gentle)
    else:
        apt_get(*install, "-t", SUITE, *PACKAGES)


def daemon_command(*, persons_own: bool) -> list[str]:
    """Return the command that starts dockerd.

    Args:
        persons_own: whether the person has configured the daemon; dockerd then reads their file.
    """
    return ["dockerd"] if persons_own else ["dockerd", "--config-file", str(OUR_CONFIG)]


def start() -> None:
    """Start dockerd in its own session, and wait until it answers.

    Raises:
        EngineError: it did not answer in time; the message contains the log's last lines.
    """
    with DAEMON_LOG.open("ab") as log:
        # With its own session the daemon outlives this command and its terminal.
        daemon = subprocess.Popen(
            daemon_command(persons_own=PERSONS_CONFIG.exists()),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        # A second dockerd ends at once if systemd has just started the first.
        if time.monotonic() > deadline:
            tail = "\n".join(DAEMON_LOG.read_text(errors="replace").splitlines()[-5:])
            state = "ended" if daemon.poll() is not None else "runs"
            raise EngineError(f"dockerd {state} but doesn't answer; {DAEMON_LOG} ends:\n{tail}")
        time.sleep(0.25)


def ensure_engine() -> None:
    """Check that an engine answers, or provide one.

    Raises:
        EngineError: it can't be provided here; the message says what to do.
    """
    if not answers():
        provide()
    # An engine that answers is never changed, even if a plugin is missing.
    for plugin in ("buildx", "compose"):
        if not works(plugin, "version"):
            raise EngineError(PLUGINS_MISSING.format(plugin=plugin))


def provide() -> None:
    """Install and start an engine.

    Raises:
        EngineError: it can't be done here; the message says what to do.
    """
    if os.geteuid() != 0 or this_system().get("ID") != "debian":
        if shutil.which("docker") is None:
            raise EngineError(INSTALL_BY_HAND)
        raise EngineError(
            engine_trouble.cure(engine_trouble.complaint(), getpass.getuser(), platform.system())
        )
    if shutil.which("dockerd") is None or shutil.which("docker") is None:
        print("No Docker engine here: installing Debian's (about a minute) …", flush=True)
        install()
    if not answers():
        print("Starting dockerd …", flush=True)
        start()


def status_of(step: Callable[[], None]) -> int:
    """Run a step of the set-up; if it fails, print why in one sentence.

    Args:
        step: the step.

    Returns:
        The command's exit status.
    """
    try:
        step()
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(status_of(ensure_engine))
