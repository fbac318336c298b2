"""What a kernel's messages do to a cell's outputs: messages in, steps out.

Nothing that comes from a kernel can be trusted to be what it says: students' code wrote it.
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
"""The messages that make up a cell's outputs
(https://jupyter-client.readthedocs.io/en/stable/messaging.html)."""

RUNNING, IDLE = "running", "idle"
"""What a cell says of itself, as its ``execution_state``."""


class BadOutputError(ValueError):
    """A message that no kernel sends."""


@dataclass(frozen=True, slots=True)
class Printed:
    """Text was printed.

    Attributes:
        name: the stream's name, ``stdout`` or ``stderr``.
        text: with its control characters.
    """

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Something was displayed.

    Attributes:
        output: an output of nbformat's schema.
        display_id: by which it is updated later; "" for none.
        size: bytes.
    """

    output: dict[str, Any]
    display_id: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Updated:
    """What was displayed looks different now.

    Attributes:
        display_id: the id of the display.
        output: in the place of the old.
        size: bytes.
    """

    display_id: str
    output: dict[str, Any]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Cleared:
    """The outputs were cleared.

    Attributes:
        wait: only when there is another.
    """

    wait: bool = False


Step = Printed | Shown | Updated | Cleared


def read(raw: bytes) -> dict[str, Any]:
    """Read one part of a message, as far as a document can hold it.

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
"""Of a header that is remembered; kernels make some hundreds."""


def head(raw: bytes) -> tuple[str, str]:
    """Read a header: the message's id and kind, "" for what isn't there.

    Remembered, because each page's connection reads the same.
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
"""Values in what is displayed: what has more takes seconds to be written into a document."""
LONGEST_IDENT_CHARACTERS = 256
"""Characters of the id by which a display is updated."""


DEEP = gettext_noop("More than fits here, as text: ")
"""What a value begins with that is nested too deep."""


def too_much(raw: bytes) -> bool:
    """Say whether what is displayed has more values than fit, without taking it apart.

    Args:
        raw: the content of a message.
    """
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{") > MOST_VALUES


def step(kind: str, content: dict[str, Any], size: int = 0) -> Step:
    """Say what a message does to the outputs.

    Args:
        kind: one of `KINDS`.
        content: the message's.
        size: the content's, bytes.

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
        # Plain JSON again: nbformat's own dictionaries are no business of the document's.
        output = flattened(json.loads(json.dumps(output)), gettext(DEEP))
    except (nbformat.ValidationError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadOutputError(f"it is no {kind}") from error
    return Updated(ident, output, size) if updates else Shown(output, ident, size)


class Pending:
    """Steps that are still to be taken, as few as do the same."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._updates: dict[str, int] = {}

    def add(self, new: Step) -> None:
        """Add a step."""
        if isinstance(new, Cleared) and not new.wait:
            self.take()
        elif isinstance(new, Shown):
            self._updates.pop(new.display_id, None)  # a later update is this one's too
        elif isinstance(new, Updated):
            at = self._updates.setdefault(new.display_id, len(self._steps))
            if at < len(self._steps):
                self._steps[at] = new
                return
        self._steps.append(new)

    def take(self) -> list[Step]:
        """Take all steps out; what was printed in a row is one."""
        steps: list[Step] = []
        for name, some in groupby(self._steps, lambda one: getattr(one, "name", None)):
            if name is None:
                steps += some
            else:
                steps.append(Printed(name, "".join(one.text for one in some)))  # type: ignore[union-attr]
        self._steps, self._updates = [], {}
        return steps
