"""All paths in the container (docs/operate/index.md has the same table)."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from classroom.runtime.lab_users import CLASS

SERVICE = "classroom"
COMMAND = f"{SERVICE}-command"
"""The Hub's name for the command ``classroom lab``, a service, which root runs in the container."""
PREFIX = f"/services/{SERVICE}/"
PORT = 8443
HTTP_PORT = 8444
"""The port at which the front answers plain http, if it does (`classroom.front.challenges`)."""
KNOWN = "classroom/api/known"
"""The path, below the lab's address, at which the front checks whether somebody is signed in."""
AUTHORITY = "/authority.crt"
"""The path of the lab's own certificate authority, if it has one."""
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
"""The folder of shared memory, which everybody may write."""
COOKIES = {"secure": True, "samesite": "Lax"}
"""Attributes of all cookies of the Hub and the lab."""

OWN_LAB = "CLASSROOM_LAB"
"""The environment variable that tells a lab's server its number; the class's has none."""


@dataclass(frozen=True)
class Paths:
    """The paths of the container, and those of one lab in it; tests use their own.

    `lab` tells which lab's paths these are; the class's by default.
    """

    config: Path = Path("/srv/jupyterhub/config")
    data: Path = Path("/data")
    run: Path = Path("/run/classroom")
    prefix: Path = Path("/opt/classroom")
    home: Path = Path("/home/classroom")
    lab: int = CLASS

    def of_lab(self, lab: int) -> Paths:
        """Return the paths of the same container, and of another lab.

        Args:
            lab: the lab's number.
        """
        return replace(self, lab=lab)

    @property
    def labs(self) -> Path:
        """The data of labs other than the class, by their numbers."""
        return self.data / "labs"

    @property
    def labs_run(self) -> Path:
        """The temporary files of labs other than the class, by their numbers."""
        return self.run / "labs"

    @property
    def lab_data(self) -> Path:
        """The lab's data."""
        return self.data if self.lab == CLASS else self.labs / str(self.lab)

    @property
    def lab_run(self) -> Path:
        """The lab's temporary files."""
        return self.run if self.lab == CLASS else self.labs_run / str(self.lab)

    @property
    def _doors(self) -> Path:
        """Root's folder of sockets for lab servers: the class's, or the other labs' common one."""
        return self.run if self.lab == CLASS else self.labs_run

    @property
    def routes(self) -> Path:
        """Root's links from people's names to their labs' sockets, which the front follows."""
        return self.run / "routes"

    @property
    def labs_socket(self) -> Path:
        """The supervisor's socket for the Hub's requests about labs: readable only for root."""
        return self.run / "labs.sock"

    @property
    def labs_config(self) -> Path:
        """The configuration of all other labs' servers, which the supervisor completes."""
        return self.run / "labs.json"

    @property
    def registry(self) -> Path:
        """The labs' owners: readable only for root."""
        return self.hub / "labs.json"

    @property
    def files_link(self) -> Path:
        """The path of the lab's files for people's programs."""
        return self.home if self.lab == CLASS else self.files

    @property
    def idle(self) -> Path:
        """The time of the lab's last use: the lab writes, root reads."""
        return self.runtime / "idle.json"

    @property
    def config_file(self) -> Path:
        """The tutor's configuration."""
        return self.config / "jupyterhub_config.py"

    @property
    def secrets(self) -> Path:
        """The tutor's certificate, key and client secret."""
        return self.config / "secrets"

    @property
    def hub(self) -> Path:
        """The Hub's database, cookie secret and made certificate: readable only for root."""
        return self.data / "hub"

    @property
    def acme(self) -> Path:
        """The certificate that the lab gets by itself, and its account: readable only for root."""
        return self.hub / "acme"

    @property
    def history(self) -> Path:
        """Document history, sessions and settings of the lab server: only for `classroom`."""
        return self.lab_data / "history"

    @property
    def driving(self) -> Path:
        """The list of view-only people: only for `classroom`."""
        return self.history / "driving.json"

    @property
    def removed_guests(self) -> Path:
        """The people whom the owner has removed from the lab: only for its server."""
        return self.history / "removed-guests.json"

    @property
    def assignments(self) -> Path:
        """Assignments that were handed out and handed in: only for `classroom`."""
        return self.history / "assignments"

    @property
    def files(self) -> Path:
        """The lab's files."""
        return self.lab_data / "files"

    @property
    def snapshots(self) -> Path:
        """Snapshots of the lab's files: readable only for root."""
        return self.lab_data / "snapshots"

    @property
    def incoming(self) -> Path:
        """A backup that replaces all data at the next start: readable only for root."""
        return self.data / "incoming"

    @property
    def kept(self) -> Path:
        """The data that a backup has replaced: readable only for root."""
        return self.data / "kept"

    @property
    def reserve(self) -> Path:
        """Root's files that keep the last megabytes free (`runtime/volume_reserve.py`)."""
        return self.data / "reserve"

    @property
    def snapshots_socket(self) -> Path:
        """The socket on which the snapshot service answers root and the lab."""
        return self.lab_run / "snapshots" / "snapshots.sock"

    @property
    def snapshots_beat(self) -> Path:
        """The interval of snapshots: readable only for root."""
        return self.run / "snapshots.json"

    @property
    def restoring_socket(self) -> Path:
        """The socket on which the lab gets root's requests to restore."""
        return self.lab_run / "restoring" / "restoring.sock"

    @property
    def hub_socket(self) -> Path:
        """The Hub's socket."""
        return self.run / "hub" / "hub.sock"

    @property
    def lab_socket(self) -> Path:
        """The lab server's socket."""
        return self.lab_run / "lab" / "lab.sock"

    @property
    def front(self) -> Path:
        """The front's rendered configuration and certificate in use: readable only for root."""
        return self.run / "front"

    @property
    def front_alive(self) -> Path:
        """The socket for the supervisor's check of the front: readable only for root."""
        return self.front / "alive.sock"

    @property
    def egress_alive(self) -> Path:
        """The socket for the supervisor's check of the egress proxy: readable only for root."""
        return self.egress / "alive.sock"

    @property
    def lock(self) -> Path:
        """The egress lock that the start has chosen: readable only for root."""
        return self.run / "lock.json"

    @property
    def handover(self) -> Path:
        """The supervisor's descriptors and tokens for the Hub: readable only for root."""
        return self.run / "handover.json"

    @property
    def good(self) -> Path:
        """The tutor's last valid configuration: readable only for root."""
        return self.run / "good"

    @property
    def launcher_socket(self) -> Path:
        """The launcher's socket: only for the lab server."""
        return self._doors / "launcher" / "launcher.sock"

    @property
    def kernels(self) -> Path:
        """The kernels' connection files and sockets: for the lab and the students."""
        return self.lab_run / "kernels"

    @property
    def homes(self) -> Path:
        """A home for each of the students' kernels and terminals, which ends with it."""
        return self.lab_run / "homes"

    @property
    def warm_home(self) -> Path:
        """The home of the fork server: readable only for root."""
        return self.run / "warm"

    @property
    def people(self) -> Path:
        """The people on the list, by file and by page: readable only for root."""
        return self.hub / "people.json"

    @property
    def standing(self) -> Path:
        """People's access (`classroom.runtime.access_state`): root writes, the lab reads."""
        return self._doors / "standing" / "standing.json"

    @property
    def runtime(self) -> Path:
        """The lab server's state for as long as the container runs: only for `classroom`."""
        return self.lab_run / "jupyter"

    @property
    def scratch(self) -> Path:
        """The lab server's temporary files: only for `classroom`."""
        return self.runtime / "tmp"

    @property
    def here(self) -> Path:
        """The people who have the lab open: the lab writes, root reads."""
        return self.runtime / "here.json"

    @property
    def lab_config(self) -> Path:
        """The lab server's configuration: root writes, the lab reads."""
        return self.lab_run / "lab.json"

    @property
    def lab_home(self) -> Path:
        """The lab server's home, configuration and data folders: root's, and empty.

        Libraries look here for files in a home.
        """
        return self.lab_run / "lab-home"

    @property
    def tunnel(self) -> Path:
        """The tunnel's sockets: only for `egress`."""
        return self.egress / "tunnel"

    @property
    def tunnel_orders(self) -> Path:
        """The hosts that the tunnel may reach, and a proxy's password: for root and the tunnel."""
        return self.egress / "tunnel.json"

    @property
    def tunnel_alive(self) -> Path:
        """The socket for the supervisor's check of the tunnel."""
        return self.tunnel / "alive.sock"

    @property
    def egress(self) -> Path:
        """The egress proxy's configuration, and refused connections: for root and the proxy."""
        return self.run / "egress"


def own() -> Paths:
    """Return the paths of the lab whose server this process is."""
    return Paths(lab=int(os.environ.get(OWN_LAB, CLASS)))
