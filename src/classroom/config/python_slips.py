"""Slips in the tutor's file that Python words for programmers, or not at all."""

from __future__ import annotations

import ast
import contextlib
import re
import traceback
from typing import TYPE_CHECKING

from classroom.runtime.problems import Problem, StartRefusedError
from classroom.runtime.tutors_text import utf8

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FORMATS = {
    b"PK\x03\x04": "a document of a text processor, or a workbook",
    b"{\\rtf": "a document of a text processor",
    b"<!doctype": "a web page",
    b"<html": "a web page",
}
"""What a file is that begins so, in small letters."""
COPIED = "remove what was copied along with the text"
BY_LINE: Mapping[str, str] = {
    r"[“”„‟\u2018\u2019«»]": 'write straight quotes: "anna"',
    r"^\s*(<<<<<<<|=======|>>>>>>>)( |$)": "keep one of the two versions, without these lines",
    r"^\s*(```|>>> |\.\.\. |\d+ |[+-] )": COPIED,
    r"…": "write out what the dots stand for",
    r"=\s*\d+(\.\d+)? ?[A-Za-z]+\s*(#.*)?$": 'write a size or a time in quotes: "12G", "4h"',
}
"""How to mend a line that is no Python, by what is in it."""
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
"""How to mend what Python says."""
USUAL = "correct the line, then start again"


def cure(said: str, line: str) -> str:
    """Say how to mend a line at which Python stopped.

    Args:
        said: the error's name and words.
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
    """Say what a file is that isn't text at all; "" for a text.

    Args:
        source: its bytes.
    """
    begin = source[:16].lstrip().lower()
    found = (what for mark, what in FORMATS.items() if begin.startswith(mark.lower()))
    return next(found, "no text" if b"\0" in source else "")


def without_effect(name: str, source: bytes) -> Iterator[Problem]:
    """Find settings that are compared, or only annotated: Python runs the line, which does nothing.

    Args:
        name: what to call the file.
        source: its bytes; they parse.
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
    """Name the lists of texts that a file makes and uses nowhere.

    Args:
        source: its bytes; they parse.
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
        name: what to call it.
        source: its bytes.

    Raises:
        StartRefusedError: it is something else.
    """
    if form := foreign_format(source):
        cure = "save it as a plain text, or copy the example again"
        raise StartRefusedError([Problem(name, f"is {form}", cure)])


def failing_line(error: BaseException, file: Path) -> int | None:
    """Find the line of the file in which an exception arose.

    Args:
        error: what evaluating the file raised.
        file: the file that was evaluated.
    """
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == str(file)), None)


def stopped_at(error: BaseException, file: Path) -> Problem:
    """Word what evaluating the file raised.

    Args:
        error: the exception.
        file: the file that was evaluated.
    """
    line = failing_line(error, file)
    detail = error.msg if isinstance(error, SyntaxError) else str(error)
    what = f"{type(error).__name__}: {'' if detail == 'None' else detail}".rstrip(": ")
    text = ""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        lines = utf8(file.read_bytes()).decode(errors="replace").splitlines()
        text = lines[line - 1] if line and line <= len(lines) else ""
    where = f"{file.name}:{line}" if line else file.name
    return Problem(where, what, cure(what, text))
