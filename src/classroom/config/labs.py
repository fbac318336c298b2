"""Check the settings for labs besides the class's, and decide how many may run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.runtime import cgroup
from classroom.runtime.problems import Problem, StartRefusedError
from classroom.sandbox import landlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.config.config_file import ConfigFile
    from classroom.config.settings import Settings
    from classroom.config.traits import Classroom

SETTINGS = ("personal_labs", "rooms")
"""Our settings that ask for labs besides the class's."""
LAB_BYTES = 512 * 1024**2
"""Memory that one running lab takes: its server, and a kernel or two."""
FEWEST_LABS, MOST_LABS = 4, 100
FOREIGN = {
    "spawner_class": "c.JupyterHub.spawner_class is set, and would start other servers instead",
    "subdomain_host": "c.JupyterHub.subdomain_host is set, and other labs have no host there",
}
"""JupyterHub's settings that contradict such labs, and what they would do."""
NO_SCOPES = (
    "labs: this machine's kernel can't keep labs from each other's abstract unix sockets (Linux"
    " 6.12 or newer can); nothing in the image makes any."
)
PORTS = "labs: without an egress lock, labs reach each other's ports on 127.0.0.1."


def check(file: ConfigFile, ours: Classroom) -> Iterator[Problem]:
    """Find settings with which the lab can't have other labs.

    Args:
        file: the tutor's configuration.
        ours: our settings in it.
    """
    hub = file.config.get("JupyterHub", {})
    wanted = [file.where(f"Classroom.{name}") for name in SETTINGS if getattr(ours, name)]
    for name, what in FOREIGN.items():
        if wanted and hub.get(name):
            cure = f"remove that line, or {' and '.join(wanted)}"
            yield Problem(file.where(f"JupyterHub.{name}"), what, cure)


def check_kernel() -> None:
    """Check that the machine's kernel can separate labs from each other.

    Raises:
        StartRefusedError: it can't: a lab's code could open other labs' files.
    """
    if landlock.abi() == 0:
        what = "this machine's kernel can't keep labs apart: it has no Landlock (Linux 5.13 has it)"
        cure = "use a newer kernel, or remove c.Classroom.personal_labs and c.Classroom.rooms"
        raise StartRefusedError([Problem("labs", what, cure)])


def may_come(loaded: Settings) -> bool:
    """Say whether a container prepares for labs, so that the tutor can add them without a restart.

    It does not in a trial, which has no file, nor with settings that contradict labs.

    Args:
        loaded: the settings.
    """
    hub = loaded.config.get("JupyterHub", {})
    return loaded.has_file and landlock.abi() > 0 and not any(hub.get(name) for name in FOREIGN)


def warnings(*, is_open: bool) -> list[str]:
    """Warn of what does not separate labs from each other on this machine.

    Args:
        is_open: whether there is no egress lock.
    """
    found = [NO_SCOPES] if landlock.abi() < landlock.SCOPES_ABI else []
    return [*found, PORTS] if is_open else found


def describe(loaded: Settings) -> str:
    """Describe which labs there may be besides the class's, for the log at a start.

    Args:
        loaded: the settings.
    """
    own = ["everybody may have one"] if loaded.personal_labs else []
    rooms = [f"rooms: {', '.join(sorted(loaded.rooms))}"] if loaded.rooms else []
    return "; ".join([*own, *rooms, f"{loaded.max_labs} may run at the same time"])


def most(wanted: int) -> int:
    """Decide how many labs besides the class's may run at the same time.

    Args:
        wanted: the tutor's number; 0 selects the default.
    """
    return wanted or max(FEWEST_LABS, min(MOST_LABS, cgroup.memory() // LAB_BYTES))
