"""Convert a kernel's messages into steps that change a cell's outputs.

Nothing in these messages can be trusted, because students' code may have written it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

import nbformat

from classroom.lab.protocol import json_text
from classroom.lab.protocol.nesting import flattened
from classroom.runtime.words import gettext, gettext_noop

KINDS = frozenset(
    {"stream", "display_data", "execute_result", "error", "clear_output", "update_display_data"}
)
"""The types of messages that make up a cell's outputs
(https://jupyter-client.readthedocs.io/en/stable/messaging.html)."""

RUNNING, IDLE = "running", "idle"
"""Values of a cell's ``execution_state``."""


class BadOutputError(ValueError):
    """The message isn't valid."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A step: the kernel printed text.

    Attributes:
        name: the stream's name, ``stdout`` or ``stderr``.
        text: the text, with its control characters.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A step: the kernel displayed something.

    Attributes:
        output: an output of nbformat's schema.
        display_id: the id for later updates; "" for none.
        size: bytes.
    """

    output: dict[str, Any]
    display_id: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Updated:
    """A step: the kernel changed an earlier display.

    Attributes:
        display_id: the id of the display.
        output: the output that replaces the old one.
        size: bytes.
    """

    display_id: str
    output: dict[str, Any]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Cleared:
    """A step: the kernel cleared the outputs.

    Attributes:
        wait: whether to clear them only when the next output comes.
    """

    wait: bool = False


Step = Printed | Shown | Updated | Cleared


def read(raw: bytes) -> dict[str, Any]:
    """Parse one part of a message; replace what a document can't hold.

    Raises:
        BadOutputError: it isn't a JSON object.
    """
    try:
        found = json_text.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadOutputError(str(error)) from error
    if not isinstance(found, dict):
        raise BadOutputError("it is no object")
    return found


REMEMBERED_BYTES = 4096
"""Most bytes of a header in the cache; kernels send some hundreds."""


def head(raw: bytes) -> tuple[str, str]:
    """Return the message's id and type from a header; "" for a missing one.

    Results are cached, because each page's connection parses the same headers.
    """
    return _remembered(raw) if len(raw) <= REMEMBERED_BYTES else _head(raw)


@lru_cache(maxsize=512)
def _remembered(raw: bytes) -> tuple[str, str]:
    return _head(raw)


def _head(raw: bytes) -> tuple[str, str]:
    try:
        found = read(raw)
    except BadOutputError:
        return "", ""
    ident, kind = found.get("msg_id"), found.get("msg_type")
    return (ident if isinstance(ident, str) else "", kind if isinstance(kind, str) else "")


MOST_VALUES = 500_000
"""Most values in an output: writing more into a document takes seconds."""
LONGEST_IDENT_CHARACTERS = 256
"""Most characters of a display id."""


DEEP = gettext_noop("More than fits here, as text: ")
"""Beginning of the text that replaces a value that is nested too deep."""


def too_much(raw: bytes) -> bool:
    """Say whether an output has too many values, without parsing it.

    Args:
        raw: the content of a message.
    """
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{") > MOST_VALUES


def step(kind: str, content: dict[str, Any], size: int = 0) -> Step:
    """Convert a message into a step.

    Args:
        kind: the message's type, one of `KINDS`.
        content: the message's content.
        size: the content's bytes.

    Raises:
        BadOutputError: the content isn't that of such a message.
    """
    if kind == "clear_output":
        return Cleared(wait=bool(content.get("wait")))
    if kind == "stream":
        name, text = content.get("name"), content.get("text")
        if name not in ("stdout", "stderr") or not isinstance(text, str):
            raise BadOutputError("it is no stream")
        return Printed(name, text)
    transient = content.get("transient")
    found = transient.get("display_id") if isinstance(transient, dict) else None
    ident = found if isinstance(found, str) and len(found) <= LONGEST_IDENT_CHARACTERS else ""
    updates = kind == "update_display_data"
    message = {
        "header": {"msg_type": "display_data" if updates else kind},
        "content": content,
    }
    try:
        output = dict(nbformat.v4.output_from_msg(message))
        # Convert nbformat's own dictionaries into plain ones for the document.
        output = flattened(json.loads(json.dumps(output)), gettext(DEEP))
    except (nbformat.ValidationError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadOutputError(f"it is no {kind}") from error
    return Updated(ident, output, size) if updates else Shown(output, ident, size)


class Pending:
    """Waiting steps, combined where possible."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._updates: dict[str, int] = {}

    def add(self, new: Step) -> None:
        """Add a step."""
        if isinstance(new, Cleared) and not new.wait:
            self.take()
        elif isinstance(new, Shown):
            self._updates.pop(new.display_id, None)  # a later update concerns this display as well
        elif isinstance(new, Updated):
            at = self._updates.setdefault(new.display_id, len(self._steps))
            if at < len(self._steps):
                self._steps[at] = new
                return
        self._steps.append(new)

    def take(self) -> list[Step]:
        """Take out all steps; join text that was printed in a row."""
        steps: list[Step] = []
        for name, some in groupby(self._steps, lambda one: getattr(one, "name", None)):
            if name is None:
                steps += some
            else:
                steps.append(Printed(name, "".join(one.text for one in some)))  # type: ignore[union-attr]
        self._steps, self._updates = [], {}
        return steps
