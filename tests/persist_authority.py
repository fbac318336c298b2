"""An ACME authority of the tests that offers dns-persist-01, and the DNS server that it asks."""

from __future__ import annotations

import contextlib
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from testcontainers.core.container import DockerContainer

from tests import labs
from tests.acme_authority import NAME
from tests.labs import Lab

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from testcontainers.core.network import Network

    from tests.pki import Authority

DIRECTORY_OF_02 = f"https://{NAME}/02/dir"
"""The address of the directory for version 02 of the draft."""


@dataclass
class PersistAuthority:
    """The authority's container, in which a nameserver runs too."""

    lab: Lab
    folder: Path

    @property
    def asked(self) -> list[str]:
        """The records that the authority looked up, and the certificates that it issued."""
        return self.lab.log.splitlines()

    def say(self, **texts: list[str]) -> None:
        """Change what DNS answers from now on; records of other hosts stay as they are.

        Args:
            texts: the values of TXT records, by name.
        """
        file = self.folder / "zone.json"
        said = json.loads(file.read_text()) | texts
        new = file.with_suffix(".new")
        new.write_text(json.dumps(said))
        new.replace(file)

    def root(self) -> bytes:
        """Return the authority's root certificate."""
        answer = httpx.get(f"https://{self.lab.ip}/root", verify=False)
        return answer.raise_for_status().content

    def context(self) -> ssl.SSLContext:
        """Make a TLS context that trusts only certificates of this authority."""
        return ssl.create_default_context(cadata=self.root().decode())


@contextlib.contextmanager
def started(network: Network, authority: Authority, folder: Path) -> Iterator[PersistAuthority]:
    """Run the authority.

    Args:
        network: its network.
        authority: signs the certificate of its address.
        folder: for its certificate and its zone.
    """
    authority.issue(NAME).write(folder / "pki", "ca")
    state = folder / "state"
    state.mkdir()
    (state / "zone.json").write_text("{}")
    made = (
        DockerContainer(labs.IMAGE)
        .with_kwargs(
            entrypoint="python",
            labels=labs.LABELS,
            healthcheck=labs.NO_HEALTH_CHECK,
            working_dir="/there",
        )
        .with_command(["-m", "tests.standin.persist_authority"])
        .with_volume_mapping(str(labs.ROOT / "tests"), "/there/tests", "ro")
        .with_volume_mapping(str(folder / "pki"), "/pki", "ro")
        .with_volume_mapping(str(state), "/state", "ro")
        .with_network(network)
        .with_network_aliases(NAME)
    )
    with made:
        found = PersistAuthority(Lab(made.get_wrapped_container(), network.name), state)
        labs.wait_until(found.root, "the authority", ignoring=labs.AWAY)
        yield found
