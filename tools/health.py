"""Wait until the started lab is healthy, or explain why it is not."""

from __future__ import annotations

import sys
import time

from tools.compose import compose, current_state, log_of_container
from tools.progress import Progress

HEALTHY_SECONDS = 300
REFUSED = "Not started."


def wait() -> bool:
    """Wait until the lab is healthy, and show progress; return False if it does not become so."""
    progress = Progress()
    while progress.seconds < HEALTHY_SECONDS:
        running, health = current_state()
        if health == "healthy":
            progress.end(f"The lab answers after {progress.seconds:.0f} s.")
            return True
        if running in {"exited", "restarting", "dead"} or health == "unhealthy":
            break
        progress.show("Starting the lab")
        time.sleep(0.5)
    progress.end()
    return False


def explain_failure() -> None:
    """Show why it did not start, and stop Docker's further tries."""
    log = log_of_container("--tail", "200")
    reasons = [line for line in log.splitlines() if line.startswith(REFUSED)]
    compose("stop", quiet=True)
    print()
    for line in dict.fromkeys(reasons) or log.splitlines()[-20:]:
        print(line, file=sys.stderr)
