"""The format of what is on the volume: which lab wrote it last, and how it becomes this one's.

The format's number goes up when a lab keeps something in a way that an earlier one can't read. A
start brings an older volume up, step by step; it refuses a newer one, which it would damage. An
upgrade (``make up`` of a newer checkout) makes a backup first: no step is ever taken back.
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
"""The release of an image that was built without being told."""


@dataclass(frozen=True)
class Volume:
    """What a volume says of itself.

    Attributes:
        format: of what is on it; 0 where nothing is said, as on a new one.
        release: the lab that wrote it last.
    """

    format: int = 0
    release: str = ""


def _forget_the_token(paths: Paths) -> None:
    """Delete the lab's token at the Hub, which was kept on the volume: it lives for one start."""
    (paths.hub / "lab_token").unlink(missing_ok=True)


STEPS: Mapping[int, Callable[[Paths], None]] = {0: _forget_the_token}
"""What brings a volume to the next format, by the one that it has. Each may have been begun before.
``docs/operate/upgrades.md`` says what each does."""
FORMAT = len(STEPS)
"""The one that this lab writes."""


def read(data: Path) -> Volume:
    """Read what a volume says of itself.

    Args:
        data: where it is.

    Raises:
        StartRefusedError: it isn't said in a way that any lab would.
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
    """Say whether a volume was written by a lab whose format this one doesn't know."""
    return found.format > FORMAT


def check(data: Path, release: str) -> Volume:
    """Read what a volume says of itself, and see that this lab knows its format.

    Args:
        data: where it is.
        release: this lab's.

    Raises:
        StartRefusedError: it was written by a newer lab.
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
    """Bring the volume to the format of this lab, and have it say so.

    Args:
        paths: where things are; nothing that uses them runs.
        release: this lab's.

    Returns:
        What the volume said before.

    Raises:
        StartRefusedError: it was written by a newer lab.
        OSError: a step failed. The next start takes it again.
    """
    before = check(paths.data, release)
    for number in range(before.format, FORMAT):
        STEPS[number](paths)
        _write(paths.data, Volume(number + 1, release))
    if before.format == FORMAT and before.release != release:
        _write(paths.data, Volume(FORMAT, release))
    return before


def _write(data: Path, said: Volume) -> None:
    """Have a volume say what it is; on one that is full the next start does."""
    try:
        files.write_private(data / FILE, json.dumps(asdict(said)).encode())
    except OSError as error:
        if error.errno not in {*volume_reserve.FULL, errno.EROFS}:
            raise


def release(prefix: Path) -> str:
    """Return this lab's release, as the image's build was told.

    Args:
        prefix: of our installation.
    """
    with contextlib.suppress(OSError):
        return (prefix / "release").read_text(encoding="utf-8").strip() or UNKNOWN
    return UNKNOWN
