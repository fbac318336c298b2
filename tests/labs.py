"""Start the built image as people do, and read what it prints."""

from __future__ import annotations

import contextlib
import datetime as dt
import inspect
import ipaddress
import json
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker
import httpx
import requests
from testcontainers.core.container import DockerContainer

from tests import beside, logs, runtime
from tests.beside import ContainerLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from docker.models.containers import Container
    from testcontainers.core.network import Network

    from tests.pki import Authority

ROOT = Path(__file__).parent.parent
IMAGE = os.environ.get("CLASSROOM_IMAGE", "collaborative_jupyterlab")
ARTIFACTS = ROOT / "artifacts"
LABEL = "classroom-test"
# The label belongs to this folder only: another copy's tests may be running at the same time.
LABELS = {LABEL: str(ROOT)}
HOST = "lab.classroom.test"
GITHUB = "github.classroom.test"
ADDRESS = f"https://{HOST}:8443"
CALLBACK = f"{ADDRESS}/hub/oauth_callback"
CLIENT_ID, CLIENT_SECRET = "Iv1.standin", "standin-secret-0123456789"
# The same as in docker-compose.yml; tests/unit/test_compose.py compares the two.
CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "SETUID", "SETGID", "KILL", "SETPCAP", "NET_ADMIN"]

# What Hub and lab server log once they listen, and the front's name in their health check.
LISTENING = ("JupyterHub is now running at", " is running at:\n")
FROM_INSIDE = {"Host": "127.0.0.1:8443"}

GITHUB_CONFIG = f"""c.Classroom.snapshot_interval = 0
USERS = ["Octocat", "hubot"]
c.Authenticator.allowed_users = USERS
c.Authenticator.admin_users = ["mona"]
c.GitHubOAuthenticator.allowed_organizations = ["moon"]
c.GitHubOAuthenticator.scope = ["read:org"]
c.GitHubOAuthenticator.oauth_callback_url = "{CALLBACK}"
c.GitHubOAuthenticator.client_id = "{CLIENT_ID}"
c.GitHubOAuthenticator.client_secret = "{CLIENT_SECRET}"
c.GitHubOAuthenticator.github_url = "https://{GITHUB}"
c.OAuthenticator.http_request_kwargs = {{"ca_certs": "/srv/jupyterhub/config/secrets/ca.crt"}}
"""
"""Without automatic snapshots, which their own tests request: the first one takes a second of CPU
time in each lab."""


PASSPHRASE = "correct-horse-battery"
PASSPHRASE_CONFIG = f"""
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = "{PASSPHRASE}"
c.Authenticator.allow_all = True
"""
"""A trial whose passphrase a test knows before the lab prints it."""
NO_HEALTH_CHECK = {"test": ["NONE"]}
"""For a container that is no lab, or whose health nobody reads: Docker runs no health check."""
ONCE_HEALTHY = {"interval": 3_600_000_000_000}
"""For a container whose health is read while it starts: as in the image until it is healthy, then
hardly ever (nanoseconds)."""

AWAY = (httpx.TransportError, OSError)
"""What a client gets while a part of the lab is down."""

LOST = (docker.errors.APIError, requests.RequestException, OSError, ValueError)
"""What docker-py raises if the engine ends a program's answer before it is complete, or mixes up
its parts."""


