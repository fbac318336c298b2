"""Sizes and times as a tutor writes them: 12 GB, "512M", "4h", 600."""

from __future__ import annotations

import re
from typing import Any

from traitlets import Int, TraitError

QUANTITY = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*([a-zA-Z]*)\s*")
BYTES_OF_UNIT = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
"""By the unit's first letter. As for Docker and JupyterHub, K is 1,024 bytes."""
SECONDS_OF_UNIT = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60}
SECONDS_OF_UNIT |= {"h": 3600, "hour": 3600, "d": 86400, "day": 86400}
SMALLEST_BYTES = 1 << 20
"""No smaller limit of memory can work: a tutor who writes 12 means 12 GB."""
LONGEST_BYTES, LONGEST_SECONDS = (1 << 60) - 1, 10 * 365 * 86400


def split(text: str) -> tuple[float, str]:
    """Split a quantity into its number and its unit in lower case, "" for no unit.

    Raises:
        ValueError: the text is not a quantity.
    """
    found = QUANTITY.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return float(found[1].replace(",", ".")), found[2].lower()


def to_bytes(text: str) -> int:
    """Read a size.

    Args:
        text: a size such as "12G", "12 GB", "1.5 GiB" or "800".

    Raises:
        ValueError: the text is not a size.
    """
    number, unit = split(text)
    if unit and not re.fullmatch("b|bytes?|[kmgt](i?b)?", unit):
        raise ValueError(text)
    return int(number * BYTES_OF_UNIT[unit[:1] or "b"])


def to_seconds(text: str) -> int:
    """Read a time.

    Args:
        text: a time such as "4h", "90 min", "2 days" or "600".

    Raises:
        ValueError: the text is not a time.
    """
    number, unit = split(text)
    known = unit if unit in SECONDS_OF_UNIT else unit.removesuffix("s")
    if unit and known not in SECONDS_OF_UNIT:
        raise ValueError(text)
    return round(number * SECONDS_OF_UNIT[known or "s"])


class TooFewBytesError(TraitError):
    """A size is too small to be what the tutor meant."""

    def __init__(self, cure: str) -> None:
        """Say what to write in its place."""
        super().__init__(cure)
        self.cure = cure


class Quantity(Int[int, "int | float | str"]):
    """A trait for a whole number within bounds, or a text for one."""

    most: int
    """The largest accepted number."""
    read: staticmethod[[str], int]
    """Reads a text; raises a ValueError if it is not a quantity."""

    def validate(self, obj: Any, value: Any) -> int:
        """Return the number.

        Raises:
            TraitError: the value is not such a number.
        """
        if isinstance(value, str):
            try:
                value = self.read(value)
            except ValueError:
                self.error(obj, value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= self.most:
            self.error(obj, value)
        return int(value)


class ByteSize(Quantity):
    """A number of bytes, or a text such as "12G"; 0 stands for the default."""

    info_text = 'a size such as "12G" or "512M"'
    most = LONGEST_BYTES
    read = staticmethod(to_bytes)

    def validate(self, obj: Any, value: Any) -> int:
        """Return the size in bytes.

        Raises:
            TraitError: the value is not a size, or is too small to be what the tutor meant.
        """
        found = super().validate(obj, value)
        if 0 < found < SMALLEST_BYTES:
            like = f'"{found}G"' if found < 1 << 10 else '"512M"'
            raise TooFewBytesError(f"write {like}")
        return found


class Duration(Quantity):
    """A number of seconds, or a text such as "4h"; 0 stands for never."""

    info_text = 'a number of seconds, or a time such as "4h" or "30 min"'
    most = LONGEST_SECONDS
    read = staticmethod(to_seconds)
