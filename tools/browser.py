"""Provide a Chromium for the browser tests.

Run as ``python -m tools.browser`` in the tests' environment; with the argument ``chromium`` for the
browser that people use, which the benchmarks measure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import partial

from tools.engine import EngineError, apt_get, status_of, this_system

HEADLESS = "chromium-headless-shell"
"""Debian's name of a Chromium without windows, and of its package: a page of JupyterLab uses a
quarter less CPU in it."""


def chromium() -> str | None:
    """Return the path of the system's Chromium for tests; None if only Playwright's can be used."""
    return shutil.which(HEADLESS) or shutil.which("chromium")


def ensure_browser(program: str = HEADLESS) -> None:
    """Install a Chromium if there is none: Debian's for root, Playwright's for others.

    Args:
        program: Debian's name of the program and of its package.

    Raises:
        EngineError: it can't be installed.
    """
    if shutil.which(program):
        return
    if os.geteuid() != 0 or this_system().get("ID") != "debian":
        if chromium():
            return
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        if subprocess.run(command, check=False).returncode != 0:
            raise EngineError("Playwright could not install Chromium: see its message above.")
        return
    print("Installing Chromium for the browser tests …", flush=True)
    try:
        apt_get("update")
        apt_get("install", "--yes", "--no-install-recommends", program, "fonts-dejavu-core")
    except EngineError as error:
        if (found := chromium()) is None:
            raise
        print(f"{error} The tests use {found}.", flush=True)


if __name__ == "__main__":
    sys.exit(status_of(partial(ensure_browser, *sys.argv[1:])))
