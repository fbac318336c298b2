"""A school's own servers, real ones: PostgreSQL, a Dask scheduler with a worker, an HTTP proxy."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING

import docker
from testcontainers.core.container import DockerContainer

from tests import builds, labs
from tests.labs import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcontainers.core.network import Network

IMAGE = f"{labs.IMAGE}-school"
RECIPE = labs.ROOT / "tests/standin/school.Dockerfile"
DATABASE, SCHEDULER, PROXY = 5432, 8786, 3128
ROLE, PASSWORD = "ada", "lovelace-1843"
LOGIN = "class:way-out-1843"
"""The name and password that the proxy asks for."""

POSTGRES = f"""
set -e
home=$(echo /usr/lib/postgresql/*)
data=/tmp/data; install -d -o postgres -g postgres "$data" /run/postgresql
as() {{ setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; }}
as "$home/bin/initdb" --no-sync --auth-local=trust --auth-host=scram-sha-256 "$data" > /dev/null
echo "host all all all scram-sha-256" >> "$data/pg_hba.conf"
as "$home/bin/pg_ctl" --wait --pgdata "$data" --options "-c listen_addresses=*" start
as psql --quiet --command "CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'"
as psql --quiet --command "CREATE TABLE engines AS SELECT 1843 AS year"
as psql --quiet --command "GRANT ALL ON engines TO {ROLE}"
echo is up
exec sleep infinity
"""
DASK = f"""
export PYTHONPATH=/srv/python
python -m distributed.cli.dask_scheduler --port {SCHEDULER} --no-dashboard --no-show &
python -m distributed.cli.dask_worker tcp://127.0.0.1:{SCHEDULER} --nthreads 1 --no-nanny \
    --no-dashboard --memory-limit 0 &
exec sleep infinity
"""
TINYPROXY = f"""
cat > /tmp/proxy.conf <<END
Port {PROXY}
Timeout 60
LogLevel Info
MaxClients 100
BasicAuth {LOGIN.replace(":", " ")}
ConnectPort 443
ConnectPort 8080
END
exec tinyproxy -d -c /tmp/proxy.conf
"""


@contextlib.contextmanager
def built() -> Iterator[None]:
    """Build the image of all these servers."""
    bundle = os.environ.get("CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or os.devnull
    words = ["docker", "build", "--quiet", "--build-arg", f"LAB={labs.IMAGE}", "--tag", IMAGE]
    words += ["--secret", f"id=ca,src={bundle}", "--file", str(RECIPE), str(RECIPE.parent)]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    try:
        yield
    finally:
        builds.remove(IMAGE)


@contextlib.contextmanager
def start(script: str, network: Network, up: str, **options: object) -> Iterator[Lab]:
    """Run one of the servers.

    Args:
        script: the command to run.
        network: its network.
        up: the line that it prints once it serves.
        **options: options of Docker.
    """
    made = (
        DockerContainer(IMAGE)
        .with_kwargs(
            entrypoint=["bash", "-c", script],
            init=True,
            labels=labs.LABELS,
            healthcheck=labs.NO_HEALTH_CHECK,
            **options,
        )
        .with_network(network)
    )
    with made:
        found = Lab(made.get_wrapped_container(), network.name)
        labs.wait_until(lambda: up in found.log, f"a server of the school: {up}", 90)
        yield found


def join(network: Network, server: Lab, address: str, *names: str) -> None:
    """Connect a running server to another network, where Docker's resolver knows its names."""
    found = docker.from_env().networks.get(str(network.id))
    found.connect(server.container, ipv4_address=address, aliases=list(names))


def postgres(network: Network) -> contextlib.AbstractContextManager[Lab]:
    """Run PostgreSQL, with a role and a table."""
    return start(POSTGRES, network, "is up")


def dask(network: Network) -> contextlib.AbstractContextManager[Lab]:
    """Run a Dask scheduler with a worker."""
    return start(DASK, network, "Registered to:")


@contextlib.contextmanager
def proxy(
    network: Network, inside: Network, address: str, name: str, resolver: str
) -> Iterator[Lab]:
    """Run a proxy that asks for a password.

    Args:
        network: the network that leads to the outside.
        inside: a second network, which has no other way out.
        address: the proxy's address inside.
        name: the proxy's name inside.
        resolver: the server that it asks for names.
    """
    with start(TINYPROXY, network, "Accepting connections", dns=[resolver]) as made:
        join(inside, made, address, name)
        yield made


@contextlib.contextmanager
def packages() -> Iterator[docker.types.Mount]:
    """Provide a lab, among its materials, with the packages that talk to these servers."""
    engine = docker.from_env()
    volume = engine.volumes.create(labels=labs.LABELS)
    # Docker fills a new volume with the image's files at that path.
    engine.containers.run(
        IMAGE, ["true"], entrypoint=[], remove=True, volumes={volume.name: {"bind": "/srv/python"}}
    )
    try:
        yield docker.types.Mount(PACKAGES, volume.name, type="volume", read_only=True)
    finally:
        volume.remove(force=True)


PACKAGES = "/home/classroom/materials"
"""The folder where a notebook finds the packages."""
