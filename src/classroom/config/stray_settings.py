"""Find settings that are filled in, but in a file that the lab doesn't read."""

from __future__ import annotations

import contextlib
import html
import io
import re
import zipfile
from typing import TYPE_CHECKING

from classroom.runtime.tutors_text import utf8

if TYPE_CHECKING:
    from pathlib import Path

SETTING = re.compile(
    r"(?<![\w.])c\.(?:JupyterHub|Classroom|\w*Authenticator)\.\w+", re.IGNORECASE | re.ASCII
)
"""Upper and lower case match, because text processors begin a line with a capital."""
OPEN, CLOSE = "\u201c\u201e\u2018\u201a\u00ab", "\u201c\u201d\u2018\u2019\u00bb"
"""Quotation marks of text processors."""
QUOTED = re.compile(rf"\"([^\"\n]+)\"|'([^'\n]+)'|[{OPEN}]([^{OPEN}{CLOSE}\n]+)[{CLOSE}]")
PLAIN = re.compile(r"(?:Authenticator|Classroom|JupyterHub)\.\w+ *= *(?:True|False|\d)")
OURS = frozenset({"README.md", "CHANGELOG.md", "jupyterhub_config.py"})
"""Files beside the Makefile that may contain settings."""
MOST_READ_BYTES = 1 << 20
"""The limit for a file, and for one part of a document."""
ARCHIVE = b"PK\x03\x04"


def of_document(source: bytes) -> str:
    """Return the text of a text processor's document or a workbook.

    Args:
        source: the file's bytes: a zip archive of XML files.
    """
    found = []
    with contextlib.suppress(OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        archive = zipfile.ZipFile(io.BytesIO(source))
        for one in archive.infolist():
            if one.filename.endswith(".xml") and one.file_size <= MOST_READ_BYTES:
                text = archive.read(one).decode("utf-8", "replace")
                lines = re.sub(r"</(?:w:p|text:p|si)>|<w:br/>|<text:line-break/>", "\n", text)
                found.append(html.unescape(re.sub(r"<[^>]*>", "", lines)))
    return "\n".join(found)


def text_of(file: Path) -> str:
    """Return the text of a file, in the formats of many programs; "" if it can't be read.

    Args:
        file: its path.
    """
    try:
        with file.open("rb") as opened:
            source = opened.read(MOST_READ_BYTES)
    except OSError:
        return ""
    if source.startswith(ARCHIVE):
        return of_document(source)
    with contextlib.suppress(UnicodeDecodeError):
        source = utf8(source)
    # Documents of old text processors have two bytes for each letter, and no byte order mark.
    return source.replace(b"\0", b"").decode("utf-8", "replace")


def is_filled_in(text: str) -> bool:
    """Say whether a text has settings with values that the example does not have.

    Args:
        text: a file's text. Comments, empty texts and placeholders in < and > are ignored.
    """
    code = re.sub(r"#.*", "", text)
    if not SETTING.search(code):
        return False
    values = ["".join(found) for found in QUOTED.findall(code)]
    return any(not set(value) & set("<>") for value in values) or bool(PLAIN.search(code))


def in_file(file: Path) -> bool:
    """Say whether a file has settings that are filled in.

    Args:
        file: its path; a folder has none.
    """
    return file.is_file() and is_filled_in(text_of(file))


def beside(folder: Path) -> list[str]:
    """List the files of a folder with settings that are filled in.

    Args:
        folder: the folder of the configuration.
    """
    with contextlib.suppress(OSError):
        return sorted(
            one.name
            for one in folder.iterdir()
            if one.name not in OURS and not one.name.startswith(".") and in_file(one)
        )
    return []
