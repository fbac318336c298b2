"""Which modules are imported before a kernel starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from traitlets import TraitError

from classroom.config import preload
from classroom.config.traits import Classroom
from classroom.runtime.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

GB = 1024**3


@pytest.mark.parametrize(
    ("wanted", "memory", "limit", "names"),
    [
        (True, 2 * GB, 0, preload.CLASS_PACKAGES),
        (True, 2 * GB - 1, 0, ()),
        (True, 2 * GB, GB // 2, preload.CLASS_PACKAGES),
        # The imported modules would take most of a kernel's memory.
        (True, 64 * GB, GB // 2 - 1, ()),
        (False, 64 * GB, 0, ()),
        ([], 64 * GB, 0, ()),
        (["numpy", "torch"], 64 * GB, 0, ("numpy", "torch")),
        # A tutor who names modules has decided.
        (["numpy"], GB, GB // 4, ("numpy",)),
    ],
)
def test_what_is_imported(wanted: Any, memory: int, limit: int, names: tuple[str, ...]) -> None:
    assert preload.decide(Classroom(preload=wanted), memory, limit) == names


def test_by_itself_it_is_what_classes_use() -> None:
    assert preload.decide(Classroom(), 4 * GB, 2 * GB) == preload.CLASS_PACKAGES


@pytest.mark.parametrize("wanted", ["numpy", 3, [3], None])
def test_anything_else_is_no_value(wanted: object) -> None:
    with pytest.raises(TraitError):
        Classroom(preload=wanted)


def test_the_launcher_reads_what_boot_has_written(tmp_path: Path) -> None:
    paths = Paths(run=tmp_path)
    preload.write(paths, ("numpy", "a.b"))
    assert preload.read(paths) == ("numpy", "a.b")
    assert (tmp_path / preload.FILE).stat().st_mode & 0o777 == 0o600
