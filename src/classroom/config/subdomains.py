"""Give Hub and lab separate hosts if the tutor sets ``c.JupyterHub.subdomain_host``.

Lab pages then have another origin than the Hub's pages, so a script in a lab page can't reach them.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from classroom.config.hosts import LONGEST_NAME_CHARACTERS
from classroom.runtime import files
from classroom.runtime.paths import SERVICE
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from traitlets.config import Config

SETTING = "c.JupyterHub.subdomain_host"
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


@dataclass(frozen=True)
class Hosts:
    """Where browsers find Hub and lab.

    Attributes:
        hub: scheme, host and port of the Hub's address; "" if both share every host.
        lab: scheme, host and port of the lab's address.
    """

    hub: str = ""
    lab: str = ""

    @property
    def apart(self) -> dict[str, str]:
        """Return how nginx distinguishes them: a name, and addresses without a scheme."""
        if not self.hub:
            return {}
        hub, lab = urlsplit(self.hub), urlsplit(self.lab)
        return {"lab_name": str(lab.hostname), "lab": lab.netloc, "hub": hub.netloc}


TOGETHER = Hosts()


def of(config: Config) -> Hosts:
    """Work out the hosts of Hub and lab.

    Args:
        config: the tutor's configuration.

    Raises:
        StartRefusedError: the value is not a host, or the tutor has added services or labs, which
            would need hosts of their own.
    """
    hub = config.JupyterHub
    given = str(hub.get("subdomain_host", "") or "")
    if not given:
        return TOGETHER
    parts = urlsplit(given if "://" in given else f"https://{given}")
    name = (parts.hostname or "").lower()
    if parts.scheme != "https" or parts.path.strip("/") or not HOST.fullmatch(name):
        cure = "write it as https://lab.example.org, with :port where people type one"
        raise StartRefusedError([Problem(SETTING, f"{given!r} is not a host", cure)])
    if "spawner_class" in hub or any("url" in service for service in added(hub)):
        cure = "remove them, or the setting: the front routes Hub and lab by host name only"
        raise StartRefusedError(
            [Problem(SETTING, "cannot be combined with personal labs or services", cure)]
        )
    domain = hook_of(hub)(SERVICE, name, "service")
    if len(domain) > LONGEST_NAME_CHARACTERS:
        what = f"the lab's host name would be {domain}, which is too long"
        raise StartRefusedError(
            [Problem(SETTING, what, f"choose one of {LONGEST_NAME_CHARACTERS} or less")]
        )
    port = f":{parts.port}" if parts.port else ""
    return Hosts(f"https://{name}{port}", f"https://{domain}{port}")


def hook_of(hub: Any) -> Any:
    """Return the function that makes a service's host name from the Hub's."""
    from jupyterhub.utils import (  # noqa: PLC0415 (0.2 s, only needed with hosts of their own)
        subdomain_hook_idna,
        subdomain_hook_legacy,
    )

    hook = hub.get("subdomain_hook", "idna")
    return {"idna": subdomain_hook_idna, "legacy": subdomain_hook_legacy}.get(hook, hook)


def added(hub: Any) -> list[dict[str, Any]]:
    """List the services that the tutor has added."""
    found = hub.get("services", [])
    return list(found) if isinstance(found, list) else list(found.get_value([]))


def write(front: Path, hosts: Hosts) -> None:
    """Write the hosts for the front, which the Hub renders again without the tutor's file.

    Args:
        front: the front's folder, which only root can enter.
        hosts: the hosts to write.
    """
    files.write_private(front / "subdomains.json", json.dumps(asdict(hosts)).encode())


def read(front: Path) -> Hosts:
    """Read the hosts that were written; shared hosts if there are none."""
    file = front / "subdomains.json"
    return Hosts(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else TOGETHER
