"""The directories of the volume and of /run, with their owners and modes."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.runtime import lab_users, volume_reserve
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classroom.runtime.paths import Paths


@dataclass(frozen=True)
class Directory:
    """A directory with its owner and mode.

    Attributes:
        path: its path.
        user: its owner, by name or id.
        group: its group, by name or id; with the setgid bit, also the group of new files in it.
        mode: permission bits.
        probe: whether to try to write there; only if no user but root can have put a link there.
    """

    path: Path
    user: str | int
    group: str | int
    mode: int
    probe: bool = False

    @property
    def uid(self) -> int:
        """The owner's id."""
        return pwd.getpwnam(self.user).pw_uid if isinstance(self.user, str) else self.user

    @property
    def gid(self) -> int:
        """The group's id."""
        return grp.getgrnam(self.group).gr_gid if isinstance(self.group, str) else self.group


def plan(paths: Paths) -> Iterator[Directory]:
    """List all directories in the order of their creation."""
    # Root's own come first: the owner of a directory may replace the directories in it.
    yield Directory(paths.data, "root", "root", 0o755, probe=True)
    yield Directory(paths.hub, "root", "root", 0o700, probe=True)
    yield Directory(paths.acme, "root", "root", 0o700)
    yield Directory(paths.snapshots, "root", "root", 0o700, probe=True)
    yield Directory(paths.history, "classroom", "classroom", 0o700)
    # setgid and group-writable: everybody may edit a new file.
    yield Directory(paths.files, "classroom", "students", 0o2775)
    yield Directory(paths.run, "root", "root", 0o755)
    # The group may connect: nginx's workers and the lab to the Hub, the workers to the lab.
    yield Directory(paths.hub_socket.parent, "root", "hub", 0o2750)
    yield Directory(paths.lab_socket.parent, "classroom", "front", 0o2750)
    # Root owns it: only the lab server may connect to the launcher.
    yield Directory(paths.launcher_socket.parent, "root", "classroom", 0o2750)
    # Sticky: students own kernels' sockets, but the lab server owns the connection files.
    yield Directory(paths.kernels, "classroom", "students", 0o3770)
    # The group has no other user: with it the launcher makes homes there that a student owns.
    yield Directory(paths.homes, "root", "root", 0o771)
    # Root owns it: nobody else may write the files that libraries keep in a home.
    yield Directory(paths.warm_home, "root", "root", 0o700)
    yield Directory(paths.runtime, "classroom", "classroom", 0o700)
    yield Directory(paths.scratch, "classroom", "classroom", 0o700)
    # Root owns them: nobody else may put files there that the lab server would load.
    for place in (paths.lab_home, paths.lab_home / "config", paths.lab_home / "share"):
        yield Directory(place, "root", "root", 0o755)
    # Root listens in the first and the lab in the second; no other user reaches these sockets.
    yield Directory(paths.snapshots_socket.parent, "root", "classroom", 0o2750)
    yield Directory(paths.restoring_socket.parent, "classroom", "classroom", 0o700)
    # Root owns it: only the Hub may write people's access.
    yield Directory(paths.standing.parent, "root", "classroom", 0o750)
    yield Directory(paths.front, "root", "root", 0o700)
    # Root owns it: the proxy reads the Hub's files there, and can't replace them by links.
    yield Directory(paths.egress, "root", "egress", 0o750)
    yield Directory(paths.egress / "nginx", "egress", "egress", 0o700)
    yield Directory(paths.tunnel, "egress", "egress", 0o700)


def plan_labs(paths: Paths) -> Iterator[Directory]:
    """List the directories that all labs but the class share, in the order of their creation."""
    yield Directory(paths.labs, "root", "root", 0o711)
    yield Directory(paths.labs_run, "root", "root", 0o711)
    # Root owns it: nobody else may decide where a name leads.
    yield Directory(paths.routes, "root", "front", 0o750)
    any_lab = paths.of_lab(lab_users.LAST)
    yield Directory(any_lab.launcher_socket.parent, "root", lab_users.LABS_GROUP, 0o2750)
    yield Directory(any_lab.standing.parent, "root", lab_users.LABS_GROUP, 0o750)


