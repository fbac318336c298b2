"""Run the lab server: jupyterhub-singleuser on an event loop that is made for a class.

Run as ``python -I -m classroom.lab``: isolated, because students can write where it starts.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import traceback

import uvloop


def main() -> None:
    """Choose the event loop before anything asks for one, then be jupyterhub-singleuser."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    # What it imports may make a loop, or look at which kind there is.
    from jupyterhub.singleuser import main as singleuser  # noqa: PLC0415

    try:
        singleuser()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except Exception:  # noqa: BLE001 (whatever it is: said, and then the end)
        traceback.print_exc()
        code = 1
    from classroom.lab import store  # noqa: PLC0415

    store.close()
    logging.shutdown()
    sys.stdout.flush()
    # Not by returning: Python would wait for threads that libraries have left behind (anyio's, of
    # an event loop that is no more), and `docker stop` with it.
    os._exit(code)


if __name__ == "__main__":
    main()
