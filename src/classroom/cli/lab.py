"""``classroom lab``: start, stop or delete a lab besides the class's, as the Hub has it done."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from classroom.cli import labs
from classroom.cli.snapshots import plain
from classroom.hub.labs.registry import LabRegistry
from classroom.runtime import access_state, handover, lab_users
from classroom.runtime.ipc.client import UnixConnection
from classroom.runtime.lab_room_names import hub_name

if TYPE_CHECKING:
    from classroom.runtime.paths import Paths

START, STOP, DELETE = ORDERS = ("start", "stop", "delete")
ANSWER_SECONDS = 1200
"""How long the Hub may take: it takes a last snapshot before it deletes a lab."""
WAIT_SECONDS = 120
"""How long a lab may take to start or stop after the Hub has begun with it."""
CLASS_NAMES = {"", "0", "class", "classroom"}
OF_CLASS = (
    "Name a lab of `make labs`. This command is not for the class's lab: `make up` and `make down`"
    " start and stop that one, and it is never deleted."
)
NO_ORDER = "Say what to do with the lab: start, stop or delete."
NO_SUCH = "There is no such lab: `make labs` lists them."
SEVERAL = "Several labs are called so: name one by its number, as `make labs` lists them."
DELETED = "Lab {number} was deleted. Its snapshots are kept: `make snapshots LAB={number}`."
NO_ANSWER = "The Hub does not answer ({why}). Is it running?"
PENDING = "is pending"
"""In JupyterHub's answer about a lab that is being started or stopped."""
MISSING = 404
ERRORS = 400


class RefusedError(Exception):
    """It can't be done; the text is the sentence."""


@dataclass(frozen=True)
class ChosenLab:
    """A lab that somebody means.

    Attributes:
        number: its own; None if it has none yet.
        user: what the Hub calls its owner.
        name: what the command calls it.
    """

    number: int | None
    user: str
    name: str


def choose(registry: LabRegistry, rooms: Any, wanted: str, order: str) -> ChosenLab:
    """Find the lab that somebody means.

    Args:
        registry: the labs that have a number.
        rooms: what the Hub calls the rooms of the tutor's file.
        wanted: as somebody writes it.
        order: what is to be done with it.

    Raises:
        RefusedError: there is none, or it can't be done with it.
    """
    name = wanted.strip().lower()
    retired = {one.number for one in registry.retired()}
    found = registry.named(name)
    live = [one for one in found if one.number not in retired]
    if len(live) > 1:
        raise RefusedError(SEVERAL)
    if live:
        return ChosenLab(live[0].number, live[0].name, live[0].room or live[0].name)
    for user in (name, hub_name(name)):
        if user in rooms and order == START:
            return ChosenLab(None, user, name)
    if name in CLASS_NAMES:
        raise RefusedError(OF_CLASS)
    if found and order == DELETE:  # the Hub knows whether files of it are left
        return ChosenLab(found[0].number, found[0].name, found[0].room or found[0].name)
    if found and (order != START or name.isdecimal()):
        raise RefusedError(DELETED.format(number=found[0].number))
    if order != START:
        raise RefusedError(NO_SUCH)
    room = next((one.room for one in found), "")
    return ChosenLab(None, hub_name(room) if room else name, name)  # the Hub knows whether it may


def call(paths: Paths, method: str, path: str) -> int:
    """Call the Hub's API as the command.

    Args:
        paths: where things are.
        method: of HTTP.
        path: below ``/hub/api/``.

    Returns:
        The status of the answer, below 400.

    Raises:
        RefusedError: the Hub doesn't do it.
    """
    try:
        token = handover.look(paths).command_token
        connection = UnixConnection(paths.hub_socket, ANSWER_SECONDS)
        try:
            headers = {"Authorization": f"token {token}"}
            connection.request(method, f"/hub/api/{path}", headers=headers)
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
    except (OSError, HTTPException) as error:
        raise RefusedError(NO_ANSWER.format(why=error)) from error
    if answer.status == MISSING and path.startswith("users/"):
        raise RefusedError(NO_SUCH)
    if answer.status >= ERRORS:
        raise RefusedError(_sentence(said) or f"The Hub answers with {answer.status}.")
    return answer.status


def _sentence(said: bytes) -> str:
    try:
        return plain(str(json.loads(said)["message"]))
    except (ValueError, KeyError, TypeError):
        return ""


def _order(paths: Paths, chosen: ChosenLab, method: str, end: float) -> None:
    """Have a lab started or stopped, as soon as the Hub has done what it was doing with it."""
    while True:
        try:
            call(paths, method, f"users/{quote(chosen.user, safe='')}/server")
        except RefusedError as error:
            if PENDING not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.5)
        else:
            return


def _wait(paths: Paths, chosen: ChosenLab, *, running: bool) -> bool:
    """Wait until a lab runs, or doesn't any more; False if that takes too long."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        if is_running(paths, chosen) == running:
            return True
        time.sleep(0.2)
    return False


def is_running(paths: Paths, chosen: ChosenLab) -> bool:
    """Say whether a lab runs.

    Args:
        paths: where things are.
        chosen: which.
    """
    known = {one.name: one.number for one in LabRegistry(paths.registry).all()}
    number = chosen.number or known.get(chosen.user)
    return number is not None and labs.is_running(paths.of_lab(number))


def do(paths: Paths, order: str, chosen: ChosenLab) -> str:
    """Have something done with a lab.

    Args:
        paths: where things are.
        order: of `ORDERS`.
        chosen: which lab.

    Returns:
        The sentence that says what was done.

    Raises:
        RefusedError: it wasn't.
    """
    if order == DELETE:
        call(paths, "DELETE", f"classroom/labs/{chosen.number}")
        return (
            f"The lab of {chosen.name} is deleted. Its snapshots are kept:"
            f" `make snapshots LAB={chosen.number}`."
        )
    running = order == START
    end = time.monotonic() + WAIT_SECONDS
    if is_running(paths, chosen) == running:
        return f"The lab of {chosen.name} {'runs already' if running else 'is not running'}."
    _order(paths, chosen, "POST" if running else "DELETE", end)
    if not _wait(paths, chosen, running=running):
        raise RefusedError(f"The lab of {chosen.name} did not {order}: `make logs` says why.")
    return f"The lab of {chosen.name} {'runs' if running else 'is stopped'}."


def main(paths: Paths, order: str, wanted: str) -> int:
    """Do it and print what was done, or why it wasn't; return the exit code.

    Args:
        paths: where things are.
        order: of `ORDERS`.
        wanted: the lab, as somebody writes it.
    """
    if order not in ORDERS:
        print(NO_ORDER, file=sys.stderr)
        return 1
    rooms = access_state.read(paths.of_lab(lab_users.LAST).standing).rooms
    try:
        print(do(paths, order, choose(LabRegistry(paths.registry), rooms, wanted, order)))
    except RefusedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
