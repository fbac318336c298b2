"""``classroom lab``: have the Hub start, stop or delete a lab besides the class's."""

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
    """The command can't be carried out; the text is the sentence for the tutor."""


@dataclass(frozen=True)
class ChosenLab:
    """The lab that a command is for.

    Attributes:
        number: its number; None if it has none yet.
        user: the Hub's name of its owner.
        name: its name in the command's sentences.
    """

    number: int | None
    user: str
    name: str


def choose(registry: LabRegistry, rooms: Any, wanted: str, order: str) -> ChosenLab:
    """Find the lab that a command names.

    Args:
        registry: the labs that have a number.
        rooms: the Hub's names of the rooms in the tutor's file.
        wanted: the lab's name or number, as the tutor typed it.
        order: start, stop or delete.

    Raises:
        RefusedError: there is no such lab, or this can't be done with it.
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
    """Call the Hub's API with the command's token.

    Args:
        paths: where things are.
        method: the HTTP method.
        path: the path below ``/hub/api/``.

    Returns:
        The status of the answer, below 400.

    Raises:
        RefusedError: the Hub refuses it.
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
    """Have the Hub start or stop a lab, after any start or stop that is still in progress."""
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
    """Wait until a lab runs or has stopped; False if that takes too long."""
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
    """Have the Hub start, stop or delete a lab.

    Args:
        paths: where things are.
        order: one of `ORDERS`.
        chosen: the lab.

    Returns:
        The sentence that says what was done.

    Raises:
        RefusedError: it could not be done.
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
    """Start, stop or delete a lab and print the result; return the exit code.

    Args:
        paths: where things are.
        order: one of `ORDERS`.
        wanted: the lab's name or number, as the tutor typed it.
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
