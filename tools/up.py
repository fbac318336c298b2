"""Build the image, run the lab, wait until it is healthy, and print how to sign in.

Run as ``python3 -m tools.up`` (``make up``).
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from tools import addresses, check, classes, ports, remembered, time_zone, upgrade
from tools.build import build
from tools.compose import (
    NOT_RUNNING,
    SERVICE,
    compose,
    current_state,
    log_of_container,
    project,
    published_port,
)
from tools.health import explain_failure, wait

NOT_STARTED = "Not started."
GOES_ON = "The lab goes on as it was: it would not start with this configuration."
UNCHECKED = "Warning: the configuration could not be checked before the start."
EX_CONFIG = 78
"""The exit status of a check if a start would be refused."""
CHECK_SECONDS = 60
WARNING = re.compile(r"^\[W [\d-]+ [\d:]+ classroom\] (.*)$", re.MULTILINE)
"""A warning in the output of `classroom.boot`."""


class UpError(Exception):
    """The lab can't be started; the text is for the person."""


def warnings(log: str) -> list[str]:
    """Find the start's warnings in the log, for the tutor to correct.

    Args:
        log: the container's log.
    """
    return list(dict.fromkeys(WARNING.findall(log)))


def warn() -> None:
    """Print the start's warnings."""
    for line in warnings(log_of_container()):
        print(f"Warning: {line}", file=sys.stderr)


def say() -> int:
    """Print the running lab's address and how to sign in; return the exit status."""
    port = published_port()
    if port is None:
        print(NOT_RUNNING, file=sys.stderr)
        return 1
    hosts = [word for host in addresses.for_others() for word in ("--host", host)]
    picture = ("--qr",) if sys.stdout.isatty() else ()
    words = ("exec", "--no-TTY", SERVICE, "classroom", "sign-in", "--port", str(port))
    return compose(*words, *hosts, *picture).returncode


def refused(port: int, *, upgrades: bool = False) -> str:
    """Explain why the new image would not start with this configuration and data; "" if it would.

    The new image itself checks that, before the running container and everybody's lesson end.

    Args:
        port: the port of this machine for the lab.
        upgrades: whether the image's release differs from the release that ran last.
    """
    runs = current_state()[0] == "running"
    if not runs and not upgrades:
        return ""
    try:
        done = compose(*check.command(port, "--start-only"), quiet=True, seconds=CHECK_SECONDS)
    except subprocess.TimeoutExpired:
        print(UNCHECKED, file=sys.stderr)
        return ""
    if done.returncode != EX_CONFIG:
        if done.returncode:
            print(UNCHECKED, file=sys.stderr)
        return ""
    problems = [line for line in done.stderr.splitlines() if line.startswith("Wrong: ")]
    return "\n".join([GOES_ON if runs else NOT_STARTED, *problems])


def run(port: int) -> None:
    """Replace the container.

    The container is replaced even if the image is the same: the configuration may have changed, and
    the log must belong to this start. The volume stays.

    Args:
        port: the port of this machine for the lab.

    Raises:
        UpError: Docker can't run it.
    """
    done = compose("up", "--detach", "--no-build", "--force-recreate", quiet=True)
    if done.returncode != 0:
        if ports.TAKEN.search(done.stderr):
            wanted, name = port, remembered.PORT
            plain = remembered.http_port(os.environ)
            if plain is not None and re.search(rf":{plain}\b", done.stderr):
                wanted, name = plain, remembered.HTTP_PORT
            holders = [one for one, owner in ports.containers(wanted) if owner != project()]
            raise UpError(ports.sentence(wanted, holders, name))
        raise UpError(f"Docker can't start the lab. It says:\n\n{done.stderr.strip()}")


def prepare() -> None:
    """Prepare the folders and variables for the containers of this folder."""
    os.environ.update(time_zone.use(os.environ, remembered.read(remembered.text_of())))
    # For the certificate that the lab makes if the tutor has none.
    os.environ.setdefault("ADDRESSES", ",".join(addresses.for_others()))
    # Docker would make it as root, and the tutor could not put files into it.
    Path("materials").mkdir(exist_ok=True)


def up() -> int:
    """Bring the lab up.

    Returns:
        The exit status: 1 if the build failed, the lab is not healthy, or an upgrade was undone.

    Raises:
        SettingError: a port or a name can't be used.
        UpError: the lab can't be started.
        UpgradeError: the upgrade did not begin.
    """
    port, _ = remembered.remember(os.environ)
    plain = remembered.http_port(os.environ)
    # Check this before a running class ends.
    said = classes.another() or ports.in_the_way(port, project())
    if said := said or ports.in_the_way(plain, project(), remembered.HTTP_PORT):
        raise UpError(said)
    last = upgrade.last()
    if not build():
        return 1
    prepare()
    new = upgrade.built()
    other = last is not None and upgrade.is_upgrade(last, new)
    if said := refused(port, upgrades=other):
        raise UpError(said)
    if last is not None and other:
        if not upgraded(upgrade.Upgrade(last, new), port):
            return 1
    else:
        run(port)
        if not wait():
            explain_failure()
            return 1
    upgrade.remember(new)
    warn()
    print()
    return say()


def upgraded(step: upgrade.Upgrade, port: int) -> bool:
    """Start another release; if that fails, restore the release and the data before it.

    Args:
        step: the upgrade from one release to the other.
        port: the port of this machine for the lab.

    Returns:
        Whether the new release runs.

    Raises:
        UpError: Docker can run neither release.
        UpgradeError: the upgrade did not begin.
    """
    step.begin()
    try:
        run(port)
        trouble = step.trouble() if wait() else ["The new lab doesn't start."]
    except UpError as error:
        trouble = [str(error)]
    if not trouble:
        return True
    print("\n".join(["Not upgraded.", *trouble]), file=sys.stderr)
    if not step.back():
        return False
    run(port)
    if not wait():
        explain_failure()
    return False


def main() -> int:
    """Bring the lab up, or only print how to sign in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only-say", action="store_true", help="print how to sign in, no more")
    try:
        return say() if parser.parse_args().only_say else up()
    except (UpError, upgrade.UpgradeError, remembered.SettingError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
