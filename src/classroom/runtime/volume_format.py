"""The format of the data on the volume, and the steps from an older format to this one.

The format's number increases when a new release stores data in a way that an earlier release can't
read. A start converts an older volume step by step. It refuses a newer volume, which it would
damage. An upgrade (``make up`` of a newer checkout) first makes a backup, because no step can be
undone.
"""

from __future__ import annotations

import contextlib
import errno
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from classroom.runtime import files, volume_reserve
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from classroom.runtime.paths import Paths

FILE = "volume.json"
"""At the root of the volume, where only root writes."""
UNKNOWN = "unknown"
"""The release of an image whose build did not get one."""


@dataclass(frozen=True)
class Volume:
    """The content of a volume's `FILE`.

    Attributes:
        format: the data's format; 0 without the file, as on a new volume.
        release: the release that wrote it last.
    """

    format: int = 0
    release: str = ""


def _forget_the_token(paths: Paths) -> None:
    """Delete the lab's token on the volume: now each start makes a new one."""
    (paths.hub / "lab_token").unlink(missing_ok=True)


STEPS: Mapping[int, Callable[[Paths], None]] = {0: _forget_the_token}
"""The step from each format to the next one. A step may have been interrupted before.
``docs/operate/upgrades.md`` describes each step."""
FORMAT = len(STEPS)
"""The format that this release writes."""


def read(data: Path) -> Volume:
    """Read a volume's `FILE`.

    Args:
        data: the volume's path.

    Raises:
        StartRefusedError: no release would have written this content.
        OSError: it can't be read.
    """
    file = data / FILE
    try:
        said = json.loads(file.read_bytes())
        found = Volume(said["format"], said["release"])
    except FileNotFoundError:
        return Volume()
    except (ValueError, TypeError, KeyError):
        found = None
    if found is None or type(found.format) is not int or not isinstance(found.release, str):
        what = "doesn't say which lab wrote this volume"
        cure = "restore a backup, or delete this file if this release wrote the volume last"
        raise StartRefusedError([Problem(str(file), what, cure)])
    return found


def is_newer(found: Volume) -> bool:
    """Say whether a volume has a format that this release does not know."""
    return found.format > FORMAT


def check(data: Path, release: str) -> Volume:
    """Read a volume's `FILE`, and check that this release knows the format.

    Args:
        data: the volume's path.
        release: this release.

    Raises:
        StartRefusedError: a newer release has written it.
        OSError: it can't be read.
    """
    before = read(data)
    if is_newer(before):
        what = f"was written by a newer lab, release {before.release}; this one is {release}"
        cure = (
            "start that release again, or restore the backup that was made before it"
            " (make restore-backup)"
        )
        raise StartRefusedError([Problem(str(data), what, cure)])
    return before


def bring_up(paths: Paths, release: str) -> Volume:
    """Convert the volume to the format of this release, and write its `FILE`.

    Args:
        paths: the container's paths; no process may use the volume.
        release: this release.

    Returns:
        The previous content of `FILE`.

    Raises:
        StartRefusedError: a newer release has written it.
        OSError: a step failed. The next start tries it again.
    """
    before = check(paths.data, release)
    for number in range(before.format, FORMAT):
        STEPS[number](paths)
        _write(paths.data, Volume(number + 1, release))
    if before.format == FORMAT and before.release != release:
        _write(paths.data, Volume(FORMAT, release))
    return before


def _write(data: Path, said: Volume) -> None:
    """Write a volume's `FILE`; if the volume is full, the next start does."""
    try:
        files.write_private(data / FILE, json.dumps(asdict(said)).encode())
    except OSError as error:
        if error.errno not in {*volume_reserve.FULL, errno.EROFS}:
            raise


def release(prefix: Path) -> str:
    """Return this release, as the image's build has stored it.

    Args:
        prefix: the prefix of our installation.
    """
    with contextlib.suppress(OSError):
        return (prefix / "release").read_text(encoding="utf-8").strip() or UNKNOWN
    return UNKNOWN
