"""The ``classroom`` command, for ``docker exec``.

Docker starts it as root with the container's initial capabilities, including NET_ADMIN. Each
subcommand drops what it does not need before it does anything.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from classroom.runtime import privileges
from classroom.runtime.paths import PORT, Paths

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> int:
    """Run a subcommand."""
    parser = argparse.ArgumentParser(prog="classroom", description="Collaborative JupyterLab")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("boot", help="start the container (what its entrypoint runs)")
    commands.add_parser("health", help="check whether the Hub and the lab answer")
    commands.add_parser("version", help="print the release of this lab")
    commands.add_parser("egress", help="list what the egress lock has refused")
    commands.add_parser("users", help="list allowed users, and who is online")
    commands.add_parser("labs", help="list the labs besides the class's")
    lab = commands.add_parser("lab", help="start, stop or delete a lab besides the class's")
    lab.add_argument("order", help="start, stop or delete")
    lab.add_argument("name", nargs="?", default="", help="as `classroom labs` lists it")
    listed = commands.add_parser("snapshots", help="list the snapshots of the lab's files")
    back = commands.add_parser("restore", help="restore files from a snapshot")
    back.add_argument("snapshot", help="its id, as `classroom snapshots` lists it")
    back.add_argument(
        "path", nargs="?", default="", help="a file or folder; without it, everything"
    )
    for command in (listed, back):
        whose = "the lab, by its owner's or room's name or its number; without it, the class's"
        command.add_argument("--lab", default="", help=whose)
    commands.add_parser("documents", help="open the newest documents; say which can't be, as JSON")
    commands.add_parser("backup", help="write a backup of the volume to standard output")
    commands.add_parser(
        "restore-backup", help="read a backup from standard input, for the next start"
    )
    sign_in = commands.add_parser("sign-in", help="print the address and how to sign in")
    sign_in.add_argument("--qr", action="store_true", help="draw the address as a QR code as well")
    check = commands.add_parser("check", help="say what a start would refuse or warn of")
    start_only = "only what it would refuse; don't ask GitHub"
    check.add_argument("--start-only", action="store_true", help=start_only)
    invite = commands.add_parser("invitations", help="print a sheet with personal sign-in links")
    invite.add_argument("--renew", default="", help="a name whose link is replaced")
    invite.add_argument("--address", default="", help="by which people come: https://…")
    for command in (sign_in, check, invite):
        command.add_argument("--port", type=int, default=PORT, help="what Docker publishes")
        command.add_argument("--host", action="append", default=[], help="of the machine")
    chosen = parser.parse_args()
    if chosen.command != "boot":
        privileges.drop(needed(chosen) if os.getuid() == 0 else ())
    return COMMANDS[chosen.command](chosen)


def needed(chosen: argparse.Namespace) -> tuple[str, ...]:
    """Return the capabilities that a command keeps.

    Args:
        chosen: the command, with what it was given.
    """
    found = NEEDED.get(chosen.command, ())
    # The socket of a deleted lab's snapshot service is given to the lab that gets the files.
    of_a_lab = bool(getattr(chosen, "lab", ""))
    return tuple({*found, "chown", "dac_override"}) if of_a_lab else found


# Each subcommand imports its own modules, so that the health check, which runs often, is cheap.


def start(_: argparse.Namespace) -> int:
    """Start the container."""
    import gc  # noqa: PLC0415

    gc.disable()  # it lasts a second, nearly all of it imports, and leaves nothing behind

    from classroom import boot  # noqa: PLC0415

    return boot.main()


def say_health(_: argparse.Namespace) -> int:
    """Print whether the Hub and the lab answer."""
    from classroom.cli import health  # noqa: PLC0415

    return health.main()


def say_version(_: argparse.Namespace) -> int:
    """Print the lab's release."""
    from classroom.runtime import volume_format  # noqa: PLC0415

    print(volume_format.release(Paths().prefix))
    return 0


def say_labs(_: argparse.Namespace) -> int:
    """Print the list of labs besides the class's."""
    from classroom.cli import labs  # noqa: PLC0415

    return labs.say(Paths())


def order_lab(chosen: argparse.Namespace) -> int:
    """Have a lab started, stopped or deleted."""
    from classroom.cli import lab  # noqa: PLC0415

    return lab.main(Paths(), chosen.order, chosen.name)


def of_lab(chosen: argparse.Namespace) -> Paths | None:
    """Return where the chosen lab is; say so if there is none, or several of that name."""
    from classroom.cli import labs  # noqa: PLC0415

    if (lab := labs.number(Paths(), chosen.lab)) is None:
        print("There is no such lab: `make labs` lists them by number.", file=sys.stderr)
        return None
    return Paths().of_lab(lab)


def say_snapshots(chosen: argparse.Namespace) -> int:
    """Print the list of snapshots."""
    from classroom.cli import deleted_labs, snapshots  # noqa: PLC0415

    if (paths := of_lab(chosen)) is None:
        return 1
    return deleted_labs.say(paths) if deleted_labs.find(paths) else snapshots.say(paths)


def restore(chosen: argparse.Namespace) -> int:
    """Restore files from a snapshot."""
    from classroom.cli import deleted_labs, snapshots  # noqa: PLC0415

    if (paths := of_lab(chosen)) is None:
        return 1
    if (deleted := deleted_labs.find(paths)) is not None:
        return deleted_labs.restore(paths, deleted, chosen.snapshot, chosen.path)
    return snapshots.restore(paths, chosen.snapshot, chosen.path)


