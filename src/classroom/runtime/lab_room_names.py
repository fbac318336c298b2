"""What the Hub calls a room: a user of its own, as whom nobody signs in.

JupyterHub knows a lab as the server of a user. A room is the server of a user that is nobody, so
that its address, its route, its start and its stop are those of anybody's lab. Several servers of
one user would need `JupyterHub.allow_named_servers`, by which everybody could make servers.
"""

from __future__ import annotations

PREFIX = "room."
"""No account at GitHub has a dot in its name; other ways to sign in refuse names that begin so."""


def hub_name(room: str) -> str:
    """Return what the Hub calls a room.

    Args:
        room: its name, lower case.
    """
    return PREFIX + room


def room_of(name: str) -> str:
    """Return the name of the room that one of the Hub's users stands for; "" for a person.

    Args:
        name: the Hub's name.
    """
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else ""
