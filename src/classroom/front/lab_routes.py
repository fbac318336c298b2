"""Route to personal labs by symbolic links that the front follows, so that it needs no reload.

After a reload the old workers live as long as their WebSockets. With a reload for each lab that
starts, there would soon be dozens of workers.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from classroom.runtime import lab_users

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

SOCKET = "lab.sock"
SPEC = re.compile(r"/user/([^/]+)/")


def lab_of(paths: Paths, target: str) -> int | None:
    """Return the number of the lab that a route leads to; None for another target.

    Args:
        paths: where things are.
        target: the route's target as JupyterHub writes it, which adds a port to a unix socket.
    """
    parts = urlsplit(target)
    place = Path(unquote(re.sub(r":\d+$", "", parts.netloc)))
    if parts.scheme != "http+unix" or not place.is_relative_to(paths.labs_run):
        return None
    number = place.relative_to(paths.labs_run).parts[0]
    lab = int(number) if number.isdecimal() else lab_users.CLASS
    own = lab_users.is_number(lab) and place == paths.of_lab(lab).lab_socket
    return lab if own else None


def link(paths: Paths, routespec: str) -> Path | None:
    """Return the link that stands for a route; None if the route is not for a user's name.

    Args:
        paths: where things are.
        routespec: the route's path, as JupyterHub writes it.
    """
    found = SPEC.fullmatch(routespec)
    name = unquote(found[1]) if found else ""
    return paths.routes / name if name not in {"", ".", ".."} and "/" not in name else None


def add(paths: Paths, routespec: str, target: str) -> bool:
    """Route a person's name to a lab.

    Args:
        paths: where things are.
        routespec: the route's path.
        target: the route's target.

    Returns:
        Whether a link was made: not if the route is not for a user's name, or leads to no lab.
    """
    place, lab = link(paths, routespec), lab_of(paths, target)
    if place is None or lab is None:
        return False
    folder = paths.of_lab(lab).lab_socket.parent
    if place.is_symlink() and place.readlink() == folder:
        return True
    made = place.with_name(f".{lab}")  # no name begins with a dot (`classroom.hub.auth.usernames`)
    made.unlink(missing_ok=True)
    made.symlink_to(folder)
    os.replace(made, place)  # noqa: PTH105 (as a whole or not at all)
    return True


def all_routes(paths: Paths) -> dict[str, dict[str, Any]]:
    """Return all routes, also those of an earlier Hub, in the form of JupyterHub's proxies."""
    found = {}
    for place in paths.routes.iterdir() if paths.routes.is_dir() else ():
        if place.is_symlink() and not place.name.startswith("."):
            spec = f"/user/{quote(place.name, safe='@~')}/"
            target = f"http+unix://{quote(str(place.readlink() / SOCKET), safe='')}:80"
            data = {"user": place.name, "server_name": ""}
            found[spec] = {"routespec": spec, "target": target, "data": data}
    return found


def remove(paths: Paths, routespec: str) -> None:
    """Remove a person's route, if there is one."""
    if (place := link(paths, routespec)) is not None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            place.unlink()
