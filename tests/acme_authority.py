"""An ACME authority for the tests: Pebble, which validates hosts over the test network."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import ssl
import subprocess
from typing import TYPE_CHECKING

import httpx
from testcontainers.core.container import DockerContainer

from tests import builds, labs
from tests.labs import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from testcontainers.core.network import Network

    from tests.pki import Authority

IMAGE = f"{labs.IMAGE}-pebble"
RECIPE = labs.ROOT / "tests/standin/pebble.Dockerfile"
NAME, FORBIDDEN = "ca.classroom.test", "forbidden.classroom.test"
DIRECTORY = f"https://{NAME}/dir"
OVER = "over"
"""A second certificate and key, already expired, as every one seems to a clock that is ahead."""
PLAIN_HTTP, HTTPS = 8444, 443
MANAGEMENT = 15000
# By default Pebble sleeps, rejects nonces and reuses authorizations at random, to test clients.
CALM = "PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0"


class AcmeAuthority:
    """A container in which the test starts and ends the authority."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    @property
    def ip(self) -> str:
        return self._lab.ip

    @property
    def log(self) -> str:
        """The requests that it has received since it was started."""
        return self._lab.run("cat", "/tmp/log")[1]  # noqa: S108 (in its container)

    def begin(self, port: int = PLAIN_HTTP, pair: str = "ca") -> None:
        """Start the authority; it remembers nothing of an earlier run.

        Args:
            port: the port at which it validates hosts.
            pair: the name, in /pki, of the authority's own certificate and key.
        """
        self.end()
        config = {
            "listenAddress": f"0.0.0.0:{HTTPS}",
            "managementListenAddress": f"0.0.0.0:{MANAGEMENT}",
            "certificate": f"/pki/{pair}.crt",
            "privateKey": f"/pki/{pair}.key",
            "httpPort": port,
            "tlsPort": 5001,
            "domainBlocklist": [FORBIDDEN],
        }
        script = f"echo '{json.dumps({'pebble': config})}' > /tmp/config"
        run = f"exec env {CALM} pebble -config /tmp/config > /tmp/log 2>&1"
        self._lab.container.exec_run(["sh", "-c", f"{script}; {run}"], detach=True)
        labs.wait_until(self.root, "the ACME authority", ignoring=labs.AWAY)

    def end(self) -> None:
        """End the authority, if it runs."""
        self._lab.run("pkill", "-x", "pebble")
        labs.wait_until(lambda: self._lab.run("pgrep", "-x", "pebble")[0] == 1, "its end")

    def root(self) -> bytes:
        """Return the authority's root certificate, a new one after each start."""
        answer = httpx.get(f"https://{self.ip}:{MANAGEMENT}/roots/0", verify=False)
        return answer.raise_for_status().content

    def context(self) -> ssl.SSLContext:
        """Make a TLS context that trusts only certificates of this authority."""
        return ssl.create_default_context(cadata=self.root().decode())


@contextlib.contextmanager
def started(
    network: Network | None,
    authority: Authority,
    folder: Path,
    *,
    at: str = "",
    **options: object,
) -> Iterator[AcmeAuthority]:
    """Run the authority's container; the authority itself is not started yet.

    Args:
        network: the container's network; None for Docker's default bridge.
        authority: signs the certificate of its address.
        folder: for the certificates.
        at: an address of this machine where it can be reached too.
        **options: options of Docker.
    """
    words = ["docker", "build", "--quiet", "--build-arg", f"LAB={labs.IMAGE}", "--tag", IMAGE]
    words += ["--secret", f"id=ca,src={os.devnull}", "--file", str(RECIPE), str(RECIPE.parent)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    authority.issue(NAME).write(folder, "ca")
    authority.issue(NAME, valid=-dt.timedelta(days=1)).write(folder, OVER)
    made = (
        DockerContainer(IMAGE)
        .with_kwargs(
            entrypoint=["sleep", "infinity"],
            init=True,
            labels=labs.LABELS,
            healthcheck=labs.NO_HEALTH_CHECK,
            **options,
        )
        .with_volume_mapping(str(folder), "/pki", "ro")
    )
    if network is not None:
        made = made.with_network(network).with_network_aliases(NAME)
    if at:
        # docker-py takes this too.
        made.ports[f"{HTTPS}/tcp"] = (at, HTTPS)  # type: ignore[assignment]
    with made:
        found = Lab(made.get_wrapped_container(), network.name if network else None)
        yield AcmeAuthority(found)
    builds.remove(IMAGE)
