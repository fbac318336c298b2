"""A text as a picture that phones read, for a page."""

from __future__ import annotations

import io


def picture(text: str, *, standalone: bool = False) -> str:
    """Return a QR code as SVG.

    Args:
        text: what it says.
        standalone: whether it is a file of its own; else it is put into a page's HTML.
    """
    import segno  # noqa: PLC0415 (few need it, and not at every start)

    stream = io.BytesIO()
    # Without a size of its own, the page's size shrinks it; with one, it would cut it off.
    looks = {"xmldecl": False, "svgns": standalone, "omitsize": True}
    light = {"light": "#fff"} if standalone else {}  # also on a dark page
    segno.make(text, micro=False).save(stream, kind="svg", **looks, **light)
    return stream.getvalue().decode()
