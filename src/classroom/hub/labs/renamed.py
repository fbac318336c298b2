"""Stop a lab that runs under an old name of its owner's account.

A lab's server knows only one name: it answers below that name's address, and to the tokens of that
Hub user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from classroom.hub.labs.service import PersonalLabs


async def stop_under_other_names(labs: PersonalLabs, number: int, name: str) -> None:
    """Stop a lab that runs for a Hub user of another name, so that it can start under this one.

    Args:
        labs: all labs.
        number: the lab's number.
        name: the owner's present name.

    Raises:
        LabNotStartedError: it can't be stopped.
        OSError: the supervisor does not answer.
    """
    for user in list(labs.app.users.values()):
        if user.name != name and _number(user) == number:
            labs.app.log.info(
                "Lab %d is stopped: it runs as the lab of %s, and its owner is %s now",
                *(number, user.name, name),
            )
            await labs.app.proxy.delete_user(user)
            await user.stop()


def _number(user: Any) -> int | None:
    """Return the number of the lab that runs for a Hub user; None if none does."""
    spawner = user.spawners.get("")
    return getattr(spawner, "number", None) if spawner is not None and spawner.active else None
