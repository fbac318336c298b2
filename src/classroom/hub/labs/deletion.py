"""Delete a lab with everything except its snapshots, and retire its number.

The order makes this safe. First the lab stops, then a last snapshot is made; if that fails, nothing
has been deleted. Then the number is retired, so that nobody can open the lab any more, and only
then the files are removed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from classroom.hub.labs import door
from classroom.hub.labs.door import LabNotStartedError
from classroom.hub.labs.service import LEAVING, refusal
from classroom.hub.labs.spawner import PersonalLab
from classroom.runtime.lab_users import CLASS
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from classroom.hub.labs.registry import RegisteredLab
    from classroom.hub.labs.service import PersonalLabs
    from classroom.runtime.paths import Paths

LOG = logging.getLogger("classroom.labs")
OF_CLASS = gettext_noop("This is the class's lab, which is never deleted.")
NO_SUCH = gettext_noop("There is no lab {number}.")
DELETED = gettext_noop("Lab {number} has been deleted already. Its snapshots are kept.")
BUSY = gettext_noop("The lab of {name} is being started or stopped: try again in a moment.")
NOT_DELETED = gettext_noop(
    "The lab of {name} is not deleted, because no last snapshot of it could be taken: {why}."
)
NOT_REMOVED = gettext_noop(
    "The lab of {name} is deleted and its last snapshot kept, but files are left: {why}. Delete lab"
    " {number} again."
)


async def delete(labs: PersonalLabs, number: int) -> None:
    """Delete a lab, or remove the files that an earlier deletion has left.

    Args:
        labs: all labs.
        number: the lab's number.

    Raises:
        HTTPError: the lab was not deleted, with the sentence for people.
    """
    if number == CLASS:
        raise refusal(400, gettext(OF_CLASS))
    lab = next((one for one in labs.registry.all() if one.number == number), None)
    former = next((one for one in labs.registry.retired() if one.number == number), None)
    if lab is None and former is None:
        raise refusal(404, gettext(NO_SUCH).format(number=number))
    if lab is None and not _has_files(labs.paths.of_lab(number)):
        raise refusal(404, gettext(DELETED).format(number=number))
    if number in labs.leaving:
        raise refusal(409, gettext(LEAVING).format(name=_called(lab or former)))
    labs.leaving.add(number)
    try:
        if lab is not None:
            await _stop(labs, lab)
            await _keep(labs, lab)
            LOG.info("Lab %d (%s) is deleted; its snapshots are kept", number, lab.name)
        await _remove(labs, lab or former)
    finally:
        labs.leaving.discard(number)


def _has_files(paths: Paths) -> bool:
    """Say whether a lab still has files besides snapshots."""
    folder = paths.lab_data
    return folder.is_dir() and any(one != paths.snapshots for one in folder.iterdir())


def _called(lab: Any) -> str:
    return str(lab.room or lab.name)


async def _stop(labs: PersonalLabs, lab: RegisteredLab) -> None:
    """Stop a lab through the Hub, so that the Hub's pages show it.

    Raises:
        HTTPError: 409, it is being started or stopped.
    """
    user = labs.app.users.get(lab.name)
    spawner = user.spawners.get("") if user else None
    if not isinstance(spawner, PersonalLab):
        return
    if spawner.pending:
        raise refusal(409, gettext(BUSY).format(name=_called(lab)))
    if spawner.active and spawner.number == lab.number:
        await labs.app.proxy.delete_user(user)
        await user.stop()


async def _keep(labs: PersonalLabs, lab: RegisteredLab) -> None:
    """Have the last snapshot made, and retire the lab's number.

    Raises:
        HTTPError: 503, neither was done.
    """
    try:
        await door.ask(labs.paths.labs_socket, do="keep", lab=lab.number)
        labs.registry.retire(lab.number)
    except (LabNotStartedError, OSError) as error:
        why = (getattr(error, "strerror", None) or str(error)).rstrip(".")
        sentence = gettext(NOT_DELETED).format(name=_called(lab), why=why)
        raise refusal(503, sentence) from error


async def _remove(labs: PersonalLabs, lab: Any) -> None:
    """Have everything of a lab removed except its snapshots.

    Raises:
        HTTPError: 503, some files are left.
    """
    try:
        await door.ask(labs.paths.labs_socket, do="remove", lab=lab.number)
    except (LabNotStartedError, OSError) as error:
        why = (getattr(error, "strerror", None) or str(error)).rstrip(".")
        sentence = gettext(NOT_REMOVED).format(name=_called(lab), why=why, number=lab.number)
        raise refusal(503, sentence) from error
