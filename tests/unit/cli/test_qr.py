"""The address as a QR code: the text that phones read in it."""

from __future__ import annotations

import re

import pytest
import zxingcpp

from classroom.cli import qr

SCALE = 4
DARK = {" ": (True, True), "▄": (True, False), "▀": (False, True), "█": (False, False)}


def picture(drawn: str, *, inverted: bool = False) -> memoryview:
    """Draw block characters as a terminal does: 8-bit grey, two modules in a character."""
    lines = drawn.splitlines()
    rows = [[DARK[letter][half] for letter in line] for line in lines for half in (0, 1)]
    wide = [[module for module in row for _ in range(SCALE)] for row in rows]
    pixels = bytes(
        0 if dark is not inverted else 255 for row in wide for _ in range(SCALE) for dark in row
    )
    return memoryview(pixels).cast("B", (len(wide) * SCALE, len(wide[0])))


@pytest.mark.parametrize(
    "address",
    [
        "https://10.0.0.7",
        "https://192.168.178.20:8443",
        "https://collaborative-jupyterlab.department-of-mathematics.university.test:8443",
        f"https://lab.classroom.test:8443/hub/invitation?key={'k' * 43}",
    ],
)
def test_a_phone_reads_the_address(address: str) -> None:
    (found,) = zxingcpp.read_barcodes(picture(qr.drawn(address, coloured=False)))
    assert found.text == address


def test_each_line_has_colours_of_its_own() -> None:
    """Without them a light terminal would show a negative, which not every scanner can read."""
    for line in qr.drawn("https://10.0.0.7").splitlines():
        assert re.fullmatch(r"\033\[97;40m[ ▄▀█]+\033\[0m", line)


def test_it_fits_beside_the_sentences() -> None:
    lines = qr.drawn("https://192.168.178.20:8443", coloured=False).splitlines()
    assert len(lines) <= 17
    assert {len(line) for line in lines} <= set(range(20, 60))