def open_documents(_: argparse.Namespace) -> int:
    """Print which of the newest documents can be opened."""
    from classroom.cli import documents  # noqa: PLC0415

    return documents.say(Paths())


def write_backup(_: argparse.Namespace) -> int:
    """Write a backup to standard output."""
    from classroom.cli import backup  # noqa: PLC0415

    return backup.write(Paths())


def take_backup_in(_: argparse.Namespace) -> int:
    """Read a backup from standard input."""
    from classroom.cli import backup  # noqa: PLC0415

    return backup.take_in(Paths())


def say_who_may_be_in(_: argparse.Namespace) -> int:
    """Print all allowed users."""
    import sqlite3  # noqa: PLC0415

    from classroom.cli import users  # noqa: PLC0415

    try:
        print(users.report(Paths()))
    except sqlite3.Error as error:
        print(f"There is no data yet ({error}). Is the lab running?", file=sys.stderr)
        return 1
    if anybody_may_enter():
        from classroom.cli import sign_in  # noqa: PLC0415

        print(f"\n{sign_in.ANYBODY}")
    return 0


def anybody_may_enter() -> bool:
    """Say whether the configuration admits everybody who has a GitHub account.

    All settings are checked only if `allow_all` is set, because that imports all of JupyterHub.
    """
    from classroom.config import config_file, people, settings  # noqa: PLC0415
    from classroom.runtime.problems import StartRefusedError  # noqa: PLC0415

    with contextlib.suppress(StartRefusedError):  # `classroom sign-in` says what is wrong
        file = config_file.read(Paths().config_file)
        if people.lookup(file, "allow_all"):
            return settings.load(Paths(), os.environ).anybody
    return False


def say_what_was_refused(_: argparse.Namespace) -> int:
    """Print the Hub's report of what the egress lock refused."""
    import json  # noqa: PLC0415

    from classroom.egress import refusals  # noqa: PLC0415

    try:
        found = json.loads((Paths().egress / "report.json").read_text(encoding="utf-8"))
    except OSError as error:
        print(f"There is no data yet ({error.strerror}). Is the lab running?", file=sys.stderr)
        return 1
    print(refusals.report(found))
    return 0


def say_how_to_sign_in(chosen: argparse.Namespace) -> int:
    """Print how to sign in, or what is wrong with the current configuration."""
    from classroom.cli import sign_in  # noqa: PLC0415
    from classroom.config import settings  # noqa: PLC0415
    from classroom.runtime.problems import EX_CONFIG, StartRefusedError  # noqa: PLC0415

    published = sign_in.Published(chosen.port, tuple(chosen.host))
    try:
        loaded = settings.load(Paths(), os.environ)
    except StartRefusedError as refused:
        print(refused, file=sys.stderr)
        return EX_CONFIG
    print(sign_in.describe(loaded, published))
    for slip in sign_in.slips(loaded.oauth, published):
        print(f"Warning: {slip}", file=sys.stderr)
    if published.hosts:
        print(f"\n{sign_in.UNREACHABLE.format(port=chosen.port)}")
    if chosen.qr:
        from classroom.cli import qr  # noqa: PLC0415

        print(f"\n{qr.drawn(sign_in.address(loaded, published))}")
    return 0


def check_all(chosen: argparse.Namespace) -> int:
    """Print what a start would refuse or warn of."""
    from classroom.cli import check, sign_in  # noqa: PLC0415

    published = sign_in.Published(chosen.port, tuple(chosen.host))
    return check.main(Paths(), os.environ, published, start_only=chosen.start_only)


def print_invitations(chosen: argparse.Namespace) -> int:
    """Print a sheet with a personal sign-in link for each person."""
    from classroom.cli import invitations, sign_in  # noqa: PLC0415

    published = sign_in.Published(chosen.port, tuple(chosen.host))
    return invitations.main(Paths(), os.environ, published, chosen.renew, chosen.address)


NEEDED = {
    # To read other users' files: the database, the configuration, the lab's socket, the volume.
    "users": ("dac_override",),
    "sign-in": ("dac_override",),
    "labs": ("dac_override",),
    "lab": ("dac_override",),
    "invitations": ("dac_override",),
    # To see which lock a start could take, without taking it; and to connect as the proxy's user.
    "check": ("dac_override", "net_admin", "setuid"),
    "restore": ("dac_override",),
    "documents": ("dac_override",),
    # And to open each database with no more than its owner's rights.
    "backup": ("dac_override", "setgid", "setuid"),
    "restore-backup": ("chown", "dac_override"),
    # To become nobody.
    "health": ("setgid", "setuid"),
}
"""The capabilities that each subcommand keeps; none if it is not named. `boot` keeps all until the
egress lock is taken."""
COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "boot": start,
    "health": say_health,
    "version": say_version,
    "egress": say_what_was_refused,
    "users": say_who_may_be_in,
    "labs": say_labs,
    "lab": order_lab,
    "snapshots": say_snapshots,
    "restore": restore,
    "documents": open_documents,
    "backup": write_backup,
    "restore-backup": take_backup_in,
    "sign-in": say_how_to_sign_in,
    "check": check_all,
    "invitations": print_invitations,
}


if __name__ == "__main__":
    sys.exit(main())
