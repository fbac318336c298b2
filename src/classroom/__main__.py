"""The ``classroom`` command, for ``docker exec``."""

from __future__ import annotations

import argparse
import sys


def main() -> int:
    """Run a subcommand."""
    parser = argparse.ArgumentParser(prog="classroom", description="Collaborative JupyterLab")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("boot", help="start the container (what its entrypoint runs)")
    commands.add_parser("health", help="say whether the Hub and the classroom answer")
    # Imported when chosen: the health check runs every few seconds and must stay cheap.
    if parser.parse_args().command == "boot":
        from classroom.boot import main as chosen  # noqa: PLC0415
    else:
        from classroom.health import main as chosen  # noqa: PLC0415
    return chosen()


if __name__ == "__main__":
    sys.exit(main())
