"""The ``classroom`` command, for ``docker exec``."""

from __future__ import annotations

import argparse
import os
import sys

from classroom.paths import PORT, Paths


def main() -> int:
    """Run a subcommand."""
    parser = argparse.ArgumentParser(prog="classroom", description="Collaborative JupyterLab")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("boot", help="start the container (what its entrypoint runs)")
    commands.add_parser("health", help="say whether the Hub and the classroom answer")
    commands.add_parser("egress", help="say what the egress lock has refused")
    commands.add_parser("users", help="say who may be in, and who is")
    sign_in = commands.add_parser("sign-in", help="say how to sign in")
    sign_in.add_argument("--port", type=int, default=PORT, help="the port that docker publishes")
    chosen = parser.parse_args()
    # Imported when chosen: the health check runs every few seconds and must stay cheap.
    if chosen.command == "health":
        from classroom import health  # noqa: PLC0415

        return health.main()
    if chosen.command == "boot":
        from classroom import boot  # noqa: PLC0415

        return boot.main()
    if chosen.command == "users":
        return say_who_may_be_in()
    if chosen.command == "egress":
        return say_what_was_refused()
    return say_how_to_sign_in(chosen.port)


def say_who_may_be_in() -> int:
    """Print everybody who is on the list."""
    import sqlite3  # noqa: PLC0415

    from classroom import users  # noqa: PLC0415

    try:
        print(users.report(Paths()))
    except sqlite3.Error as error:
        print(f"Nothing is known yet ({error}): is the lab up?", file=sys.stderr)
        return 1
    return 0


def say_what_was_refused() -> int:
    """Print what the Hub has written down of the egress lock."""
    import json  # noqa: PLC0415

    from classroom.egress import refusals  # noqa: PLC0415

    try:
        found = json.loads((Paths().egress / "report.json").read_text(encoding="utf-8"))
    except OSError as error:
        print(f"Nothing is known yet ({error.strerror}): is the lab up?", file=sys.stderr)
        return 1
    print(refusals.report(found))
    return 0


def say_how_to_sign_in(port: int) -> int:
    """Print how to sign in, or what is wrong with the configuration as it is now.

    Args:
        port: the port that docker publishes.
    """
    from classroom import settings, signin  # noqa: PLC0415
    from classroom.problems import EX_CONFIG, RefusedError  # noqa: PLC0415

    try:
        print(signin.describe(settings.load(Paths(), os.environ), port))
    except RefusedError as refused:
        print(refused, file=sys.stderr)
        return EX_CONFIG
    return 0


if __name__ == "__main__":
    sys.exit(main())
