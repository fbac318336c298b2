"""The log: its format for all programs but the Hub and the lab server, and one line for a record.

Records contain texts of people and of their programs: names, paths, errors. No record may look like
another record, or move the cursor of the terminal in which somebody reads the log.
"""

from __future__ import annotations

import logging
import re
import sys

LOG = logging.getLogger("classroom")
# C0 without tab, delete and C1; characters that change the direction of the text, are invisible, or
# end a line for some programs; halves of surrogate pairs, which can't be written.
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
PARAMETER = re.compile(r"(?<=[?&])([^=?&\s]{1,64})=([^&\s'\"]+)")
WITHIN = re.compile(r"(?<=%3F|%26)([^=?&%\s]{1,64})%3D([^&%\s'\"]+)", re.IGNORECASE)
"""The same in an address within another address: the page after a sign-in."""
SECRET = re.compile("token|auth|key|code|state|xsrf", re.IGNORECASE)
"""Names of secret values in an address. The Hub and the lab hide them in their lines, but tornado
does not."""
CONTINUED = "\n    "
"""The beginning of a record's further lines; no record begins like this."""


def escape(found: re.Match[str]) -> str:
    """Return a character's escape sequence of Python."""
    return found.group().encode("unicode_escape").decode()


def hidden(found: re.Match[str]) -> str:
    """Return a part of an address without secrets."""
    return f"{found[1]}=[secret]" if SECRET.search(found[1]) else found.group()


def hidden_within(found: re.Match[str]) -> str:
    """Return a part of an address within another address without secrets."""
    return f"{found[1]}%3D[secret]" if SECRET.search(found[1]) else found.group()


def quoted(text: str) -> str:
    """Make a text safe for the log: it can't begin a record, and contains no secret of an address.

    Args:
        text: any text; line ends stay, and every further line is indented.
    """
    text = WITHIN.sub(hidden_within, PARAMETER.sub(hidden, text))
    return CONTINUED.join(UNSAFE.sub(escape, text.replace("\r\n", "\n")).split("\n"))


class QuotedRecord(logging.LogRecord):
    """A record that is safe to write with any handler and formatter."""

    def getMessage(self) -> str:  # noqa: N802 (logging's name)
        """Return the message with its arguments, quoted."""
        return quoted(super().getMessage())

    @property
    def exc_text(self) -> str | None:
        """The traceback as a formatter keeps it, quoted: errors may contain people's texts."""
        return self._exc_text

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        self._exc_text = quoted(text) if text else text


def quote() -> None:
    """Make all later records of this process safe."""
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
