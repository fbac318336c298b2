"""An address as a picture that phones read, drawn with characters."""

from __future__ import annotations

import segno

BORDER = 2
"""Light modules around the code: half of what the standard asks for, and enough for phones."""
COLOURS = "\033[97;40m"
"""White on black in every terminal: some scanners read no inverted codes."""
PLAIN = "\033[0m"
BLOCKS = {(True, True): " ", (True, False): "▄", (False, True): "▀", (False, False): "█"}
"""The character for two modules, one above the other: dark modules are the background."""


def drawn(text: str, *, coloured: bool = True) -> str:
    """Draw a QR code for a terminal.

    Args:
        text: what the code says.
        coloured: with the colours of a terminal.

    Returns:
        Lines of block characters, each for two rows of the code.
    """
    code = segno.make(text, error="l", boost_error=True, micro=False)
    rows = [[bool(module) for module in row] for row in code.matrix_iter(border=BORDER)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    lines = (
        "".join(BLOCKS[above, below] for above, below in zip(*pair, strict=True))
        for pair in zip(rows[::2], rows[1::2], strict=True)
    )
    return "\n".join(f"{COLOURS}{line}{PLAIN}" if coloured else line for line in lines)
