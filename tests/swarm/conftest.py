"""Six classes on three machines, for all tests of a school."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import labs
from tests.swarm import schools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.swarm.schools import School

MOVING = ("algebra", "biology", "chemistry", "drama")
"""The classes whose work is in a folder that all machines share."""
PINNED = {"english": "node-2", "french": "node-3"}
"""The classes whose work is on one machine's disk, and that machine."""
ALL = (*MOVING, *PINNED)
CONFIG = f"{labs.PASSPHRASE_CONFIG}c.Classroom.preload = False\n"


@pytest.fixture(scope="session")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    """A running school; only one at a time, because its machines have fixed addresses."""
    with schools.joined(tmp_path_factory.mktemp("school"), CONFIG) as made:
        made.classes.update({name: made.shared(name) for name in MOVING})
        made.classes.update({name: {"node": node} for name, node in PINNED.items()})
        status, said = made.command()
        assert status == 0, said
        yield made
