"""Check the file or folder that somebody wants to give a copy of; blocking."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.lab.files.models import NOTEBOOK
from classroom.lab.files.reader import NoFileError

if TYPE_CHECKING:
    from classroom.lab.files.beneath import Root
    from classroom.lab.files.directory_entry import Parts

ENDS_BYTES = 64 * 1024
"""Bytes of a notebook's beginning and of its end to search: the metadata is there."""
SPEC = re.compile(rb'"kernelspec"\s*:\s*(\{[^{}]*\})')
"""The kernel's description in JSON; such words in a cell's text have escaped quotes."""


@dataclass(frozen=True)
class CopySource:
    """The original of a copy.

    Attributes:
        is_folder: whether it is a folder.
        kernel: the name of a notebook's kernel; "" for none.
    """

    is_folder: bool
    kernel: str = ""


def look(root: Root, parts: Parts) -> CopySource:
    """Look at a file or folder.

    Args:
        root: the lab's files.
        parts: its path.

    Raises:
        NoFileError: it is neither a file nor a folder.
        OSError: it can't be looked at.
    """
    with root.at(parts) as place:
        mode = place.stat().st_mode
        if stat.S_ISDIR(mode):
            return CopySource(is_folder=True)
        if not stat.S_ISREG(mode):
            raise NoFileError(place.name, mode)
        with os.fdopen(place.open(os.O_RDONLY), "rb") as content:
            if not parts[-1].endswith(NOTEBOOK):
                return CopySource(is_folder=False)
            begin = content.read(ENDS_BYTES)
            content.seek(max(0, os.fstat(content.fileno()).st_size - ENDS_BYTES))
            return CopySource(is_folder=False, kernel=kernel_of(begin, content.read(ENDS_BYTES)))


def kernel_of(begin: bytes, end: bytes) -> str:
    """Find the name of a notebook's kernel; "" if the notebook doesn't name one.

    Args:
        begin: the file's first bytes.
        end: the file's last bytes.
    """
    for found in (*reversed(SPEC.findall(end)), *SPEC.findall(begin)):
        try:
            name = json.loads(found).get("name")
        except ValueError:
            continue
        if isinstance(name, str):
            return name
    return ""
