"""Decide which notebook everybody's page opens once: ours, the tutor's, or none."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from classroom.config import beside
from classroom.runtime.problems import Problem, StartRefusedError
from classroom.runtime.tutors_text import utf8

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from classroom.config.config_file import ConfigFile

SETTING = "Classroom.welcome"
VARIABLE = "WELCOME"
"""A variable of the environment, for a lab without a configuration."""
OURS = "Welcome.ipynb"
ENDING = ".ipynb"
LARGEST_BYTES = 1 << 20
"""The lab reads the file at every start. It is a page to read, not a lesson."""


@dataclass(frozen=True)
class Welcome:
    """The notebook that pages open.

    Attributes:
        name: its name in the lab; "" for none.
        text: the tutor's notebook; empty for ours.
    """

    name: str = ""
    text: bytes = field(default=b"", repr=False)


NONE, DEFAULT = Welcome(), Welcome(OURS)


def is_notebook(text: bytes) -> bool:
    """Say whether a text looks like a notebook; the format's schema is not checked.

    Args:
        text: a file's text.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(found, dict)
        and isinstance(found.get("cells"), list)
        and isinstance(found.get("nbformat"), int)
    )


def read(folder: Path, name: str, where: str) -> Welcome:
    """Read a tutor's notebook.

    Args:
        folder: the folder of the configuration.
        name: the file's name, as in the setting.
        where: the setting, for the sentence.

    Raises:
        StartRefusedError: the file is missing, can't be read, or is not a notebook.
    """
    saved = beside.read(folder, name, where)
    cure = "name a notebook that JupyterLab has saved, such as welcome.ipynb"
    if not name.endswith(ENDING):
        raise StartRefusedError([Problem(where, f"{name!r} is not a notebook", cure)])
    if len(saved) > LARGEST_BYTES:
        what = f"has {len(saved)} bytes, and a welcome has {LARGEST_BYTES} at most"
        raise StartRefusedError([Problem(name, what, "clear its outputs and pictures, and save")])
    try:
        text = utf8(saved)
    except UnicodeDecodeError:
        text = b""
    if not is_notebook(text):
        raise StartRefusedError([Problem(name, "is not a notebook", cure)])
    return Welcome(name, text)


def load(
    file: ConfigFile, folder: Path, environ: Mapping[str, str]
) -> tuple[Welcome, dict[str, bytes]]:
    """Decide which notebook pages open; the file overrides the environment.

    Args:
        file: the tutor's configuration, its types checked.
        folder: the folder of the configuration.
        environ: the process environment.

    Returns:
        The notebook, and the bytes that it was read from, by the file's name.

    Raises:
        StartRefusedError: with a sentence that says what is wrong.
    """
    section = file.config.get("Classroom", {})
    given = environ.get(VARIABLE, "")
    if "welcome" not in section:
        if given not in {"", "on", "off"}:
            what = f"{given!r} is neither on nor off"
            raise StartRefusedError([Problem(VARIABLE, what, "set it to off, or leave it out")])
        return (NONE if given == "off" else DEFAULT), {}
    wanted = section["welcome"]
    if not wanted:
        return NONE, {}
    if not isinstance(wanted, str):
        return DEFAULT, {}
    found = read(folder, wanted, file.where(SETTING))
    return found, {found.name: found.text}
