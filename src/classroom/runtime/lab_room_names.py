"""The Hub's names of rooms: each room has a user of its own, with which nobody can sign in.

JupyterHub knows a lab as the server of a user. A room is the server of such an artificial user, so
it has the same address, route, start and stop as a person's lab. Several servers of one user would
need `JupyterHub.allow_named_servers`, which would let each person make servers.
"""

from __future__ import annotations

PREFIX = "room."
"""GitHub's names have no dot; other ways to sign in refuse names that begin with this."""


def hub_name(room: str) -> str:
    """Return the Hub's name of a room.

    Args:
        room: its name, lower case.
    """
    return PREFIX + room


def room_of(name: str) -> str:
    """Return the name of the room that a user of the Hub stands for; "" for a person.

    Args:
        name: the Hub's name.
    """
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else ""
