"""What JupyterHub loads: the tutor's configuration with ours over it (see config.py)."""

import os
import sys

from traitlets.config import get_config

from classroom import handover, last_good, log
from classroom.egress import lock
from classroom.hub import revocation, token
from classroom.hub.access import Access
from classroom.hub.config import configure
from classroom.paths import Paths
from classroom.problems import EX_CONFIG, RefusedError

log.quote()
try:
    loaded, instead_of = last_good.load(Paths(), os.environ)
    taken = lock.read(loaded.paths)
    people, gone = revocation.apply(loaded)
    token.end_former(loaded.paths.hub / "jupyterhub.sqlite")
    handed = handover.read(loaded.paths)
    configure(get_config(), loaded, taken, Access(loaded, people), handed)
except RefusedError as refused:
    # boot has checked the same bytes and kept them: the environment must be another.
    print(f"Not started. {refused}", file=sys.stderr, flush=True)
    sys.exit(EX_CONFIG)

if instead_of:
    print(f"[W classroom] The last good configuration holds: {instead_of}", flush=True)

for name in gone:
    print(f"[I classroom] access: {log.quoted(name)} is no longer admitted, signed out", flush=True)
