"""Save open documents, for a process of root in the container that copies them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from classroom.lab.files.directory_entry import parts_of
from classroom.runtime.ipc.server import LocalHandler

if TYPE_CHECKING:
    from classroom.lab.assignments.live_files import LiveFiles


class SaveHandler(LocalHandler):
    """Answers `classroom.supervisor.saving`."""

    def initialize(self, files: LiveFiles) -> None:
        """Use the open documents."""
        self.files = files

    async def post(self) -> None:
        """Save the open documents of a folder, or one; answer when they are saved."""
        await self.files.save(parts_of(str(json.loads(self.request.body)["path"])))
        self.finish({})
