"""Read people's names from a file, for a class without accounts.

The file is a list, or a table that a school's program has exported. "Müller, Anna" is read as Anna
Müller.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from classroom.config import people_lists, students_file
from classroom.config.students_file import Listed
from classroom.runtime.problems import Problem, StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

WHOLE = (
    *("full name", "fullname", "name vorname", "nachname vorname", "vorname nachname"),
    *("vollständiger name", "nom complet", "nom et prénom", "nom prénom", "prénom nom"),
    *("last name first name", "first name last name", "name", "names", "namen", "nom", "noms"),
    *("student name", "student", "students", "pupil name", "pupil", "pupils", "schülername"),
    *(
        "schüler",
        "schülerin",
        "schüler in",
        "schüler innen",
        "schülerinnen und schüler",
        "élève",
        "élèves",
    ),
)
"""Names of a column with full names, the best first."""
FIRST = (
    *("first name", "firstname", "given name", "given names", "forename", "forenames", "first"),
    *("vorname", "vornamen", "rufname", "prénom", "prénoms", "prenom"),
)
LAST = (
    *("last name", "lastname", "surname", "family name", "familyname", "last"),
    *("nachname", "familienname", "zuname", "nom de famille", "name", "nom"),
)
"""Names of a column with last names, the best first. The last two mean full names if no column has
first names."""
NO_NAME = re.compile(r"[\d@;\t]")
"""Characters of a class, a number or an e-mail address that no first name has."""


def plain(head: str) -> str:
    """Return a column's name without case, hyphens and the like."""
    one = unicodedata.normalize("NFC", head).casefold().replace("(s)", "")
    return " ".join(re.sub(r"[\W_]+", " ", one).split())


def name_columns(heads: Sequence[str]) -> tuple[int, ...]:
    """Find the columns with people's names.

    Args:
        heads: the first line's cells.

    Returns:
        Their indexes, first names first; none if the first line has no column names.
    """
    found = [plain(head) for head in heads]
    whole, first, last = (
        [found.index(one) for one in known if one in found] for known in (WHOLE, FIRST, LAST)
    )
    if first:
        return (first[0], *last[:1])
    if whole or last:
        return ((*whole, *last)[0],)
    column, head = students_file.column_of([head.lower() for head in heads])
    return (column,) if head else ()


def turned(last: str, first: str) -> str:
    """Turn "last name, first name" around; return "" if it is not such a name.

    Args:
        last: the text before the comma.
        first: the text behind it.
    """
    words = set(last.casefold().split()) & set(first.casefold().split())
    odd = not last or not first or "," in first or words or NO_NAME.search(first)
    return "" if odd else f"{first} {last}"


def of_cells(cells: Sequence[str], between: str) -> str:
    """Return the name in a line without columns; "" if it is not exactly one name.

    Args:
        cells: the line's cells that aren't empty.
        between: the separator between them.
    """
    if len(cells) == 1:
        last, _, first = cells[0].partition(",")
        return turned(last.strip(), first.strip()) or cells[0]
    return turned(*cells) if len(cells) == 2 and between == "," else ""  # noqa: PLR2004


def unknown(where: str, cells: Sequence[str]) -> StartRefusedError:
    """Refuse a table without a known column of names.

    Args:
        where: the file and line, for the sentence.
        cells: the cells of that line.
    """
    shown = people_lists.short(", ".join(cells))
    what = f"has several columns, and none is known to have the names: {shown!r}"
    cure = 'begin the file with a line that says what they are, such as "First name,Last name"'
    return StartRefusedError([Problem(where, what, cure)])


def parse(name: str, text: str) -> list[Listed]:
    """Read the names of a list or a table.

    Args:
        name: the file's name, for the sentence.
        text: one name a line, or CSV with commas, semicolons or tabs. Empty lines, and lines that
            begin with #, are ignored.

    Raises:
        StartRefusedError: no column is known to have the names.
        csv.Error: the text is not a table.
    """
    text = unicodedata.normalize("NFC", text)
    counted = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    first = students_file.separator("\n".join(counted))
    between = first or students_file.separator(" ".join(counted))
    rows = students_file.rows_of(text, between)
    if not rows:
        return []
    heads = rows[0][1]
    columns, head = name_columns(heads), ", ".join(heads)
    if columns:
        rows = rows[1:]
    listed = []
    for line, row in rows:
        cells = [cell for cell in row if cell]
        where = f"{name}:{line}"
        if columns and len([one for one in heads if one]) > 1:
            parts = [row[column] for column in columns if column < len(row) and row[column]]
            written = " ".join(parts) if len(columns) > 1 else of_cells(parts, between)
        elif len(cells) > 1 and len(rows) == 1 and not columns:
            raise students_file.several(where, cells)
        elif not (written := of_cells(cells, between)):
            raise unknown(where, cells)
        if written:
            listed.append(Listed(written, line, head if columns else ""))
    return listed
