"""Make sure that there is a Chromium for the browser tests.

Run as ``python -m tools.browser`` in the tests' environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tools.engine import EngineError, apt_get, status_of, this_system


def chromium() -> str | None:
    """Name the system's Chromium; None means Playwright's own."""
    return shutil.which("chromium")


def ensure_browser() -> None:
    """Install a Chromium where there is none: Debian's as root, else Playwright's.

    Raises:
        EngineError: it can't be installed.
    """
    if chromium():
        return
    if os.geteuid() != 0 or this_system().get("ID") != "debian":
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        if subprocess.run(command, check=False).returncode != 0:
            raise EngineError("Playwright could not install Chromium: see its message above.")
        return
    print("Installing Chromium for the browser tests …", flush=True)
    apt_get("update")
    apt_get("install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core")


if __name__ == "__main__":
    sys.exit(status_of(ensure_browser))
