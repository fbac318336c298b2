"""Sentences for a file that is named like a notebook and isn't one."""

from __future__ import annotations

import re

from classroom.runtime.words import gettext, gettext_noop

NO_NOTEBOOK = gettext_noop(
    "“{path}” isn't a valid notebook. Choose Open With → Editor to see its text, or ask its author"
    " for another copy."
)
"""All these sentences are short, because JupyterLab shows 140 characters of a notice."""
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
"""The beginning of an HTML page, saved by a browser or sent by a site that requires a sign-in."""
LOOKED_AT_CHARACTERS = 4096
"""How many characters of the file are searched for an HTML page."""


def sentence(text: str, path: str) -> str:
    """Return the sentence for a file: what it is, and what to do.

    Args:
        text: the file's text.
        path: its path, for the error message.
    """
    if not text.strip():
        words = gettext(EMPTY)
    elif PAGE.match(text[:LOOKED_AT_CHARACTERS]):
        words = gettext(WEB_PAGE)
    else:
        words = gettext(NO_NOTEBOOK)
    return words.format(path=path)
