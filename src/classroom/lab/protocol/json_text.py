"""Parse JSON, and replace only what a document can't hold.

A Yjs document holds whole characters, and JavaScript's numbers. Kernels and files have bytes that
aren't UTF-8 (such as a printed file name), half an emoji, and numbers of any length.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from classroom.lab.protocol.text_style import decoded, encoding_of

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
LARGEST = 2**53
"""Whole numbers of JavaScript are exact up to this one; a larger one becomes text."""
STEP_BYTES = 1 << 19
"""Bytes to search in one step."""
_HALVES = ("\\ud", "\\uD")
_LONG = re.compile(rb"[0-9]{16}|[0-9][eE][+-]?[0-9]{3}")
_LONGEST_BYTES = 20
"""How many bytes a match may extend beyond the end of a step."""
_HALF = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # both halves: a character
    r"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
    r"|\\."
)
_ALONE = 6
"""Characters of an escaped surrogate."""


def loads(data: bytes) -> Any:
    """Parse JSON; replace what a document can't hold.

    Args:
        data: UTF-8 or, with a byte order mark, UTF-16 (as Notepad writes it). Constants that aren't
            JSON (NaN, Infinity) are rejected.

    Returns:
        The value, in which surrogates are replaced, and numbers that JavaScript can't represent are
        texts.

    Raises:
        ValueError: it isn't JSON.
        RecursionError: it is nested too deep to be parsed.
    """
    text = decoded(data, errors="replace")
    if any(half in text for half in _HALVES):
        text = _HALF.sub(_whole, text)
    return json.loads(text, parse_constant=_refuse, parse_int=_whole_number, parse_float=_number)


def is_odd(data: bytes) -> bool:
    """Say whether JSON may contain something that a document can't hold, apart from invalid bytes.

    It searches in steps, because no other thread runs while a regular expression is matched.
    """
    if encoding_of(data).startswith("utf-16"):
        return True
    if any(half.encode() in data for half in _HALVES):
        return True
    steps = range(0, len(data), STEP_BYTES)
    return any(_LONG.search(data, at, at + STEP_BYTES + _LONGEST_BYTES) is not None for at in steps)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _whole(found: re.Match[str]) -> str:
    return REPLACEMENT if len(found[0]) == _ALONE else found[0]


def _whole_number(digits: str) -> int | str:
    # Python parses no number of more than 4,300 digits.
    short = len(digits) < len(str(LARGEST)) + 2
    return number if short and abs(number := int(digits)) <= LARGEST else digits


def _number(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits
