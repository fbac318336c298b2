"""Write a sheet with everybody's personal sign-in link into a file.

Run as ``python3 -m tools.invitations FILE`` (``make invitations``).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tools import addresses
from tools.compose import NOT_RUNNING, SERVICE, published_port


def main() -> int:
    """Write the sheet, which only this account can read; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", default="")
    parser.add_argument("--renew", default="")
    parser.add_argument("--address", default="")
    chosen = parser.parse_args()
    if not chosen.file:
        print("Name a file: FILE=invitations.html", file=sys.stderr)
        return 1
    port = published_port()
    if port is None:
        print(NOT_RUNNING, file=sys.stderr)
        return 1
    words = ["docker", "compose", "exec", "--no-TTY", SERVICE, "classroom", "invitations"]
    words += ["--port", str(port), "--renew", chosen.renew, "--address", chosen.address]
    words += [word for host in addresses.for_others() for word in ("--host", host)]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        return done.returncode
    file = Path(chosen.file)
    try:
        part = file.with_name(f"{file.name}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(done.stdout)
        part.replace(file)
    except OSError as error:
        print(f"{file} can't be written: {error.strerror}.", file=sys.stderr)
        return 1
    print(
        f"{file}: print it, cut it up, hand it out. Anybody who has a person's link is that person."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
