"""Build the image, run the lab, wait until it is healthy, and say how to get in.

Run as ``python3 -m tools.up`` (``make up``).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

SERVICE = "classroom"
HEALTHY_SECONDS = 300
REFUSED = "Not started."
WARNING = re.compile(r"^\[W [\d-]+ [\d:]+ classroom\] (.*)$", re.MULTILINE)
"""What classroom.boot prints."""


def compose(*words: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """Run docker compose; quietly, its output is returned instead of shown."""
    return subprocess.run(
        ["docker", "compose", *words], capture_output=quiet, text=True, check=False
    )


def state(listing: str) -> tuple[str, str]:
    """Read the container's state and health from ``docker compose ps --format json``.

    Args:
        listing: one JSON object a line; older versions print one array.
    """
    rows = [json.loads(line) for line in listing.splitlines() if line.strip()]
    for row in rows:
        for container in row if isinstance(row, list) else [row]:
            if container.get("Service") == SERVICE:
                return str(container.get("State", "")), str(container.get("Health", ""))
    return "", ""


def wait() -> bool:
    """Wait until the lab is healthy, showing progress; False when it won't be."""
    begun = time.monotonic()
    while time.monotonic() - begun < HEALTHY_SECONDS:
        running, health = state(compose("ps", "--all", "--format", "json", quiet=True).stdout)
        if health == "healthy":
            print(f"\rThe lab answers after {time.monotonic() - begun:.0f} s." + " " * 20)
            return True
        if running in {"exited", "restarting", "dead"} or health == "unhealthy":
            return False
        print(f"\rStarting … {time.monotonic() - begun:.0f} s ", end="", flush=True)
        time.sleep(0.5)
    return False


def log_of_container(*options: str) -> str:
    """Return what the container has logged.

    Not by Compose: some versions put escape sequences before each line, also into a pipe.

    Args:
        options: of ``docker logs``.
    """
    container = compose("ps", "--all", "--quiet", SERVICE, quiet=True).stdout.strip()
    found = subprocess.run(
        ["docker", "logs", *options, container],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return found.stdout


def explain_failure() -> None:
    """Show why it didn't start, and stop Docker from trying for ever."""
    log = log_of_container("--tail", "200")
    reasons = [line for line in log.splitlines() if line.startswith(REFUSED)]
    compose("stop", quiet=True)
    print()
    for line in dict.fromkeys(reasons) or log.splitlines()[-20:]:
        print(line, file=sys.stderr)


def warnings(log: str) -> list[str]:
    """Pick what the start has warned of, for the tutor to mend.

    Args:
        log: of the container.
    """
    return list(dict.fromkeys(WARNING.findall(log)))


def warn() -> None:
    """Print what the start has warned of."""
    for line in warnings(log_of_container()):
        print(f"Warning: {line}", file=sys.stderr)


def say() -> int:
    """Print the address and how to sign in, from the running lab itself."""
    port = os.environ.get("PORT", "8443")
    words = ("exec", "--no-TTY", SERVICE, "classroom", "sign-in", "--port", port)
    return compose(*words).returncode


def main() -> int:
    """Bring the lab up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only-say", action="store_true", help="print how to sign in, no more")
    if parser.parse_args().only_say:
        return say()
    if compose("build").returncode != 0:
        return 1
    # Docker would make it as root, and the tutor could put nothing into it.
    Path("materials").mkdir(exist_ok=True)
    # Made anew even if the image is the same: the configuration may have changed, and the log
    # must be of this start. The volume stays.
    if compose("up", "--detach", "--no-build", "--force-recreate").returncode != 0:
        return 1
    if not wait():
        explain_failure()
        return 1
    warn()
    return say()


if __name__ == "__main__":
    sys.exit(main())
