"""What a file is that is called a notebook and is none."""

from __future__ import annotations

import re

from classroom.runtime.words import gettext, gettext_noop

NO_NOTEBOOK = gettext_noop(
    "“{path}” isn't a valid notebook. Choose Open With → Editor to see its text, or ask its author"
    " for another copy."
)
"""Short, as all of these: JupyterLab shows 140 characters of a notice."""
EMPTY = gettext_noop(
    "“{path}” is empty, and so no notebook. Ask its author for another copy, or delete it."
)
WEB_PAGE = gettext_noop(
    "“{path}” is a web page, not a notebook: download the notebook itself again (on GitHub with the"
    " button Raw)."
)
PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|meta|script)\b",
    re.IGNORECASE | re.DOTALL,
)
"""How a page begins that a browser has saved, or a site that asks for a sign-in has sent."""
LOOKED_AT_CHARACTERS = 4096
"""Characters."""


def sentence(text: str, path: str) -> str:
    """Say what a file is, and what to do.

    Args:
        text: the file's.
        path: its path, for who is told.
    """
    if not text.strip():
        words = gettext(EMPTY)
    elif PAGE.match(text[:LOOKED_AT_CHARACTERS]):
        words = gettext(WEB_PAGE)
    else:
        words = gettext(NO_NOTEBOOK)
    return words.format(path=path)
