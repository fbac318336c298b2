"""Make sure that there is a Chromium for the browser tests.

Run as ``python -m tools.browser`` in the tests' environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.engine import EngineError, apt_get, os_release


def chromium() -> str | None:
    """Name the system's Chromium; None means Playwright's own."""
    return shutil.which("chromium")


def main() -> int:
    """Install a Chromium where there is none: Debian's as root, else Playwright's."""
    if chromium():
        return 0
    release = os_release(Path("/etc/os-release").read_text(encoding="utf-8"))
    if os.geteuid() != 0 or release.get("ID") != "debian":
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        return subprocess.run(command, check=False).returncode
    print("Installing Chromium for the browser tests …", flush=True)
    try:
        apt_get("update")
        apt_get("install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core")
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
