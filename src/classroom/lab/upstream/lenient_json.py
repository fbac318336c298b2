"""JSON as people write settings, with comments: read in a time that grows with its length alone.

JupyterLab reads settings as JSON5, by a parser that takes a second for 20 kB. What its pages write
is JSON with comments.
"""

from __future__ import annotations

import json
import re
from typing import IO, Any

LONGEST_JSON5_CHARACTERS = 2048
"""Characters of what is read as JSON5 where it isn't JSON with comments: a few lines."""
MARK = re.compile(r'["/]')
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def without_comments(text: str) -> str:
    """Leave out comments, from ``//`` to the line's end and from ``/*`` to ``*/``.

    Args:
        text: what isn't closed in it stays as it is.
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
    """Read JSON with comments, or a little JSON5.

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
    # Not at the top: where only the rooms are measured there is no such package.
    import json5  # noqa: PLC0415

    try:
        return json5.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def load(stream: IO[str]) -> Any:
    """Read a file; else as `loads`."""
    return loads(stream.read())
