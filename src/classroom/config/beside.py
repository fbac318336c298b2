"""Files beside the configuration that a setting names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from classroom.config import file_names, people_lists
from classroom.runtime import files
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def place(folder: Path, name: str, where: str) -> Path:
    """Return a file's path.

    Args:
        folder: the folder of the configuration.
        name: the file's name, as in the setting.
        where: the setting, for the sentence.

    Raises:
        StartRefusedError: the name is not that of a file beside the configuration.
    """
    if "/" in name or "\\" in name or name in {".", ".."}:
        what = f"{people_lists.short(name)!r} is not the name of a file beside the configuration"
        cure = "put the file there, and write its name alone"
        raise StartRefusedError([Problem(where, what, cure)])
    return folder / name


def read(folder: Path, name: str, where: str, others: Iterable[str] = ()) -> bytes:
    """Read a file.

    Args:
        folder: the folder of the configuration.
        name: the file's name, as in the setting.
        where: the setting, for the sentence.
        others: files that the tutor may have meant, if there is no file of that name.

    Raises:
        StartRefusedError: the file is missing, or can't be read.
    """
    file = place(folder, name, where)
    if not files.present(file, name):
        what = f"there is no file {name} beside the configuration"
        there = file_names.instead([*file_names.meant(folder, name), *others])
        cure = f"put it there, or correct the name{there}"
        raise StartRefusedError([Problem(where, what, cure)])
    return files.read(file, name)
