"""The log: the form of what is neither the Hub nor the lab server, and one line for one record.

What people type, and what their programs say, comes into records: names, paths, errors. No record
may look like another, or move the cursor of whoever reads it in a terminal.
"""

from __future__ import annotations

import logging
import re
import sys

LOG = logging.getLogger("classroom")
# C0 without tab, delete and C1; what turns the direction of the text, isn't seen, or ends a line
# for some programs; halves of surrogate pairs, which can't be written.
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
PARAMETER = re.compile(r"(?<=[?&])([^=?&\s]{1,64})=([^&\s'\"]+)")
WITHIN = re.compile(r"(?<=%3F|%26)([^=?&%\s]{1,64})%3D([^&%\s'\"]+)", re.IGNORECASE)
"""The same in an address within another: where to go on to after a sign-in."""
SECRET = re.compile("token|auth|key|code|state|xsrf", re.IGNORECASE)
"""Names in an address whose values the Hub and the lab hide in their own lines; tornado doesn't."""
CONTINUED = "\n    "
"""What begins a record's further lines: no record begins so."""


def escape(found: re.Match[str]) -> str:
    """Write a character as Python does in a text."""
    return found.group().encode("unicode_escape").decode()


def hidden(found: re.Match[str]) -> str:
    """Write a part of an address without what is secret in it."""
    return f"{found[1]}=[secret]" if SECRET.search(found[1]) else found.group()


def hidden_within(found: re.Match[str]) -> str:
    """Write a part of an address within another without what is secret in it."""
    return f"{found[1]}%3D[secret]" if SECRET.search(found[1]) else found.group()


def quoted(text: str) -> str:
    """Make a text safe for the log: no line of its own, and no secret of an address.

    Args:
        text: any; line ends stay, and every further line is indented.
    """
    text = WITHIN.sub(hidden_within, PARAMETER.sub(hidden, text))
    return CONTINUED.join(UNSAFE.sub(escape, text.replace("\r\n", "\n")).split("\n"))


class QuotedRecord(logging.LogRecord):
    """A record that is safe to write, by whichever handler and formatter."""

    def getMessage(self) -> str:  # noqa: N802 (logging's name)
        """Return the message with its arguments, quoted."""
        return quoted(super().getMessage())

    @property
    def exc_text(self) -> str | None:
        """The traceback as a formatter keeps it, quoted: errors say what people have typed."""
        return self._exc_text

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        self._exc_text = quoted(text) if text else text


def quote() -> None:
    """Write one record as one line, whoever logs it in this process from now on."""
    logging.setLogRecordFactory(QuotedRecord)


def begin() -> None:
    """Write to the container's log from now on."""
    quote()
    logging.basicConfig(
        stream=sys.stdout,
        level=logging.INFO,
        format="[%(levelname)1.1s %(asctime)s classroom] %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
    )
