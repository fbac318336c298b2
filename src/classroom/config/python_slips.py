"""Explain mistakes in the tutor's file that Python explains only to programmers, or not at all."""

from __future__ import annotations

import ast
import contextlib
import json
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from classroom.runtime.problems import Problem, StartRefusedError
from classroom.runtime.tutors_text import utf8

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMATS = {
    b"PK\x03\x04": "a document of a text processor, or a workbook",
    b"{\\rtf": "a document of a text processor",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"<!--": "a web page",
    b"\xd0\xcf\x11\xe0": "a document of a text processor, or a workbook",
    b"%pdf": "a PDF",
}
"""The format of a file, by its first bytes in lower case."""
NOTEBOOK, JSON = "a notebook", "JSON"
CURES = {
    NOTEBOOK: "copy the settings out of its cells into a plain text of that name",
    JSON: "write each setting as c.Class.name = value, as the example has them",
}
"""The cure for a file in one of these formats."""
COPIED = "remove what was copied along with the text"
BY_LINE: Mapping[str, str] = {
    r"[“”„‟\u2018\u2019«»]": 'write straight quotes: "anna"',
    r"^\s*(<<<<<<<|=======|>>>>>>>)( |$)": "keep one of the two versions, without these lines",
    r"^\s*(```|>>> |\.\.\. |\d+ |[+-] )": COPIED,
    r"…": "write out what the dots stand for",
    r"=\s*\d+(\.\d+)? ?[A-Za-z]+\s*(#.*)?$": 'write a size or a time in quotes: "12G", "4h"',
}
"""The cure for a line that is not Python, by a pattern in it."""
BY_ERROR: Mapping[str, str] = {
    r"unterminated (triple-quoted )?string": "put the quote that is missing",
    r"was never closed": "put the bracket that is missing",
    r"unexpected indent|unindent|TabError": "begin the line where the others begin",
    r"unicode error": "save the file as UTF-8",
    r"'LazyConfigValue' object is not": "write an equals sign: c.Class.name = value",
    r"name '(true|false)' is not defined": "write True or False",
    r"name '(?P<name>Authenticator|Classroom|JupyterHub|\w+OAuthenticator)' is not defined": (
        "write c.{name}"
    ),
    r"name 'config' is not defined": "write c in place of config",
    r"name '(?P<name>\w+)' is not defined": (
        'correct the name or, if it is a text, put it in quotes: "{name}"'
    ),
    r"No module named": "use only what is in the image",
    r"FileNotFoundError": (
        "files beside the configuration are in /srv/jupyterhub/config; for students' names there is"
        " c.Classroom.students_file"
    ),
    r"SystemExit": "remove the line that ends the file",
}
"""The cure for an error, by a pattern in Python's message."""
USUAL = "correct the line, then start again"


def cure(said: str, line: str) -> str:
    """Say how to fix the line at which Python stopped.

    Args:
        said: the error's name and message.
        line: the text of the line; "" if unknown.
    """
    if "SyntaxError" in said:
        for pattern, how in BY_LINE.items():
            if re.search(pattern, line):
                return how
    for pattern, how in BY_ERROR.items():
        if found := re.search(pattern, said):
            return how.format(**found.groupdict())
    return USUAL


def foreign_format(source: bytes) -> str:
    """Name the format of a file that is not a text; "" for a text.

    Args:
        source: its bytes.
    """
    begin = source[:64].lstrip().lower()
    for mark, what in FORMATS.items():
        if begin.startswith(mark.lower()):
            return what
    if b"\0" in source:
        return "no text"
    return _json_format(source) if begin.startswith(b"{") else ""


def _json_format(source: bytes) -> str:
    """Name the format of a file that begins as JSON, which Python reads as an unused value."""
    try:
        found = json.loads(source)
    except ValueError:
        return ""
    return NOTEBOOK if "cells" in found or "nbformat" in found else JSON


def without_effect(name: str, source: bytes) -> Iterator[Problem]:
    """Find lines that compare or annotate a setting: Python runs them, and they do nothing.

    Args:
        name: the file's name, for the sentence.
        source: its bytes, which are valid Python.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Compare(left=ast.Attribute() as setting, ops=[ast.Eq()])):
                slip = "a second equals sign, which compares"
            case ast.AnnAssign(target=ast.Attribute() as setting, value=None):
                slip = "a colon where an equals sign belongs"
            case _:
                continue
        written = ast.unparse(setting)
        if written.startswith("c."):
            where = f"{name}:{node.lineno}: {written.removeprefix('c.')}"
            yield Problem(where, f"there is {slip}, so it sets nothing", f"write {written} = …")


def unused_lists(source: bytes) -> list[str]:
    """Name the lists of texts that a file defines but never uses.

    Args:
        source: its bytes, which are valid Python.
    """
    tree = ast.parse(source)
    made = [
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.Set | ast.Tuple)
        for target in node.targets
        if isinstance(target, ast.Name) and node.value.elts
    ]
    used = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return [name for name in made if name not in used]


def refuse_foreign(name: str, source: bytes) -> None:
    """Refuse a file that isn't text.

    Args:
        name: the file's name, for the sentence.
        source: its bytes.

    Raises:
        StartRefusedError: the file is not a text.
    """
    if form := foreign_format(source):
        cure = CURES.get(form, "save it as a plain text, or copy the example again")
        raise StartRefusedError([Problem(name, f"is {form}", cure)])


def failing_place(error: BaseException, file: Path) -> tuple[Path, int | None]:
    """Find the line of the tutor's files that raised an exception.

    Args:
        error: what evaluating the file raised.
        file: the file that was evaluated; it may have loaded others beside it.

    Returns:
        The file, and its line; None if unknown.
    """
    places = [(one.filename, one.lineno) for one in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    for name, line in reversed(places):
        if Path(name).is_relative_to(file.parent):
            return Path(name), line
    return file, None


def stopped_at(error: BaseException, file: Path) -> Problem:
    """Describe the exception that evaluating the file raised.

    Args:
        error: the exception.
        file: the file that was evaluated.
    """
    place, line = failing_place(error, file)
    detail = error.msg if isinstance(error, SyntaxError) else str(error)
    what = f"{type(error).__name__}: {'' if detail == 'None' else detail}".rstrip(": ")
    text = ""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        lines = utf8(place.read_bytes()).decode(errors="replace").splitlines()
        text = lines[line - 1] if line and line <= len(lines) else ""
    name = str(place.relative_to(file.parent))
    return Problem(f"{name}:{line}" if line else name, what, cure(what, text))
