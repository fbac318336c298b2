"""The students' names in a file of their own: a list, or a table of a school's program."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.config import people_lists
from classroom.runtime import files
from classroom.runtime.problems import Problem, StartRefusedError
from classroom.runtime.tutors_text import utf8

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADS = ("github", "github name", "github username", "github user", "github login", "login")
"""How the column of names may be called, the best first; with none of these it is the first one."""
OTHERS = ("username", "user", "name")
"""Further names of a column, which say that the first line is none of a student's."""
SEPARATORS = ",;\t"
SETTING = "Classroom.students_file"


@dataclass(frozen=True)
class Listed:
    """A name in the file.

    Attributes:
        written: as it is in the file.
        line: where it is, from 1.
    """

    written: str
    line: int

    @property
    def name(self) -> str:
        """As the Hub has it."""
        return " ".join(self.written.split()).lower()


def separator(text: str) -> str:
    """Find what stands between the columns; "" for a list with one name a line.

    Args:
        text: the file's.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=first.count) if any(one in first for one in SEPARATORS) else ""


def parse(text: str) -> list[Listed]:
    """Read the names of a list or a table.

    Args:
        text: one name a line, or CSV with commas, semicolons or tabs. Lines that begin with # and
            empty ones count for nothing.
    """
    between = separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between or "\x1f")
    rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    rows = [(line, row) for line, row in rows if any(row) and not row[0].startswith("#")]
    column = 0
    if rows:
        heads = [cell.lower() for cell in rows[0][1]]
        named = [heads.index(head) for head in (*HEADS, *OTHERS) if head in heads]
        if named:
            column, rows = named[0], rows[1:]
    cells = ((line, row[column] if column < len(row) else "") for line, row in rows)
    return [Listed(cell, line) for line, cell in cells if cell]


def place(folder: Path, name: str, where: str) -> Path:
    """Return the file's path.

    Args:
        folder: the tutor's.
        name: what the setting says.
        where: the setting, for the sentence.

    Raises:
        StartRefusedError: it is no file beside the configuration.
    """
    if "/" in name or "\\" in name or name in {".", ".."}:
        what = f"{people_lists.short(name)!r} is not the name of a file beside the configuration"
        cure = "put the file there, and write its name alone"
        raise StartRefusedError([Problem(where, what, cure)])
    return folder / name


def read(folder: Path, name: str, where: str) -> tuple[list[Listed], bytes]:
    """Read the file.

    Args:
        folder: the tutor's.
        name: what the setting says.
        where: the setting, for the sentence.

    Returns:
        The names, and the bytes that they were read from.

    Raises:
        StartRefusedError: it isn't there, or can't be read.
    """
    file = place(folder, name, where)
    if not files.present(file, name):
        what = f"there is no file {name} beside the configuration"
        raise StartRefusedError([Problem(where, what, "put it there, or correct the name")])
    saved = files.read(file, name)
    try:
        return parse(utf8(saved).decode()), saved
    except (UnicodeDecodeError, csv.Error) as error:
        reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
        cure = "save it as text, or as CSV in UTF-8"
        raise StartRefusedError([Problem(name, f"can't be read ({reason})", cure)]) from None


def wrong_names(name: str, found: list[Listed]) -> Iterator[Problem]:
    """Refuse what GitHub can't have as a name, each with its line.

    Args:
        name: the file's.
        found: its names.
    """
    for one in found:
        yield from people_lists.wrong_logins(f"{name}:{one.line}", [one.name])
