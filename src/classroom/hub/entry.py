"""What JupyterHub loads: the tutor's configuration with ours over it (see config.py)."""

import os
import sys

from traitlets.config import get_config

from classroom import settings
from classroom.hub.allowlist import Allowlist
from classroom.hub.config import configure
from classroom.hub.revocation import end_access_of_leavers
from classroom.paths import Paths
from classroom.problems import EX_CONFIG, RefusedError

try:
    loaded = settings.load(Paths(), os.environ)
    configure(get_config(), loaded)
except RefusedError as refused:
    # boot has checked the same file a second ago: it was changed in between.
    print(f"Not started. {refused}", file=sys.stderr, flush=True)
    sys.exit(EX_CONFIG)

if loaded.mode is settings.Mode.GITHUB:
    allowlist = Allowlist(
        names=loaded.allowed | loaded.tutors,
        blocked=loaded.blocked,
        organizations=loaded.organizations,
        everybody=loaded.everybody,
    )
    for name in end_access_of_leavers(loaded.paths.hub / "jupyterhub.sqlite", allowlist):
        print(f"[I classroom] access: {name} is no longer on the list, signed out", flush=True)
