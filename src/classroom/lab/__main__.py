"""Run the lab server: jupyterhub-singleuser on an event loop that is fast enough for a class.

Run it as ``python -I -m classroom.lab``: isolated, because students can write in its working
directory.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import time
import traceback

import uvloop

from classroom.lab.storage import migration
from classroom.lab.upstream.hub_only import HUB_ONLY
from classroom.runtime import credentials, log, stand_ins
from classroom.runtime.paths import own
from classroom.runtime.problems import EX_CONFIG, StartRefusedError

HUB_SECONDS = 30
UMASK = 0o002
"""The students' group may edit the files that the lab creates."""


def wait_for_hub() -> None:
    """Wait until the Hub listens, and meanwhile import the modules that load slowly.

    Hub and lab start at the same time. Upstream would wait in steps of whole seconds.
    """
    with stand_ins.left_out(HUB_ONLY):
        import jupyter_server_ydoc.app  # noqa: F401, PLC0415
        import jupyterlab.labapp  # noqa: F401, PLC0415

    end = time.monotonic() + HUB_SECONDS
    while time.monotonic() < end:
        with socket.socket(socket.AF_UNIX) as way:
            try:
                way.connect(str(own().hub_socket))
            except OSError:
                time.sleep(0.02)
            else:
                return


def main() -> None:
    """Choose the event loop before any module needs one, then run jupyterhub-singleuser."""
    os.umask(UMASK)
    log.quote()
    given = credentials.take(int(os.environ.pop(credentials.DESCRIPTOR)))
    migration.settle(own())
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    # After the policy is set: these imports may make a loop, or check its kind.
    wait_for_hub()
    with stand_ins.left_out(HUB_ONLY):
        from jupyterhub.singleuser import main as singleuser  # noqa: PLC0415

        from classroom.lab import hub_credentials  # noqa: PLC0415

    hub_credentials.use(given)
    try:
        singleuser()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except StartRefusedError as refused:
        print(f"Not started. {refused}", file=sys.stderr, flush=True)
        code = EX_CONFIG
    except Exception:  # noqa: BLE001 (any error is printed, then the lab ends)
        traceback.print_exc()
        code = 1
    from jupyter_server.serverapp import ServerApp  # noqa: PLC0415

    from classroom.lab import extension  # noqa: PLC0415

    if ServerApp.initialized():
        extension.close(ServerApp.instance())
    logging.shutdown()
    sys.stdout.flush()
    # Don't return: Python would wait for threads that libraries left behind, such as anyio's for a
    # closed event loop. That would delay `docker stop`.
    os._exit(code)


if __name__ == "__main__":
    main()
