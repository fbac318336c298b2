"""The tutor's configuration as it was last right, for a Hub that comes back while it is edited.

At a start a file that isn't right is refused; while the lab runs it changes nothing.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from classroom import settings
from classroom.problems import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.paths import Paths
    from classroom.settings import Settings


def keep(paths: Paths) -> None:
    """Keep the configuration that has just been loaded, where only root can.

    Args:
        paths: where things are.
    """
    kept = replace(paths, config=paths.good)
    shutil.rmtree(kept.config, ignore_errors=True)
    kept.config.mkdir(mode=0o700)
    kept.secrets.symlink_to(paths.secrets)
    if paths.config_file.exists():
        kept.config_file.touch(mode=0o600)
        kept.config_file.write_bytes(paths.config_file.read_bytes())


def load(paths: Paths, environ: Mapping[str, str]) -> tuple[Settings, str]:
    """Load the configuration, or what was kept of it.

    Args:
        paths: where things are.
        environ: the process environment.

    Returns:
        The settings, and why the file itself isn't what holds; "" when it is.

    Raises:
        RefusedError: neither is right.
    """
    try:
        return settings.load(paths, environ), ""
    except RefusedError as refused:
        if not paths.good.is_dir():
            raise
        kept = settings.load(replace(paths, config=paths.good), environ)
        return replace(kept, paths=paths), str(refused)
