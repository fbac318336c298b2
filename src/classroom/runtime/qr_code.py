"""Draw a text as a QR code for a page, which phones can read."""

from __future__ import annotations

import io


def picture(text: str, *, standalone: bool = False) -> str:
    """Return a QR code as SVG.

    Args:
        text: the text.
        standalone: whether it is for a file of its own, and not for a page's HTML.
    """
    import segno  # noqa: PLC0415 (few need it, and not at every start)

    stream = io.BytesIO()
    # Without a size of its own, the page's size shrinks it; with one, it would cut it off.
    looks = {"xmldecl": False, "svgns": standalone, "omitsize": True}
    light = {"light": "#fff"} if standalone else {}  # also on a dark page
    segno.make(text, micro=False).save(stream, kind="svg", **looks, **light)
    return stream.getvalue().decode()
