"""``classroom documents``: open the newest documents, as ``make up`` does after an upgrade."""

from __future__ import annotations

import json
import sys
from http.client import HTTPException
from typing import TYPE_CHECKING

from classroom.runtime.ipc import client

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

ANSWER_SECONDS = 120


def say(paths: Paths) -> int:
    """Print which documents could be opened and which not, as JSON; return the exit code.

    Args:
        paths: where things are.
    """
    try:
        found = client.ask(paths.restoring_socket, "/documents", body={}, seconds=ANSWER_SECONDS)
    except (client.ServiceRefusedError, OSError, HTTPException) as error:
        print(f"The lab doesn't say which documents it opens: {error}.", file=sys.stderr)
        return 1
    print(json.dumps(found))
    return 1 if found["failed"] else 0