def wait_until(
    condition: Callable[[], Any],
    what: str,
    seconds: float = 60,
    *,
    ignoring: tuple[type[Exception], ...] = (),
    every: float = 0.1,
) -> Any:
    """Poll a condition until it holds and return its value.

    Args:
        condition: called until its value is true.
        what: the condition in words, for the message of a test that fails.
        seconds: how long to poll.
        ignoring: exceptions that mean "not yet", such as `AWAY`. Any other ends the test at once.
        every: the seconds between two polls.

    Raises:
        AssertionError: the condition did not hold in time.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(*ignoring):
            if value := condition():
                return value
        time.sleep(every)
    value = condition()
    assert value, f"not within {seconds} s: {what}"
    return value


PROCESSES = f"""
from __future__ import annotations
import json, os, re, sys
from pathlib import Path
{inspect.getsource(beside.processes)}
print(json.dumps(processes(Path("/"), *sys.argv[1:])))
"""
"""The same search, run in the container."""


@dataclass
class Lab:
    """A container of the image that has been started."""

    container: Container
    network: str | None
    expected: list[str] = field(default_factory=list)
    _hosts: dict[str, str] = field(default_factory=dict)
    _written: ContainerLog | None = None

    @property
    def ip(self) -> str:
        self.container.reload()
        networks = self.container.attrs["NetworkSettings"]["Networks"]
        found = networks[self.network] if self.network else next(iter(networks.values()))
        return str(found["IPAddress"])

    @property
    def ip6(self) -> str:
        self.container.reload()
        networks = self.container.attrs["NetworkSettings"]["Networks"]
        return str(networks[self.network]["GlobalIPv6Address"])

    @property
    def macs(self) -> set[str]:
        """The hardware addresses of all the container's interfaces."""
        self.container.reload()
        networks = self.container.attrs["NetworkSettings"]["Networks"]
        return {str(found["MacAddress"]) for found in networks.values()}

    @property
    def hosts(self) -> dict[str, str]:
        """The lab's address by its name; after a restart `wait_healthy` updates it."""
        self._hosts[HOST] = self.ip
        return self._hosts

    @property
    def log(self) -> str:
        return self._log()

    def _log(self, since: str = "") -> str:
        """Return the log, or only the part since a time that is written as Docker writes it."""
        if self._written is None:
            self._written = ContainerLog(self.container)
        if (found := self._written.text(since)) is not None:
            return found
        if not since:
            return str(self.container.logs().decode())
        begun = dt.datetime.fromisoformat(since + "+00:00").timestamp()
        return str(self.container.logs(since=int(begun)).decode())

    def is_well(self) -> bool:
        """Run the image's health check."""
        return self.run("classroom", "health")[0] == 0

    def run(self, *command: str, user: str = "root") -> tuple[int, str]:
        """Run a command in the container; return its exit status and output."""
        status, said, _ = self._execute(command, user, apart=False)
        return status, said.decode()

    def answer(self, *command: str, user: str = "root") -> Any:
        """Run a command that prints JSON as its last line; return that without the error output."""
        status, said, complaint = self._execute(command, user, apart=True)
        assert status == 0, said + complaint
        return json.loads(said.strip().splitlines()[-1])

    def printed(self, *command: str) -> str:
        """Run a command as root; return its output without the error output."""
        return self._execute(command, "root", apart=True)[1].decode()

    def shown(self, *command: str) -> str:
        """Run a command that changes nothing and always prints something; return its output.

        If Docker loses the answer, run the command again, as `look` does.
        """
        for _ in range(5):
            status, said = self.run(*command)
            assert status == 0, said
            if said.strip():
                return said
        raise AssertionError(f"five answers were lost: {command}")

    def _execute(
        self, command: tuple[str, ...], user: str, *, apart: bool
    ) -> tuple[int, bytes, bytes]:
        """Return exit status, output and, if ``apart``, the error output by itself.

        The engine passes on two streams in any order, so the output has a reliable last line only
        if they are apart.
        """
        if (found := runtime.execute(self.container, command, user, apart=apart)) is not None:
            return found
        assert self.container.client is not None
        api = self.container.client.api
        made = api.exec_create(self.container.id, list(command), user=user)["Id"]
        answer: Any = api.exec_start(made, demux=apart)
        output, complaint = answer if apart else (answer, b"")
        # For a moment after the end of the output Docker has no exit status yet.
        ended = wait_until(
            lambda: [one for one in [api.exec_inspect(made)["ExitCode"]] if one is not None],
            f"an exit status of {command}",
            every=0.02,
        )
        return int(ended[0]), bytes(output or b""), bytes(complaint or b"")

    def look(self, code: str, *arguments: str) -> Any:
        """Run Python code that changes nothing and prints JSON as its last line; return that.

        On a busy machine Docker can lose what a command printed just before its end, so an empty
        answer of a shell command means nothing. Here a lost answer is noticed, and the code runs
        again.
        """
        command = ("python", "-I", "-S", "-c", code, *arguments)
        lost: Exception | None = None
        for _ in range(5):
            try:
                status, said, complaint = self._execute(command, "root", apart=True)
            except LOST as error:
                lost = error
                continue
            assert status == 0, complaint.decode()
            if said.strip():
                # Docker may also lose a part of the answer.
                with contextlib.suppress(json.JSONDecodeError):
                    return json.loads(said.strip().splitlines()[-1])
        raise AssertionError(f"five answers were lost: {command}") from lost

    def read(self, path: str) -> str:
        """Read a text file, as root."""
        if (root := beside.root(self.container)) is not None:
            try:
                found = beside.read(root, path)
            except OSError as error:
                raise AssertionError(str(error)) from error
            if found is not None:
                return found
        code = "import json, sys; print(json.dumps(open(sys.argv[1]).read()))"
        return str(self.look(code, path))

    def processes(self, pattern: str, user: str = "") -> list[tuple[int, int]]:
        """Find processes by their command line.

        Args:
            pattern: a regular expression.
            user: only this user's processes; "" for all users.

        Returns:
            The process ids inside the container, and the numbers of threads; the oldest process
            first.
        """
        if (root := beside.root(self.container)) is not None:
            found = beside.processes(root, pattern, user)
        else:
            found = self.look(PROCESSES, pattern, user)
        return [(number, threads) for _, number, threads in found]

    def pids(self, pattern: str, user: str = "") -> list[int]:
        """Find processes as `processes` does; return only their ids."""
        return [number for number, _ in self.processes(pattern, user)]

    def pid(self, pattern: str, user: str = "") -> int:
        """Find the oldest process by its command line; fail if there is none."""
        found = self.pids(pattern, user)
        assert found, f"no process: {pattern}"
        return found[0]

    def process(self, pid: int) -> dict[str, str]:
        """Read the fields of a process's /proc/…/status, by name."""
        lines = self.read(f"/proc/{pid}/status").splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def megabytes(self, pid: int, what: str = "VmRSS") -> int:
        """Return the megabytes that a process uses (VmRSS) or has used at most (VmHWM)."""
        return int(self.process(pid)[what].split()[0]) // 1024

    def wait_healthy(self) -> None:
        """Wait until Hub and lab server answer through the front.

        Send the requests from this machine. The image's health check sends them from inside, but it
        starts a Python each time, once a second. If the container has that check
        (``health_check``), wait for its result as well.
        """
        # Each poll slows the start itself down.
        what = f"healthy; log:\n{self.log[-3000:]}"
        wait_until(self._serves, what, 180, ignoring=AWAY, every=0.3)
        self._hosts[HOST] = self.ip

    def _serves(self) -> bool:
        self.container.reload()
        state = self.container.attrs["State"]
        assert state["Running"], f"it ended with {state['ExitCode']}; log:\n{self.log[-3000:]}"
        # Don't ask before they listen: nginx would log an error for each request.
        log = self._log(state["StartedAt"][:19])
        if not all(line in log for line in LISTENING):
            return False
        if state.get("Health", {}).get("Status", "healthy") != "healthy":
            return False
        address = f"https://{self.ip}:8443"
        return all(
            httpx.get(f"{address}{path}", headers=FROM_INSIDE, verify=False).is_success
            for path in ("/hub/health", "/services/classroom/api")
        )

    def kill_server(self) -> None:
        """Kill the lab's server; the supervisor restarts it."""
        self.expected += logs.FALLEN
        assert self.run("pkill", "-KILL", "-f", "classroom.lab --config")[0] == 0

    def wait_exit(self) -> int:
        return int(self.container.wait(timeout=60)["StatusCode"])

    def passphrase(self, who: str = "Students") -> str:
        found = wait_until(
            lambda: re.search(rf"{who} .*passphrase +(\S+)", self.log), "a passphrase in the log"
        )
        return str(found.group(1))


