"""What others see of a person: name, initials and colour, with every way to sign in."""

from __future__ import annotations

import colorsys
import hashlib
from typing import Any

SATURATION, READABLE = 65, 4.5


def initials(shown: str) -> str:
    """Return the first letters of the first and the last word of a name."""
    words = shown.split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if words[1:] else words)).upper()


def luminance(hue: int, lightness: int) -> float:
    """Return a colour's relative luminance, 0 to 1 (WCAG 2.2).

    Args:
        hue: the hue in degrees.
        lightness: the lightness of HSL in percent.
    """
    channels = colorsys.hls_to_rgb(hue / 360, lightness / 100, SATURATION / 100)
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
        for part in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def colour(name: str) -> str:
    """Choose a person's colour: always the same, and different from most others'.

    Args:
        name: the Hub's user name.

    Returns:
        A CSS colour on which white letters can be read (WCAG 2.2, 1.4.3: 4.5 to 1).
    """
    hue = int.from_bytes(hashlib.sha256(name.encode()).digest()[:2], "big") % 360
    lightness = 60
    while 1.05 / (luminance(hue, lightness) + 0.05) < READABLE:
        lightness -= 1
    return f"hsl({hue}, {SATURATION}%, {lightness}%)"


def looks(name: str, info: dict[str, Any] | None, *, avatars: bool) -> dict[str, Any]:
    """Complete what others see of a person with defaults.

    Args:
        name: the Hub's user name.
        info: JupyterHub's ``user_info`` from the sign-in, which may lack fields.
        avatars: whether pictures may be shown, which browsers load from other hosts.

    Returns:
        name, display_name, initials, color, and avatar_url if there is one.
    """
    known = dict(info or {})
    if not avatars:
        known.pop("avatar_url", None)
    shown = str(known.get("display_name") or "").strip() or name
    return {
        "name": name,
        "color": colour(name),
        "initials": initials(shown),
        **known,
        "display_name": shown,
    }
