"""Keep the lab server's secrets in its memory only, in no environment variable and no file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from classroom.lab.permissions import own_parts
from classroom.lab.upstream import single_user

if TYPE_CHECKING:
    from classroom.runtime.credentials import Secrets

TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105 (a name)


def use(given: Secrets) -> None:
    """Make the server that starts next use the secrets.

    JupyterHub reads its token only from the environment. /proc shows the environment with which a
    process was started, so a variable that is set now doesn't appear there. `forget` removes it.

    Args:
        given: the secrets from the supervisor.
    """
    os.environ[TOKEN] = given.token

    def know(app: Any) -> None:
        app.cookie_secret = bytes.fromhex(given.cookies)
        # Upstream writes URLs with the token into files, for a browser on the same machine.
        app.write_server_info_file = lambda: None
        app.write_browser_open_files = lambda: None
        own_parts.watch(app)

    single_user.amend(know)


def forget(hub_auth: Any) -> None:
    """Remove the token from the environment.

    Args:
        hub_auth: JupyterHub's authenticator, which has read the token.

    Raises:
        RuntimeError: it has no token, so the Hub would reject this server.
    """
    if not hub_auth.api_token:
        raise RuntimeError("the lab server has got no token from the supervisor")
    os.environ.pop(TOKEN, None)
