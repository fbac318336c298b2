"""Hand out, hand in, collect: one lab's assignments. For one event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classroom.lab.assignments.asked import carried
from classroom.lab.assignments.catalogue import Catalogue
from classroom.lab.assignments.collecting import Collecting
from classroom.lab.assignments.handing_in import HandingIn
from classroom.lab.assignments.handing_out import HandingOut
from classroom.lab.assignments.live_files import LiveFiles
from classroom.lab.assignments.progress import Progress, away_from
from classroom.lab.storage import threads

if TYPE_CHECKING:
    from collections.abc import Iterable
    from logging import Logger

    from jupyter_server_ydoc.app import YDocExtension

    from classroom.lab.assignments.asked import AskingTutor
    from classroom.lab.assignments.outcome import Student
    from classroom.lab.assignments.storage import AssignmentStorage
    from classroom.lab.connections.notifications import Notifications
    from classroom.lab.files.contents_manager import ClassContents


class Assignments:
    """The assignments of one lab.

    Attributes:
        catalogue: what was handed out.
        handing_out: hands out, for tutors.
        handing_in: hands in, for students.
        collecting: collects, for tutors.
    """

    def __init__(
        self,
        storage: AssignmentStorage,
        contents: ClassContents,
        documents: YDocExtension,
        notifications: Notifications,
        log: Logger,
    ) -> None:
        """Use the lab's files and its store.

        Args:
            storage: the lab's files and the store.
            contents: the class's contents manager.
            documents: upstream's extension, whose rooms may have some of the files open.
            notifications: notifies students of their copies.
            log: the log to write to.
        """
        self._storage = storage
        self.catalogue = catalogue = Catalogue(storage.store)
        files = LiveFiles(contents, documents)
        self.handing_out = HandingOut(storage, catalogue, files, notifications, log)
        self.handing_in = HandingIn(storage, catalogue, files, log)
        self.collecting = Collecting(storage, catalogue, files, log)
        self._progress = Progress(storage)

    @property
    def own(self) -> bool:
        """Whether students have their copies in their own labs."""
        return self._storage.own

    @own.setter
    def own(self, own: bool) -> None:
        self._storage.own = own

    async def table(
        self, name: str, students: Iterable[Student], by: AskingTutor
    ) -> dict[str, Any]:
        """Return who has an assignment, who has changed it, and who has handed it in.

        Args:
            name: the assignment's name.
            students: everybody on the list.
            by: the tutor who asks.

        Raises:
            HTTPError: 404 if nothing was handed out by that name.
        """
        one, students = await self.catalogue.find(name), list(students)
        looked = None
        if by.carry is not None:
            asked = [*(student.name for student in students), *away_from(one, students)]
            looked = await carried(by.carry, "look", name, asked)
        rows = await threads.run_long(self._progress.rows, one, students, looked)
        return {"name": one.name, "source": one.source, "by": one.by, "at": one.at, "rows": rows}