def subnet(network: str, version: int) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return the IPv4 or IPv6 subnet of a Docker network."""
    (made,) = docker.from_env().networks.list(names=[network])
    found = made.attrs["IPAM"]["Config"]
    subnets = [ipaddress.ip_network(pool["Subnet"]) for pool in found]
    return next(one for one in subnets if one.version == version)


def write_folder(folder: Path, config: str | None, authority: Authority | None) -> Path:
    """Make a tutor's folder: the configuration, and a certificate if there is an authority."""
    (folder / "secrets").mkdir(parents=True, exist_ok=True)
    if config is not None:
        (folder / "jupyterhub_config.py").write_text(config)
    if authority is not None:
        authority.issue(HOST).write(folder / "secrets", "ssl")
        (folder / "secrets/ca.crt").write_bytes(authority.crt)
    return folder


@contextlib.contextmanager
def start(
    folder: Path | None = None,
    *,
    network: Network | None = None,
    volume: str | None = None,
    volume_mode: str = "rw",
    environment: Mapping[str, str] | None = None,
    materials: Path | None = None,
    plain: bool = False,
    welcome: bool = False,
    options: Mapping[str, Any] | None = None,
    expected: tuple[str, ...] = (),
    check_log: bool = True,
    health_check: bool = False,
    image: str = "",
) -> Iterator[Lab]:
    """Run the image as docker-compose.yml does, or as a plain ``docker run``.

    Args:
        folder: the tutor's folder.
        network: the test network to join, under the name `HOST`.
        volume: a volume for /data.
        volume_mode: ``ro`` to test that the lab refuses a read-only volume.
        environment: variables for the container.
        materials: the tutor's materials folder.
        plain: use Docker's default capabilities, and nothing of Compose's.
        welcome: whether there is a welcome notebook, as every tutor has it by default.
        options: other options of Docker, such as ``dns``.
        expected: patterns of alarming log lines that this test brings about.
        check_log: whether alarming lines fail the test at the end.
        health_check: whether Docker runs the image's health check until it succeeds. Each run
            starts a Python, once a second while the lab starts, so only `trial_lab` has it.
        image: an image that a test has built; by default the image under test.
    """
    made = DockerContainer(image or IMAGE)
    arguments: dict[str, Any] = {"labels": LABELS}
    if not plain:
        arguments |= {
            "cap_drop": ["ALL"],
            "cap_add": CAPABILITIES,
            "security_opt": ["no-new-privileges:true"],
        }
    arguments["healthcheck"] = ONCE_HEALTHY if health_check else NO_HEALTH_CHECK
    made = made.with_kwargs(**arguments, **(options or {}))
    if folder is not None:
        made = made.with_volume_mapping(str(folder), "/srv/jupyterhub/config", "ro")
    if volume is not None:
        made = made.with_volume_mapping(volume, "/data", volume_mode)
    if materials is not None:
        made = made.with_volume_mapping(str(materials), "/home/classroom/materials", "ro")
    # Most tests don't want a notebook that opens by itself.
    quiet = {} if welcome else {"WELCOME": "off"}
    for name, value in {**quiet, **(environment or {})}.items():
        made = made.with_env(name, value)
    if network is not None:
        made = made.with_network(network).with_network_aliases(HOST)
    made.start()
    container = made.get_wrapped_container()
    try:
        lab = Lab(container, network.name if network else None, list(expected))
        yield lab
        if check_log:
            alarming = logs.unexpected(lab.log, tuple(lab.expected))
            if alarming:
                ARTIFACTS.mkdir(exist_ok=True)
                (ARTIFACTS / f"log-{container.short_id}.txt").write_text(lab.log)
            assert not alarming, "unexpected in the log:\n" + "\n".join(alarming)
    finally:
        made.stop()


@contextlib.contextmanager
def configured(
    folder: Path,
    config: str,
    authority: Authority,
    network: Network,
    expected: tuple[str, ...] = (),
) -> Iterator[Lab]:
    """Run a lab with a configuration and a certificate, and wait until it is healthy.

    Args:
        folder: becomes the tutor's folder.
        config: the tutor's file.
        authority: issues the certificate.
        network: as for `start`.
        expected: as for `start`.
    """
    written = write_folder(folder, config, authority)
    with start(written, network=network, expected=expected) as lab:
        lab.wait_healthy()
        yield lab
