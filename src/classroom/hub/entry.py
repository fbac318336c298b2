"""What JupyterHub loads: the tutor's configuration with ours over it (see jupyterhub_config.py)."""

import os
import sys

from traitlets.config import get_config

from classroom.config import last_good
from classroom.egress import lock
from classroom.hub import database_space, token
from classroom.hub.access import offline
from classroom.hub.access.service import Access
from classroom.hub.jupyterhub_config import configure
from classroom.hub.upstream import contract, schema_revision
from classroom.runtime import handover, log
from classroom.runtime.paths import Paths
from classroom.runtime.problems import EX_CONFIG, StartRefusedError
from classroom.runtime.upstream import ChangedError

log.quote()
try:
    loaded, instead_of = last_good.load(Paths(), os.environ)
    contract.check(github=loaded.oauth is not None)
    database_space.use()
    schema_revision.use()
    taken = lock.read(loaded.paths)
    people, gone = offline.apply(loaded)
    token.end_former(loaded.paths.hub / "jupyterhub.sqlite")
    handed = handover.read(loaded.paths)
    configure(get_config(), loaded, taken, Access(loaded, people), handed)
except (ChangedError, StartRefusedError) as refused:
    # boot has checked and kept the same bytes, so the environment must have changed.
    print(f"Not started. {refused}", file=sys.stderr, flush=True)
    sys.exit(EX_CONFIG)

if instead_of:
    print(f"[W classroom] The last good configuration holds: {instead_of}", flush=True)

for name in gone:
    print(f"[I classroom] access: {log.quoted(name)} is no longer admitted, signed out", flush=True)