def plan_lab(paths: Paths) -> Iterator[Directory]:
    """List the directories of a lab other than the class, in the order of their creation.

    Args:
        paths: the lab's paths.
    """
    server = lab_users.server(paths.lab)
    # Root's come first, as in `plan`: no server can replace a directory in another's path.
    yield Directory(paths.lab_data, "root", "root", 0o711)
    yield Directory(paths.snapshots, "root", "root", 0o700)
    yield Directory(paths.history, server.uid, server.gid, 0o700)
    yield Directory(paths.files, server.uid, server.gid, 0o2770)
    yield Directory(paths.lab_run, "root", "root", 0o711)
    yield Directory(paths.lab_socket.parent, server.uid, "front", 0o2750)
    yield Directory(paths.kernels, server.uid, server.gid, 0o3770)
    yield Directory(paths.homes, "root", "root", 0o771)
    yield Directory(paths.runtime, server.uid, server.gid, 0o700)
    yield Directory(paths.scratch, server.uid, server.gid, 0o700)
    for place in (paths.lab_home, paths.lab_home / "config", paths.lab_home / "share"):
        yield Directory(place, "root", "root", 0o755)
    yield Directory(paths.snapshots_socket.parent, "root", server.gid, 0o2750)
    yield Directory(paths.restoring_socket.parent, server.uid, server.gid, 0o700)


def is_right(directory: Directory, user: int, group: int) -> bool:
    """Say whether a directory exists with the right owner and mode."""
    try:
        found = directory.path.stat()
    except FileNotFoundError:
        return False
    return (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (
        user,
        group,
        directory.mode,
    )


def set_right(directory: Directory, user: int, group: int) -> None:
    """Make a directory, or correct its owner and mode.

    The order matters if root has no CAP_FOWNER and CAP_FSETID: only an owner who is in the group
    may set the mode bits, and a later change of the owner keeps them.
    """
    directory.path.mkdir(parents=True, exist_ok=True)
    os.chown(directory.path, 0, 0)
    directory.path.chmod(directory.mode)
    os.chown(directory.path, user, group)


def clear(place: Path) -> None:
    """Remove a directory with its content, also if its owners have made that difficult.

    Without CAP_FOWNER root can't empty another user's sticky directory, and a student may have left
    one in the place of the lab's socket. So root becomes the owner first.

    Args:
        place: its path; no process may run that could add files to it.

    Raises:
        StartRefusedError: a file is left.
    """
    for parent, folders, _ in os.walk(place):
        for name in folders:
            os.chown(Path(parent) / name, 0, 0, follow_symlinks=False)
    shutil.rmtree(place, ignore_errors=True)
    if place.exists():
        what = "is left of an earlier start and can't be removed"
        raise StartRefusedError([Problem(str(place), what, "make a new container (make up)")])


def ensure(directories: Iterator[Directory]) -> None:
    """Make the directories, or correct existing ones, but not their content.

    Args:
        directories: the result of `plan`.

    Raises:
        StartRefusedError: a directory can't be made or written.
    """
    for directory in directories:
        user, group = directory.uid, directory.gid
        if directory.path.is_symlink():
            what = f"is a link to {directory.path.readlink()}"
            cure = "remove the link, or move what it points to in its place"
            raise StartRefusedError([Problem(str(directory.path), what, cure)])
        try:
            if not is_right(directory, user, group):
                set_right(directory, user, group)
            if directory.probe:
                with tempfile.TemporaryFile(dir=directory.path) as probe:
                    probe.write(b"probe")
        except OSError as error:
            raise StartRefusedError([problem(directory.path, error)]) from None


def problem(place: Path, error: OSError) -> Problem:
    """Describe why a directory can't be made or written, and how to correct that.

    Args:
        place: the directory.
        error: the operating system's error.
    """
    if error.errno in volume_reserve.FULL:
        return Problem(
            str(place),
            f"the volume is full ({error.strerror})",
            "delete something on its disk, or make the volume larger; the lab then starts by itself"
            " if Docker restarts it",
        )
    if error.errno == errno.EROFS:
        return Problem(
            str(place),
            f"can't be written ({error.strerror})",
            "mount the volume without :ro; if it isn't mounted so, check its disk for errors",
        )
    return Problem(
        str(place),
        f"can't be made or written ({error.strerror})",
        "mount a volume that root in the container may write, such as -v classroom-data:/data",
    )
