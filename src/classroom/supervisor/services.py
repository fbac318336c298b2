"""What runs in the container, and how it is started: plain values."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.egress.lock import LockKind
from classroom.launcher.command import DIES_FIRST
from classroom.runtime import credentials, lab_users, words
from classroom.runtime.paths import OWN_LAB, SHARED_MEMORY
from classroom.sandbox import filesystem, landlock, seccomp
from classroom.supervisor import probe
from classroom.supervisor.hub_access import OF_THE_CLASS
from classroom.supervisor.probe import Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.runtime.lab_users import UnixUser
    from classroom.runtime.paths import Paths
    from classroom.supervisor.hub_access import HubAccess

FAMILIES = {
    LockKind.SANDBOX: ("unix",),
    # With nftables too: it ends what the rules don't see, such as packet sockets.
    LockKind.NFTABLES: ("unix", "inet", "inet6"),
    LockKind.OPEN: (),
}
BEHIND_THE_CLASS = ("nice", "-n", "5")
"""How the servers of labs of people's own start: thirty that start, or save, at the same moment
leave the class its share of the machine."""
PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Child:
    """A process that must always run.

    Attributes:
        name: what the log calls it.
        command: program and arguments.
        ready: a file that is there when it serves; removed before each start.
        environment: all of it.
        descriptors: open files that it inherits, under the same numbers.
        folder: where it starts.
        stop_seconds: how long it may take to end.
        before: commands to run before each start; their failure is none.
        vital: whether the container ends when it can't be run.
        question: which it answers as long as it lives; None where it isn't asked.
        has_workers: whether its children do its work.
    """

    name: str
    command: tuple[str, ...]
    ready: Path
    environment: Mapping[str, str] = field(repr=False)
    descriptors: tuple[int, ...] = ()
    folder: Path = Path("/")
    stop_seconds: float = 2
    before: tuple[tuple[str, ...], ...] = ()
    vital: bool = True
    question: Question | None = None
    has_workers: bool = False


def inherit(environment: Mapping[str, str], descriptors: tuple[int, ...]) -> dict[str, str]:
    """Build the environment in which nginx takes over sockets instead of opening its own.

    It is how nginx hands them to a new version of itself; those that its configuration doesn't
    name it closes.
    """
    return {**environment, "NGINX": "".join(f"{number};" for number in descriptors)}


def front(paths: Paths, base: Mapping[str, str], sockets: tuple[int, ...]) -> Child:
    """Describe the front; its configuration is there already."""
    return Child(
        "The front (nginx)",
        ("nginx", "-e", "stderr", "-c", str(paths.front / "front.conf")),
        paths.front / "nginx.pid",
        inherit(base, sockets),
        sockets,
        question=probe.get(paths.front_alive, "/"),
        has_workers=True,
    )


def proxy(paths: Paths, base: Mapping[str, str], sockets: tuple[int, ...]) -> Child:
    """Describe the egress proxy: the user that may leave, without any right."""
    return Child(
        "The egress proxy (nginx)",
        (
            *("setpriv", "--reuid=egress", "--regid=egress", "--clear-groups"),
            *("--inh-caps=-all", "--no-new-privs", "--"),
            *("nginx", "-e", "stderr", "-c", str(paths.egress / "egress.conf")),
        ),
        paths.egress / "nginx" / "nginx.pid",
        inherit(base, sockets),
        sockets,
        question=Question(paths.egress_alive),
        has_workers=True,
    )


def tunnel(paths: Paths, base: Mapping[str, str], *, services: int = -1, hub: int = -1) -> Child:
    """Describe the tunnel, which has the egress proxy's user and no right either.

    Args:
        paths: where things are.
        base: the environment to add to.
        services: descriptor of the socket at which students ask for services; -1 for none.
        hub: of that at which the Hub does, where there is no egress proxy; -1 for none.
    """
    return Child(
        "The egress tunnel",
        (
            # One that comes before it listens to any would end it; it reads its orders after that.
            *("env", "--ignore-signal=HUP"),
            *("setpriv", "--reuid=egress", "--regid=egress", "--clear-groups"),
            *("--inh-caps=-all", "--no-new-privs", "--"),
            *(str(paths.prefix / "bin/python"), "-I", "-m", "classroom.tunnel"),
            *(f"--services={services}", f"--hub={hub}"),
        ),
        paths.tunnel_alive,
        base,
        tuple(one for one in (services, hub) if one >= 0),
        question=Question(paths.tunnel_alive),
    )


def hub(paths: Paths, base: Mapping[str, str], handed: tuple[int, ...]) -> Child:
    """Describe the Hub."""
    return Child(
        "The Hub",
        (
            *(str(paths.prefix / "bin/python"), "-Iu", "-m", "classroom.hub"),
            *("--config", str(PACKAGE / "hub" / "entry.py")),
        ),
        paths.hub_socket,
        base,
        handed,
        stop_seconds=5,
        question=probe.get(paths.hub_socket, "/hub/health"),
    )


def launcher(paths: Paths, base: Mapping[str, str], kind: LockKind, *, labs: bool = False) -> Child:
    """Describe what starts students' processes: in the sandbox, for what it starts inherits it.

    Args:
        paths: where things are.
        base: the environment to add to.
        kind: how the egress lock is held.
        labs: whether there may be others than the class.
    """
    python = str(paths.prefix / "bin/python")
    # Where a name isn't known it won't be at the fifth try either.
    locked = {} if kind is LockKind.OPEN else {"PIP_RETRIES": "0"}
    return Child(
        "The launcher",
        (
            *seccomp.prefix(python, "root", FAMILIES[kind]),
            *(python, "-I", "-m", "classroom.launcher"),
        ),
        paths.launcher_socket,
        {**base, **locked},
        # What an earlier launcher has left: nobody could end it any more. Before the sandbox, out
        # of which nothing can be signalled.
        before=(
            ending(lab_users.code(lab_users.CLASS)),
            *(((python, "-I", "-m", "classroom.supervisor.left_behind"),) if labs else ()),
        ),
        # It hangs up on everybody but the lab.
        question=Question(paths.launcher_socket, kind=socket.SOCK_SEQPACKET),
    )


def snapshots(paths: Paths, base: Mapping[str, str], *, only_asked: bool = False) -> Child:
    """Describe what makes a lab's snapshots, and the last one at its end.

    Args:
        paths: where things are, of the lab.
        base: the environment to add to.
        only_asked: whether it makes only those that it is asked for.
    """
    is_class = paths.lab == lab_users.CLASS
    return Child(
        "The snapshot service" if is_class else f"The snapshot service of lab {paths.lab}",
        (
            *filesystem.prefix(paths, landlock.abi()),
            *(str(paths.prefix / "bin/python"), "-I", "-m", "classroom.snapshots"),
            *(("--only-asked",) if only_asked else ()),
        ),
        paths.snapshots_socket,
        base if is_class else {**base, OWN_LAB: str(paths.lab)},
        stop_seconds=8,
        vital=False,
        question=probe.get(paths.snapshots_socket, "/alive"),
    )


def lab(
    paths: Paths,
    base: Mapping[str, str],
    kind: LockKind,
    secrets: int,
    hub: HubAccess = OF_THE_CLASS,
) -> Child:
    """Describe a lab's server.

    It is no service that the Hub manages: it would end with the Hub, and a Hub accepts no unix
    socket as a service's url. The environment is what the Hub would give it, but for the token.

    Args:
        paths: where things are, of this lab.
        base: the environment to add to.
        kind: how the egress lock is held.
        secrets: descriptor of what it and the Hub know each other by
            (`classroom.runtime.credentials`).
        hub: how the Hub knows it.
    """
    python = str(paths.prefix / "bin/python")
    is_class = paths.lab == lab_users.CLASS
    environment = {
        "PATH": base["PATH"],
        "LANG": base.get("LANG", "C.UTF-8"),
        **{name: base[name] for name in ("TZ", credentials.LAB_ID, words.VARIABLE) if name in base},
        **({} if is_class else {OWN_LAB: str(paths.lab)}),
        "USER": lab_users.server(paths.lab).name,
        # Root's and empty: the class's files, where students write, are no place to load from.
        "HOME": str(paths.lab_home),
        "TMPDIR": str(paths.scratch),
        "SHELL": "/bin/bash",
        # Each thread that has ever saved would keep memory of its own (mallopt(3)).
        "MALLOC_ARENA_MAX": "2",
        # What is large goes back at once: messages of megabytes come and go, and by itself malloc
        # keeps room for as many as there ever were.
        "MALLOC_MMAP_THRESHOLD_": str(128 * 1024),
        "MALLOC_TRIM_THRESHOLD_": str(128 * 1024),
        credentials.DESCRIPTOR: str(secrets),
        **hub.environment(paths),
        "JUPYTERHUB_DISABLE_USER_CONFIG": "1",  # students can write what the server would load
        "JUPYTER_CONFIG_DIR": str(paths.lab_home / "config"),
        "JUPYTER_DATA_DIR": str(paths.lab_home / "share"),
        "JUPYTER_RUNTIME_DIR": str(paths.runtime),
    }
    return Child(
        "The lab" if is_class else f"Lab {paths.lab} ({hub.user})",
        (
            *(() if is_class else BEHIND_THE_CLASS),
            # Restricted before it is anybody whom a student may trace.
            *seccomp.prefix(python, seccomp.as_lab_server(paths.lab), FAMILIES[kind]),
            *(python, "-I", "-m", "classroom.lab", f"--config={paths.lab_config}"),
        ),
        paths.lab_socket,
        environment,
        (secrets,),
        stop_seconds=9,
        vital=is_class,
        question=probe.get(paths.lab_socket, f"{hub.prefix}classroom/api/alive"),
    )


def _as_code(user: UnixUser) -> tuple[str, ...]:
    # As all of a lab's code: the memory guard ends what has others end first.
    first = ("choom", "-n", str(DIES_FIRST), "--")
    return (*first, "setpriv", f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups", "--")


def ending(user: UnixUser) -> tuple[str, ...]:
    """Build the command that ends all that a lab's code has running.

    Args:
        user: the lab's for code.
    """
    return (*_as_code(user), "kill", "-KILL", "--", "-1")


def emptying(user: UnixUser) -> tuple[str, ...]:
    """Build the command that removes what a lab's code has left in shared memory.

    Args:
        user: the lab's for code.
    """
    return (
        *_as_code(user),
        "find",
        str(SHARED_MEMORY),
        "-mindepth",
        "1",
        "-uid",
        str(user.uid),
        "-delete",
    )
