"""The container's processes and their command lines: plain values."""

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
    # Also with nftables: seccomp refuses sockets that the rules don't see, such as packet sockets.
    LockKind.NFTABLES: ("unix", "inet", "inet6"),
    LockKind.OPEN: (),
}
BEHIND_THE_CLASS = ("nice", "-n", "5")
"""The prefix of personal labs' servers: if thirty start or save at the same time, the class still
has its share of the machine."""
PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True)
class Child:
    """A process that must always run.

    Attributes:
        name: its name in the log.
        command: program and arguments.
        ready: a file that exists when it serves; it is removed before each start.
        environment: its whole environment.
        descriptors: open files that it inherits, under the same numbers.
        folder: the folder in which it starts.
        stop_seconds: how long it may take to end.
        before: commands to run before each start; their failures are ignored.
        vital: whether the container ends if it can't be run.
        question: a question that it answers as long as it lives; None for no check.
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
    """Build the environment with which nginx uses open sockets instead of opening its own.

    nginx itself uses this to pass them to a new version. It closes sockets that its configuration
    doesn't name.
    """
    return {**environment, "NGINX": "".join(f"{number};" for number in descriptors)}


def front(paths: Paths, base: Mapping[str, str], sockets: tuple[int, ...]) -> Child:
    """Describe the front; its configuration already exists."""
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
    """Describe the egress proxy: its user may use the network, and has no capabilities."""
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
    """Describe the tunnel, which has the egress proxy's user, and no capabilities either.

    Args:
        paths: the container's paths.
        base: the environment to extend.
        services: the descriptor of the socket for students' connections to services; -1 for none.
        hub: the descriptor of the socket for the Hub's connections, if there is no egress proxy; -1
            for none.
    """
    return Child(
        "The egress tunnel",
        (
            # A SIGHUP before it has a handler would end it; it reads its orders after that.
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
    """Describe the launcher: in the sandbox, which the processes that it starts inherit.

    Args:
        paths: the container's paths.
        base: the environment to extend.
        kind: the kind of the egress lock.
        labs: whether there may be labs besides the class.
    """
    python = str(paths.prefix / "bin/python")
    # A name that is not known at the first try won't be known at the fifth.
    locked = {} if kind is LockKind.OPEN else {"PIP_RETRIES": "0"}
    return Child(
        "The launcher",
        (
            *seccomp.prefix(python, "root", FAMILIES[kind]),
            *(python, "-I", "-m", "classroom.launcher"),
        ),
        paths.launcher_socket,
        {**base, **locked},
        # End processes that an earlier launcher has left: nobody else could end them. This is
        # before the sandbox, because a process in the sandbox can't signal processes outside.
        before=(
            ending(lab_users.code(lab_users.CLASS)),
            *(((python, "-I", "-m", "classroom.supervisor.left_behind"),) if labs else ()),
        ),
        # It closes all connections but the lab server's.
        question=Question(paths.launcher_socket, kind=socket.SOCK_SEQPACKET),
    )


def snapshots(paths: Paths, base: Mapping[str, str], *, only_asked: bool = False) -> Child:
    """Describe the snapshot service of a lab, which makes the last snapshot at its end.

    Args:
        paths: the lab's paths.
        base: the environment to extend.
        only_asked: whether it makes snapshots only on request.
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

    The Hub does not manage it as a service: it would end with the Hub, and the Hub accepts no unix
    socket as a service's url. Its environment is the same as from the Hub, without the token.

    Args:
        paths: the lab's paths.
        base: the environment to extend.
        kind: the kind of the egress lock.
        secrets: the descriptor of its secrets (`classroom.runtime.credentials`).
        hub: the server as the Hub knows it.
    """
    python = str(paths.prefix / "bin/python")
    is_class = paths.lab == lab_users.CLASS
    environment = {
        "PATH": base["PATH"],
        "LANG": base.get("LANG", "C.UTF-8"),
        **{name: base[name] for name in ("TZ", credentials.LAB_ID, words.VARIABLE) if name in base},
        **({} if is_class else {OWN_LAB: str(paths.lab)}),
        "USER": lab_users.server(paths.lab).name,
        # Root's and empty: it must not load files from the class's files, where students write.
        "HOME": str(paths.lab_home),
        "TMPDIR": str(paths.scratch),
        "SHELL": "/bin/bash",
        # Otherwise each thread that has saved once would keep its own memory (mallopt(3)).
        "MALLOC_ARENA_MAX": "2",
        # malloc returns large blocks at once. By default it would keep the memory of the largest
        # number of large messages that there ever were.
        "MALLOC_MMAP_THRESHOLD_": str(128 * 1024),
        "MALLOC_TRIM_THRESHOLD_": str(128 * 1024),
        credentials.DESCRIPTOR: str(secrets),
        **hub.environment(paths),
        "JUPYTERHUB_DISABLE_USER_CONFIG": "1",  # students can write to it
        "JUPYTER_CONFIG_DIR": str(paths.lab_home / "config"),
        "JUPYTER_DATA_DIR": str(paths.lab_home / "share"),
        "JUPYTER_RUNTIME_DIR": str(paths.runtime),
    }
    return Child(
        "The lab" if is_class else f"Lab {paths.lab} ({hub.user})",
        (
            *(() if is_class else BEHIND_THE_CLASS),
            # It is restricted before it becomes a user that a student may trace.
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
    # As for all code of a lab: otherwise the memory guard would end it (oom_score.py).
    first = ("choom", "-n", str(DIES_FIRST), "--")
    return (*first, "setpriv", f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups", "--")


def ending(user: UnixUser) -> tuple[str, ...]:
    """Build the command that ends all processes of a lab's code.

    Args:
        user: the user of the lab's code.
    """
    return (*_as_code(user), "kill", "-KILL", "--", "-1")


def emptying(user: UnixUser) -> tuple[str, ...]:
    """Build the command that removes the files of a lab's code in shared memory.

    Args:
        user: the user of the lab's code.
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
