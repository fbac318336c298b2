"""Build the image; show one line meanwhile, and the build's whole output only if it fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from tools import release
from tools.progress import Progress

STEP = re.compile(r"^#\d+ \[([a-z0-9 -]+?) +(\d+/\d+)\]")
"""A step of the build in BuildKit's plain output: ``#12 [build 3/9] RUN …``."""
FAILED = re.compile(
    r"^------\n > \[(?P<step>[^\]]*)\] ?(?P<what>.*?):?\n(?P<words>.*?)^------$",
    re.MULTILINE | re.DOTALL,
)
"""The output of a failed step, which BuildKit repeats at the end."""
TIME = re.compile(r"^\d+\.\d+ ", re.MULTILINE)
"""The seconds before each line in the output of a failed step."""
TUTORS = ("requirements.txt", "apt.txt", "postBuild")
"""The tutor's files that steps of the build use."""


def last_words(log: str) -> str:
    """Return the output of the failed step without times; "" if no step failed.

    Args:
        log: the build's log in BuildKit's plain form.
    """
    found = list(FAILED.finditer(log))
    return TIME.sub("", found[-1]["words"]).strip() if found else ""


def explanation(log: str) -> str:
    """Explain why the build failed, with the installer's own output at the end.

    Args:
        log: the build's log.
    """
    failed = list(FAILED.finditer(log))
    what = failed[-1]["what"] if failed else ""
    file = next((name for name in TUTORS if f"/build/tutor/{name}" in what), "")
    if file == "postBuild":
        said = "postBuild ended with an error: correct it and run make up again."
    elif file:
        said = f"{file} can't be installed: correct it and run make up again."
    elif re.search(r"no space left on device", log, re.IGNORECASE):
        said = "The disk is full: make room (docker system df shows what Docker uses)."
    else:
        said = "The image could not be built: all of the build's words are above."
    return f"{said} The reason:\n\n{last_words(log) or log.strip()[-2000:]}"


def build() -> bool:
    """Build the image; if that fails, print the build's whole output and the reason.

    Returns:
        Whether the image was built.
    """
    progress, lines = Progress(), []
    print("Building the image: minutes the first time, seconds after that.", flush=True)
    with subprocess.Popen(
        ["docker", "compose", "build"],
        env={**os.environ, "RELEASE": release.release()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as running:
        assert running.stdout is not None  # noqa: S101 (a pipe, as asked for)
        for line in running.stdout:
            lines.append(line)
            if step := STEP.match(line):
                progress.show(f"Building: {step[1]}, step {step[2]}")
    if running.returncode == 0:
        progress.end()
        return True
    progress.end()
    log = "".join(lines)
    print(log, file=sys.stderr)
    print(explanation(log), file=sys.stderr)
    return False
