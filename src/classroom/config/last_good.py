"""The last valid configuration, for a Hub that restarts while somebody edits the file.

An invalid file stops the start of the container. While the lab runs, it changes nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.config import settings
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.config.settings import Settings
    from classroom.runtime.paths import Paths


def keep(loaded: Settings) -> None:
    """Keep the configuration that has just been loaded, readable only for root.

    The copy has the bytes that were checked, not the files' present content, because somebody may
    be saving a file now. All files are replaced at once.

    Args:
        loaded: the settings, checked.

    Raises:
        OSError: the copy cannot be written; the previous copy stays.
    """
    place = loaded.paths.good
    made = Path(tempfile.mkdtemp(dir=place.parent, prefix=f"{place.name}-"))  # mode 0700
    for name, source in loaded.sources.items():
        file = made / name
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(source)
    before = place.resolve()
    link = made.with_name(f"{made.name}.link")
    link.symlink_to(made.name)
    link.replace(place)
    if before != place:
        shutil.rmtree(before, ignore_errors=True)


def load(paths: Paths, environ: Mapping[str, str]) -> tuple[Settings, str]:
    """Load the configuration or, if it is invalid, the last valid one.

    Args:
        paths: where things are.
        environ: the process environment.

    Returns:
        The settings, and the reason why the file itself is not used; "" if it is used.

    Raises:
        StartRefusedError: neither the file nor the copy is valid.
    """
    try:
        return settings.load(paths, environ), ""
    except StartRefusedError as refused:
        if not paths.good.is_dir():
            raise
        kept = settings.load(replace(paths, config=paths.good), environ)
        return replace(kept, paths=paths), str(refused)
