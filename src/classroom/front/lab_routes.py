"""Routes to labs of people's own: links that the front follows, so that it need not be reloaded.

A front that is reloaded keeps its old workers for as long as their WebSockets are open: with a
reload for each lab that starts there would soon be dozens.
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
    """Return the number of the lab that a route leads to; None when it leads elsewhere.

    Args:
        paths: where things are.
        target: the route's, as JupyterHub writes it; to a unix socket it adds a port.
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
    """Return the link that stands for a route; None when it is no person's.

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
        target: where it leads.

    Returns:
        Whether it is done: not where it is no person's, or leads to no lab.
    """
    place, lab = link(paths, routespec), lab_of(paths, target)
    if place is None or lab is None:
        return False
    folder = paths.of_lab(lab).lab_socket.parent
    if place.is_symlink() and place.readlink() == folder:
        return True
    made = place.with_name(f".{lab}")  # no name begins so (`classroom.hub.auth.usernames`)
    made.unlink(missing_ok=True)
    made.symlink_to(folder)
    os.replace(made, place)  # noqa: PTH105 (as a whole or not at all)
    return True


def all_routes(paths: Paths) -> dict[str, dict[str, Any]]:
    """Return all that are there, as JupyterHub's proxies do: also those of an earlier Hub."""
    found = {}
    for place in paths.routes.iterdir() if paths.routes.is_dir() else ():
        if place.is_symlink() and not place.name.startswith("."):
            spec = f"/user/{quote(place.name, safe='@~')}/"
            target = f"http+unix://{quote(str(place.readlink() / SOCKET), safe='')}:80"
            data = {"user": place.name, "server_name": ""}
            found[spec] = {"routespec": spec, "target": target, "data": data}
    return found


def remove(paths: Paths, routespec: str) -> None:
    """Take a person's route away, if there is one."""
    if (place := link(paths, routespec)) is not None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            place.unlink()
