"""Parse settings, which are JSON with comments, in time linear in their length.

JupyterLab parses settings as JSON5, with a parser that takes a second for 20 kB. Its pages write
JSON with comments.
"""

from __future__ import annotations

import json
import re
from typing import IO, Any

LONGEST_JSON5_CHARACTERS = 2048
"""Most characters of a text that is parsed as JSON5 if it isn't JSON with comments."""
MARK = re.compile(r'["/]')
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def without_comments(text: str) -> str:
    """Remove comments, from ``//`` to the line's end and from ``/*`` to ``*/``.

    Args:
        text: the text; the rest after an unclosed string stays, the rest of an unclosed comment
            goes.
    """
    found, at = list[str](), 0
    while (mark := MARK.search(text, at)) is not None:
        start = mark.start()
        found.append(text[at:start])
        if mark.group() == '"':
            string = STRING.match(text, start)
            end = len(text) if string is None else string.end()
            found.append(text[start:end])
        elif text.startswith("//", start):
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
        elif text.startswith("/*", start):
            end = text.find("*/", start + 2)
            end = len(text) if end < 0 else end + 2
        else:
            end = start + 1
            found.append("/")
        at = end
    found.append(text[at:])
    return "".join(found)


def loads(text: str) -> Any:
    """Parse JSON with comments, or a short JSON5 text.

    Args:
        text: the text of a person's settings.

    Raises:
        ValueError: it is neither.
    """
    try:
        return json.loads(without_comments(text))
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    except ValueError as error:
        if len(text) > LONGEST_JSON5_CHARACTERS:
            raise ValueError(f"it is no JSON with comments: {error}") from error
    # Not imported at the top: the package is missing if only the rooms are measured.
    import json5  # noqa: PLC0415

    try:
        return json5.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def load(stream: IO[str]) -> Any:
    """Parse a file as `loads` does."""
    return loads(stream.read())
