"""Provide the base image: pull it, or make it from Debian's archive.

If no image registry can be reached, ``debootstrap`` makes the same image from the archive that this
machine's apt already uses. Run as ``python3 -m tools.base_image``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.engine import SUITE, EngineError, apt_get, apt_sources, mirror, status_of

IMAGE = f"debian:{SUITE}-slim"
PULL_SECONDS = 900

# Files that Debian's own slim images leave out, by dpkg's path filters; licences stay.
SLIM = """\
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
"""


def security_mirror(uri: str) -> str:
    """Return the address of the security archive for a main archive.

    Args:
        uri: the main archive's address, as in apt's sources.
    """
    return uri.rstrip("/") + "-security"


def image_sources(uri: str) -> str:
    """Return the apt sources of the image: the release, its updates and its security fixes.

    Args:
        uri: the main archive's address.
    """
    keyring = "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    return (
        f"Types: deb\nURIs: {uri}\nSuites: {SUITE} {SUITE}-updates\nComponents: main\n{keyring}\n"
        f"Types: deb\nURIs: {security_mirror(uri)}\nSuites: {SUITE}-security\n"
        f"Components: main\n{keyring}"
    )


# With these settings apt leaves no files behind, as in Debian's own images.
APT_CLEAN = """\
APT::Install-Recommends "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };
"""


def run(*words: str) -> bool:
    """Run a command quietly; say whether it succeeded, and print its error output if not."""
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        print(result.stderr[-2000:] or result.stdout[-2000:], file=sys.stderr)
    return result.returncode == 0


def present() -> bool:
    """Say whether the engine already has the image."""
    words = ["docker", "image", "inspect", IMAGE]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def pull() -> bool:
    """Try to pull the image; return False if the registry refuses or can't be reached."""
    try:
        result = subprocess.run(
            ["docker", "pull", "--quiet", IMAGE],
            capture_output=True,
            check=False,
            timeout=PULL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False
    return result.returncode == 0


def make() -> None:
    """Make the image with debootstrap.

    Raises:
        EngineError: a step failed; the message names it.
    """
    if not Path("/usr/sbin/debootstrap").exists():
        apt_get("update")
        apt_get("install", "--yes", "--no-install-recommends", "debootstrap")
    uri, _ = mirror(apt_sources())
    with tempfile.TemporaryDirectory(prefix="base-image-") as scratch:
        root = Path(scratch) / "root"
        filters = root / "etc/dpkg/dpkg.cfg.d/docker"
        filters.parent.mkdir(parents=True)
        filters.write_text(SLIM)
        include = "--include=ca-certificates,debian-archive-keyring"
        if not run("debootstrap", "--variant=minbase", include, SUITE, str(root), uri):
            raise EngineError(f"debootstrap could not make {IMAGE} from {uri}: see above.")
        (root / "etc/apt/sources.list").unlink(missing_ok=True)
        (root / "etc/apt/sources.list.d/debian.sources").write_text(image_sources(uri))
        (root / "etc/apt/apt.conf.d/docker-clean").write_text(APT_CLEAN)
        # Install the newest packages now, so that a later layer need not replace half of them.
        if not run("chroot", str(root), "sh", "-c", "apt-get update && apt-get upgrade --yes"):
            raise EngineError(
                f"The security updates for {IMAGE} could not be installed: see above."
            )
        for waste in ("var/cache", "var/lib/apt/lists", "var/log"):
            run("find", str(root / waste), "-type", "f", "-delete")
        pack = f"tar -C {root} --numeric-owner -c . | docker import - {IMAGE}"
        if not run("sh", "-c", pack):
            raise EngineError(f"docker import could not take {IMAGE}: see above.")


def ensure_base_image() -> None:
    """Make sure the image is there.

    Raises:
        EngineError: it can neither be pulled nor made; the message says what to do.
    """
    if not present() and not pull():
        if os.geteuid() != 0 or not Path("/etc/debian_version").exists():
            raise EngineError(
                f"{IMAGE} can't be pulled, and only root on Debian can make it: check the way to "
                f"the registry (`docker pull {IMAGE}`) and run the same command again."
            )
        print(f"{IMAGE} can't be pulled: making it with debootstrap …", flush=True)
        make()


if __name__ == "__main__":
    sys.exit(status_of(ensure_base_image))
