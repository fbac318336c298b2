"""Hand in a student's copy: store it, or prepare it for the class. For one event loop."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado import web

from classroom.lab.assignments.outcome import worded
from classroom.lab.assignments.progress import Progress
from classroom.lab.assignments.work import Work
from classroom.lab.files.directory_entry import path_of
from classroom.lab.storage import threads
from classroom.runtime.turns import TooManyError, Turns
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from logging import Logger

    from classroom.lab.assignments.catalogue import Catalogue
    from classroom.lab.assignments.live_files import LiveFiles
    from classroom.lab.assignments.storage import AssignmentStorage

TOGETHER, EACH, ASKED = 2, 1, 4
"""Most hand-ins at a time: of all people, of one person, and of one person with those that wait."""
OFTEN = gettext_noop("What you hand in is being copied: wait a moment.")


class HandingIn:
    """Handles the hand-ins of one lab."""

    def __init__(
        self, storage: AssignmentStorage, catalogue: Catalogue, files: LiveFiles, log: Logger
    ) -> None:
        """Use the lab's files and its store.

        Args:
            storage: the lab's files and the store.
            catalogue: what was handed out.
            files: the lab's open files.
            log: the log to write to.
        """
        self._storage, self._store = storage, storage.store
        self._work, self._progress = Work(storage), Progress(storage)
        self._catalogue, self._files, self._log = catalogue, files, log
        self._turns = Turns(TOGETHER, EACH, ASKED)

    async def hand_in(
        self,
        name: str,
        person: str,
        bring: Callable[[str], Awaitable[dict[str, Any]]] | None = None,
    ) -> dict[str, Any]:
        """Hand in a student's copy, with what is in the open documents now.

        Args:
            name: the assignment's name.
            person: the student's name, from the server.
            bring: sends it from this lab, the student's own, to the class, and returns the class's
                receipt; None in the class.

        Returns:
            The assignment's entry in `mine`, and what was left out.

        Raises:
            HTTPError: it wasn't handed in; the sentence says why.
        """
        await self._catalogue.find(name)
        parts = self._storage.copy_of(person, name)
        try:
            async with self._turns.own(person), self._turns.place():
                await self._files.save(parts)
                with worded(path_of(parts), name):
                    if bring is None:
                        left_out = await threads.run_long(self._work.hand_in, name, person, parts)
                    else:
                        left_out = await threads.run_long(self._work.make_ready, name, parts)
                        receipt = await bring(name)
                        await threads.run(self._store.write_receipt, name, receipt)
        except TooManyError as error:
            raise web.HTTPError(HTTPStatus.TOO_MANY_REQUESTS, gettext(OFTEN)) from error
        self._log.info("assignments: %s has handed in %r", person, name)
        mine = {one["name"]: one for one in await self.mine(person)}
        found = mine.get(name, {"name": name})  # a renamed student has no entry until the next copy
        return {**found, "leftOut": sorted(set(left_out))}

    async def mine(self, person: str) -> list[dict[str, Any]]:
        """List a student's assignments, the latest first.

        Args:
            person: the student's name.
        """
        return await threads.run(self._progress.mine, person)
