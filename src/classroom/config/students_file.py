"""Read the file of students' GitHub names: a list, or a table from a school's program."""

from __future__ import annotations

import contextlib
import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classroom.config import beside, people_lists, python_slips
from classroom.runtime.problems import Problem, StartRefusedError
from classroom.runtime.tutors_text import utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

HEADS = ("github", "github name", "github username", "github user", "github login", "login")
"""Names of the column with GitHub names, the best first. Without one the first column counts."""
OTHERS = ("username", "user", "name")
"""Other column names, which show that the first line is not a student's."""
SEPARATORS = ",;\t"
SETTING = "Classroom.students_file"


@dataclass(frozen=True)
class Listed:
    """A name in the file.

    Attributes:
        written: the name as written in the file.
        line: its line, from 1.
        head: its column's name; "" for a list, or a table without column names.
    """

    written: str
    line: int
    head: str = ""

    @property
    def name(self) -> str:
        """The name as the Hub writes it."""
        return people_lists.normal(self.written)


def separator(text: str) -> str:
    """Find the separator of the columns; "" for a list with one name a line.

    Args:
        text: the file's text.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=first.count) if any(one in first for one in SEPARATORS) else ""


def column_of(heads: list[str]) -> tuple[int, str]:
    """Find the column of names.

    Args:
        heads: the first line's cells, in lower case.

    Returns:
        Its index, and its name; 0 and "" if the first line has no column names.
    """
    about = [head for head in heads if "github" in head.split() and head[0] != "<"]
    found = [head for head in (*HEADS, *about, *OTHERS) if head in heads]
    return (heads.index(found[0]), found[0]) if found else (0, "")


def one_line(text: str, found: list[Listed]) -> list[str]:
    """Return the names of a list that is written in one line, which is not a table's head.

    Args:
        text: the file's text.
        found: the names that were read from it.
    """
    between = separator(text)
    if len(found) != 1 or not between or found[0].head:
        return []
    line = text.splitlines()[found[0].line - 1]
    cells = [cell.strip() for cell in line.split(between) if cell.strip()]
    is_list = all(map(people_lists.LOGIN.fullmatch, cells)) and len(cells) > 1
    return cells if is_list else []


def several(where: str, cells: Sequence[str]) -> StartRefusedError:
    """Refuse a list that is written in one line.

    Args:
        where: the file and line, for the sentence.
        cells: the names, at least two.
    """
    what = f"has several names in one line, such as {cells[0]!r} and {cells[1]!r}"
    return StartRefusedError([Problem(where, what, "write one name a line")])


def rows_of(text: str, between: str) -> list[tuple[int, list[str]]]:
    """Read the lines of a list or a table.

    Args:
        text: one name a line, or CSV with commas, semicolons or tabs. Empty lines, and lines that
            begin with #, are ignored.
        between: the separator between the cells; "" for a list.

    Returns:
        Line numbers from 1, with the cells.

    Raises:
        csv.Error: the text is not a table.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between or "\x1f")
    rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    return [(line, row) for line, row in rows if any(row) and not row[0].startswith("#")]


def parse(text: str) -> list[Listed]:
    """Read the names of accounts.

    Args:
        text: as for `rows_of`.
    """
    rows = rows_of(text, separator(text))
    column, head = 0, ""
    if rows:
        heads = [cell.lower() for cell in rows[0][1]]
        column, head = column_of(heads)
        if head:
            rows = rows[1:]
    cells = ((line, row[column] if column < len(row) else "") for line, row in rows)
    return [Listed(cell, line, head) for line, cell in cells if cell]


def of_accounts(name: str, text: str) -> list[Listed]:
    """Read the names of accounts, one a line.

    Args:
        name: the file's name, for the sentence.
        text: as for `rows_of`.

    Raises:
        StartRefusedError: several names are in one line.
    """
    found = parse(text)
    if cells := one_line(text, found):
        raise several(f"{name}:{found[0].line}", cells)
    return found


def read(
    folder: Path,
    name: str,
    where: str,
    names_in: Callable[[str, str], list[Listed]] = of_accounts,
) -> tuple[list[Listed], bytes]:
    """Read the file.

    Args:
        folder: the folder of the configuration.
        name: the file's name, as in the setting.
        where: the setting, for the sentence.
        names_in: takes the file's name and text, and returns the names.

    Returns:
        The names, and the bytes that they were read from.

    Raises:
        StartRefusedError: the file is missing, or can't be read.
    """
    saved = beside.read(folder, name, where, unused(folder, name))
    cure = "save it as text, or as CSV in UTF-8"
    try:
        source = utf8(saved)
        if form := python_slips.foreign_format(source):
            raise StartRefusedError([Problem(name, f"is {form}", cure)])
        found = names_in(name, source.decode())
    except UnicodeDecodeError:
        raise StartRefusedError([Problem(name, "is not text in UTF-8", cure)]) from None
    except csv.Error as error:
        raise StartRefusedError([Problem(name, f"can't be read ({error})", cure)]) from None
    return found, saved


def unused(folder: Path, name: str) -> list[str]:
    """List files beside the configuration that look like a file of students' names.

    Args:
        folder: the folder of the configuration.
        name: the file that the lab reads, which is not listed; "" for none.
    """
    with contextlib.suppress(OSError):
        return sorted(
            file.name
            for file in folder.iterdir()
            if file.name != name and file.name.lower() in {"students.txt", "students.csv"}
        )
    return []


def wrong_names(name: str, found: list[Listed]) -> Iterator[Problem]:
    """Refuse names that no GitHub account can have, each with its line.

    Args:
        name: the file's name.
        found: the names in it.
    """
    odd = [one for one in found if not people_lists.LOGIN.fullmatch(one.name)]
    if odd and odd[0].head in OTHERS:
        what = f"has no column github, and {odd[0].name!r} in {odd[0].head!r} is no GitHub name"
        yield Problem(f"{name}:{odd[0].line}", what, "write github over the column of GitHub names")
        return
    for one in odd:
        where = f"{name}:{one.line}"
        yield from people_lists.wrong_logins(where, [one.name], "write one name a line")
