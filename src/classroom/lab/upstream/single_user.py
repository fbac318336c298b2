"""Change JupyterHub's single-user server before it starts."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from jupyterhub.singleuser.extension import JupyterHubSingleUser

if TYPE_CHECKING:
    from collections.abc import Callable


def amend(change: Callable[[Any], None]) -> None:
    """Call a function with the server as soon as it is created.

    Args:
        change: called with jupyter_server's application.
    """
    make = JupyterHubSingleUser.make_serverapp

    @wraps(make)
    def make_serverapp(**kwargs: Any) -> Any:
        app = make(**kwargs)
        change(app)
        return app

    JupyterHubSingleUser.make_serverapp = make_serverapp
