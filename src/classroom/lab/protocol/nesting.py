"""Turn values that are nested too deep into text: the decoder of documents crashes on them.

Such values from a page are rejected (`classroom.lab.protocol.update_bounds`). Those from a file or
a kernel must still be shown.
"""

from __future__ import annotations

import json
from typing import Any

from classroom.lab.protocol.lib0 import DEPTH, is_flat
from classroom.runtime.words import gettext, gettext_noop

NOT_SHOWN = gettext_noop("This is nested too deep to be shown.")


def flattened(value: Any, prefix: str = "") -> Any:
    """Return a JSON value in which everything that is nested too deep is JSON text.

    Args:
        value: the value; it isn't changed.
        prefix: the beginning of each such text.
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
