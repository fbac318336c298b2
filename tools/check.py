"""Print the errors and warnings of a start, without a start; a running lab is not affected.

Run as ``python3 -m tools.check`` (``make check``).
"""

from __future__ import annotations

import os
import sys

from tools import addresses, classes, ports, remembered
from tools.build import build
from tools.compose import SERVICE, compose, project


def command(port: int, *options: str) -> list[str]:
    """Build the command that checks everything in its own container.

    Args:
        port: the port of this machine for the lab.
        *options: options of ``classroom check``.
    """
    once = ["run", "--rm", "--no-deps", "--no-TTY", "--quiet-pull", "--entrypoint", "classroom"]
    hosts = [word for host in addresses.for_others() for word in ("--host", host)]
    return [*once, SERVICE, "check", "--port", str(port), *hosts, *options]


def main() -> int:
    """Check this machine, the image, and the configuration; return 1 if a start would fail."""
    try:
        port, name = remembered.given(os.environ)
        plain = remembered.http_port(os.environ)
    except remembered.SettingError as error:
        print(error, file=sys.stderr)
        return 1
    os.environ.update({remembered.PORT: str(port), remembered.CLASS: name})
    ways = ((port, remembered.PORT), (plain, remembered.HTTP_PORT))
    taken = [ports.in_the_way(one, project(), variable) for one, variable in ways]
    found = [said for said in (classes.another(), *taken) if said]
    if not build():
        return 1
    done = compose(*command(port))
    for said in found:
        print(f"Wrong: {said}", file=sys.stderr)
    return 1 if found else done.returncode


if __name__ == "__main__":
    sys.exit(main())
