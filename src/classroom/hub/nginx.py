"""What front and egress proxy share as nginxes: templates, and sockets that they inherit."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable


def fill_in(template: str, **values: Any) -> str:
    """Fill a configuration's template in; what is not given is an error.

    Args:
        template: its text.
        values: checked by whoever gives them: nothing is escaped.
    """
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 (it isn't HTML)
    )
    return environment.from_string(template).render(**values)


def inherit(sockets: Iterable[socket.socket]) -> dict[str, str]:
    """Build the environment in which nginx takes over sockets instead of opening its own.

    It is how nginx hands them to a new version of itself; those that its configuration doesn't
    name it closes.

    Args:
        sockets: passed to it under their own numbers.
    """
    return {**os.environ, "NGINX": "".join(f"{found.fileno()};" for found in sockets)}
