"""The lab server's secrets: in its memory alone, in no environment and no file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from classroom.lab.permissions import own_parts
from classroom.lab.upstream import single_user

if TYPE_CHECKING:
    from classroom.runtime.credentials import Secrets

TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105 (a name)


def use(given: Secrets) -> None:
    """Have the server that is about to be made use them.

    JupyterHub's half asks the environment for its token, and nothing else. What is put there now is
    in no file of /proc, which shows what a process was started with; `forget` takes it out.

    Args:
        given: as the supervisor handed them over.
    """
    os.environ[TOKEN] = given.token

    def know(app: Any) -> None:
        app.cookie_secret = bytes.fromhex(given.cookies)
        # Upstream writes addresses with the token in them, for a browser on the same machine.
        app.write_server_info_file = lambda: None
        app.write_browser_open_files = lambda: None
        own_parts.watch(app)

    single_user.amend(know)


def forget(hub_auth: Any) -> None:
    """Take the token out of the environment.

    Args:
        hub_auth: JupyterHub's, which keeps it from now on.

    Raises:
        RuntimeError: the Hub would not know this server.
    """
    if not hub_auth.api_token:
        raise RuntimeError("the lab server has got no token from the supervisor")
    os.environ.pop(TOKEN, None)
