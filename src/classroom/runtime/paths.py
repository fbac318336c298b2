"""Where everything is in the container, in one place (docs/operate/index.md has the same table)."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from classroom.runtime.lab_users import CLASS

SERVICE = "classroom"
COMMAND = f"{SERVICE}-command"
"""What the Hub calls whoever is root in the container and types ``classroom lab``: a service."""
PREFIX = f"/services/{SERVICE}/"
PORT = 8443
HTTP_PORT = 8444
"""Where the front answers plain http, if at all (`classroom.front.challenges`)."""
KNOWN = "classroom/api/known"
"""Below the lab's address: where the front asks whether somebody is signed in."""
AUTHORITY = "/authority.crt"
"""Below the lab's host: its own certificate authority, where it has one."""
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108
"""Where programs share memory: everybody's to write."""
COOKIES = {"secure": True, "samesite": "Lax"}
"""What every cookie says besides, the Hub's and the lab's."""

OWN_LAB = "CLASSROOM_LAB"
"""The environment variable that tells a lab's server its number; the class's has none."""


@dataclass(frozen=True)
class Paths:
    """The container's directories, and those of one lab in it; tests give their own.

    What is one lab's is the class's, unless `lab` says otherwise.
    """

    config: Path = Path("/srv/jupyterhub/config")
    data: Path = Path("/data")
    run: Path = Path("/run/classroom")
    prefix: Path = Path("/opt/classroom")
    home: Path = Path("/home/classroom")
    lab: int = CLASS

    def of_lab(self, lab: int) -> Paths:
        """Return the same container's with another lab's.

        Args:
            lab: the lab's number.
        """
        return replace(self, lab=lab)

    @property
    def labs(self) -> Path:
        """What labs other than the class have, by their numbers."""
        return self.data / "labs"

    @property
    def labs_run(self) -> Path:
        """What they have for as long as the container runs."""
        return self.run / "labs"

    @property
    def lab_data(self) -> Path:
        """What the lab has."""
        return self.data if self.lab == CLASS else self.labs / str(self.lab)

    @property
    def lab_run(self) -> Path:
        """What the lab has for as long as the container runs."""
        return self.run if self.lab == CLASS else self.labs_run / str(self.lab)

    @property
    def _doors(self) -> Path:
        """Where root lets the lab's server in: the class's own, or all others' together."""
        return self.run if self.lab == CLASS else self.labs_run

    @property
    def routes(self) -> Path:
        """Links by people's names to their labs' sockets, for the front to follow: root's."""
        return self.run / "routes"

    @property
    def labs_socket(self) -> Path:
        """Where the supervisor starts and stops labs on the Hub's word: readable only for root."""
        return self.run / "labs.sock"

    @property
    def labs_config(self) -> Path:
        """What all labs' servers but the class's are told, for the supervisor to fill in."""
        return self.run / "labs.json"

    @property
    def registry(self) -> Path:
        """Which lab is whose: readable only for root."""
        return self.hub / "labs.json"

    @property
    def files_link(self) -> Path:
        """Where people's programs are told that the lab's files are."""
        return self.home if self.lab == CLASS else self.files

    @property
    def idle(self) -> Path:
        """Since when nobody has used the lab: the lab writes, root reads."""
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
        """The certificate that the lab gets by itself, and its account; only for root."""
        return self.hub / "acme"

    @property
    def history(self) -> Path:
        """Document history, sessions and settings of the lab server: `classroom`'s alone."""
        return self.lab_data / "history"

    @property
    def driving(self) -> Path:
        """Who is view-only: `classroom`'s alone."""
        return self.history / "driving.json"

    @property
    def removed_guests(self) -> Path:
        """Whom the owner has removed from the lab: its server's alone."""
        return self.history / "removed-guests.json"

    @property
    def assignments(self) -> Path:
        """What was handed out and handed in: `classroom`'s alone."""
        return self.history / "assignments"

    @property
    def files(self) -> Path:
        """The lab's files."""
        return self.lab_data / "files"

    @property
    def snapshots(self) -> Path:
        """Copies of the lab's files, to go back to: readable only for root."""
        return self.lab_data / "snapshots"

    @property
    def incoming(self) -> Path:
        """A backup that takes the place of everything at the next start: readable only for root."""
        return self.data / "incoming"

    @property
    def kept(self) -> Path:
        """What was there before a backup took its place: readable only for root."""
        return self.data / "kept"

    @property
    def reserve(self) -> Path:
        """What keeps the volume's last megabytes free (`runtime/volume_reserve.py`): root's."""
        return self.data / "reserve"

    @property
    def snapshots_socket(self) -> Path:
        """Where the snapshots' process answers root and the lab."""
        return self.lab_run / "snapshots" / "snapshots.sock"

    @property
    def snapshots_beat(self) -> Path:
        """How often snapshots are made: readable only for root."""
        return self.run / "snapshots.json"

    @property
    def restoring_socket(self) -> Path:
        """Where the lab takes root's word to restore."""
        return self.lab_run / "restoring" / "restoring.sock"

    @property
    def hub_socket(self) -> Path:
        """Where the Hub listens."""
        return self.run / "hub" / "hub.sock"

    @property
    def lab_socket(self) -> Path:
        """Where the lab listens."""
        return self.lab_run / "lab" / "lab.sock"

    @property
    def front(self) -> Path:
        """The front's rendered configuration and certificate in use: readable only for root."""
        return self.run / "front"

    @property
    def front_alive(self) -> Path:
        """Where the front tells the supervisor that it lives: readable only for root."""
        return self.front / "alive.sock"

    @property
    def egress_alive(self) -> Path:
        """Where the egress proxy tells the supervisor that it lives: readable only for root."""
        return self.egress / "alive.sock"

    @property
    def lock(self) -> Path:
        """Which egress lock the start has taken: readable only for root."""
        return self.run / "lock.json"

    @property
    def handover(self) -> Path:
        """What the supervisor hands to the Hub: readable only for root."""
        return self.run / "handover.json"

    @property
    def good(self) -> Path:
        """The tutor's configuration as it was last right: readable only for root."""
        return self.run / "good"

    @property
    def launcher_socket(self) -> Path:
        """Where the launcher listens: for the lab server alone."""
        return self._doors / "launcher" / "launcher.sock"

    @property
    def kernels(self) -> Path:
        """The kernels' connection files and sockets: the lab's and the students'."""
        return self.lab_run / "kernels"

    @property
    def homes(self) -> Path:
        """A home for each of the students' kernels and terminals, which ends with it."""
        return self.lab_run / "homes"

    @property
    def warm_home(self) -> Path:
        """The home of the process that kernels are forked from: readable only for root."""
        return self.run / "warm"

    @property
    def people(self) -> Path:
        """Who is on the list, by file and by page: readable only for root."""
        return self.hub / "people.json"

    @property
    def standing(self) -> Path:
        """How people stand, for the lab to follow: root writes, the lab reads."""
        return self._doors / "standing" / "standing.json"

    @property
    def runtime(self) -> Path:
        """What the lab server keeps for as long as the container runs: `classroom`'s alone."""
        return self.lab_run / "jupyter"

    @property
    def scratch(self) -> Path:
        """The lab server's temporary files: `classroom`'s alone."""
        return self.runtime / "tmp"

    @property
    def here(self) -> Path:
        """Who has the lab open: the lab writes, root reads."""
        return self.runtime / "here.json"

    @property
    def lab_config(self) -> Path:
        """The lab server's configuration: root writes, the lab reads."""
        return self.lab_run / "lab.json"

    @property
    def lab_home(self) -> Path:
        """The lab server's home, configuration and data folders: root's, and empty.

        Whatever a library looks for below one's home is looked for here.
        """
        return self.lab_run / "lab-home"

    @property
    def tunnel(self) -> Path:
        """The tunnel's sockets: `egress`'s alone."""
        return self.egress / "tunnel"

    @property
    def tunnel_orders(self) -> Path:
        """What the tunnel may reach, and a proxy's password: root's and the tunnel's."""
        return self.egress / "tunnel.json"

    @property
    def tunnel_alive(self) -> Path:
        """Where the tunnel tells the supervisor that it lives."""
        return self.tunnel / "alive.sock"

    @property
    def egress(self) -> Path:
        """The egress proxy's configuration, and what was refused: root's and the proxy's."""
        return self.run / "egress"


def own() -> Paths:
    """Return where things are for the lab whose server this process is."""
    return Paths(lab=int(os.environ.get(OWN_LAB, CLASS)))
