"""A lab's server as the Hub knows it: plain values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from classroom.runtime.paths import PREFIX, SERVICE

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths


@dataclass(frozen=True)
class HubAccess:
    """The values that the Hub would give to a lab's server, without the token.

    Attributes:
        user: the Hub's name of the server's owner; "" for a service.
        service: the service's name; "" for a person's server.
        prefix: its address, with a slash at both ends.
        client: its OAuth client id.
        scopes: a person needs one of these scopes to enter.
    """

    user: str
    service: str
    prefix: str
    client: str
    scopes: tuple[str, ...]

    def environment(self, paths: Paths) -> dict[str, str]:
        """Return the environment variables for JupyterHub's single-user server.

        Args:
            paths: the paths, with the Hub's socket.
        """
        scopes = json.dumps(self.scopes)
        return {
            "JUPYTERHUB_API_URL": f"http+unix://{quote(str(paths.hub_socket), safe='')}/hub/api",
            "JUPYTERHUB_BASE_URL": "/",
            "JUPYTERHUB_HOST": "",
            "JUPYTERHUB_USER": self.user,
            "JUPYTERHUB_SERVER_NAME": "",
            "JUPYTERHUB_PUBLIC_URL": "",
            "JUPYTERHUB_PUBLIC_HUB_URL": "",
            "JUPYTERHUB_SERVICE_NAME": self.service,
            "JUPYTERHUB_SERVICE_URL": f"unix://{self.prefix}",
            "JUPYTERHUB_SERVICE_PREFIX": self.prefix,
            "JUPYTERHUB_CLIENT_ID": self.client,
            "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{self.prefix}oauth_callback",
            "JUPYTERHUB_OAUTH_ACCESS_SCOPES": scopes,
            "JUPYTERHUB_OAUTH_SCOPES": scopes,
            "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES": "[]",
        }


OF_THE_CLASS = HubAccess(
    "",
    SERVICE,
    PREFIX,
    f"service-{SERVICE}",
    ("access:services", f"access:services!service={SERVICE}"),
)
