"""Values that are nested too deep are turned into text: the decoder of documents ends on them.

A page that sends such values is refused (`classroom.lab.protocol.update_bounds`). What a file or a
kernel brings has to be shown all the same.
"""

from __future__ import annotations

import json
from typing import Any

from classroom.lab.protocol.lib0 import DEPTH, is_flat
from classroom.runtime.words import gettext, gettext_noop

NOT_SHOWN = gettext_noop("This is nested too deep to be shown.")


def flattened(value: Any, prefix: str = "") -> Any:
    """Return a value of JSON that isn't nested too deep: what is further in is there as JSON text.

    Args:
        value: which isn't changed.
        prefix: what each such text begins with.
    """
    return value if is_flat(value, DEPTH) else _flattened(value, prefix, DEPTH)


def _flattened(value: Any, prefix: str, depth: int) -> Any:
    if not isinstance(value, list | dict):
        return value
    if not depth:
        try:
            return prefix + json.dumps(value)
        except RecursionError:
            return gettext(NOT_SHOWN)
    if isinstance(value, list):
        return [_flattened(one, prefix, depth - 1) for one in value]
    return {key: _flattened(one, prefix, depth - 1) for key, one in value.items()}
