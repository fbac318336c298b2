"""Look at what somebody wants to give a copy of; blocking."""

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
"""Bytes of a notebook's beginning and of its end that are looked at: its metadata is there."""
SPEC = re.compile(rb'"kernelspec"\s*:\s*(\{[^{}]*\})')
"""In JSON; a text in a cell that says so has its quotes escaped."""


@dataclass(frozen=True)
class CopySource:
    """What a copy is to be made of.

    Attributes:
        is_folder: whether it is a folder.
        kernel: the name of a notebook's; "" for none.
    """

    is_folder: bool
    kernel: str = ""


def look(root: Root, parts: Parts) -> CopySource:
    """Look at it.

    Args:
        root: the lab's files.
        parts: its path.

    Raises:
        NoFileError: it is neither file nor folder.
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
    """Find a notebook's kernel; "" if nothing is said of it.

    Args:
        begin: the file's first bytes.
        end: likewise.
    """
    for found in (*reversed(SPEC.findall(end)), *SPEC.findall(begin)):
        try:
            name = json.loads(found).get("name")
        except ValueError:
            continue
        if isinstance(name, str):
            return name
    return ""
