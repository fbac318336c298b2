"""One record of the log is one line, even if people typed line breaks into it."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import pytest
from tornado.log import LogFormatter

from classroom.runtime import log

if TYPE_CHECKING:
    from collections.abc import Iterator

FORGED = "ada\n[I 2026-01-01 00:00:00.000 JupyterHub] User logged in: tutor"


@pytest.fixture
def factory() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    log.quote()
    yield
    logging.setLogRecordFactory(before)


FORMATTERS = [logging.Formatter("[%(levelname)1.1s] %(message)s"), LogFormatter(color=False)]


@pytest.fixture(params=FORMATTERS, ids=["ours", "tornado's"])
def written(request: pytest.FixtureRequest, factory: None) -> Iterator[io.StringIO]:
    del factory
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param)
    logger = logging.getLogger("test_log")
    logger.addHandler(handler)
    logger.propagate = False
    yield stream
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "name",
    [
        FORGED,
        FORGED.replace("\n", "\r"),
        FORGED.replace("\n", "\r\n"),
        FORGED.replace("\n", "\x0b"),
        FORGED.replace("\n", "\x85"),
        FORGED.replace("\n", "\u2028"),
        "\x1b[2J\x1b[1;1H" + FORGED,
        "\x9b2J",
        "a\u202eb\u2066c",
        "\ud800",
    ],
)
def test_no_name_makes_a_line_or_moves_the_cursor(written: io.StringIO, name: str) -> None:
    logger = logging.getLogger("test_log")
    logger.warning("User logged in: %s", name)
    logger.warning(name)
    lines = written.getvalue().splitlines()
    assert not [line for line in lines if line.startswith("[I 2026")]
    assert all(line.startswith(("[W", "    ")) for line in lines)
    assert not set(written.getvalue()) & set("\x1b\x9b\r\x0b\x85\u2028\u202e\u2066\ud800")


def test_no_error_makes_a_line(written: io.StringIO) -> None:
    try:
        raise ValueError(FORGED + "\x1b[2J")  # noqa: TRY301 (as a library may do)
    except ValueError:
        logging.getLogger("test_log").exception("It failed")
    lines = written.getvalue().splitlines()
    assert "It failed" in lines[0]
    assert lines[1].strip() == "Traceback (most recent call last):"
    assert all(line.startswith("    ") for line in lines[2:])
    assert not [line for line in lines if line.startswith("[I 2026")]
    assert "\x1b" not in written.getvalue()


def test_what_people_write_stays_readable(written: io.StringIO) -> None:
    logging.getLogger("test_log").warning(
        "%s\t%s", "J\u00fcrgen \u674e\u96f7 \u05d3\u05d5\u05d3", "x"
    )
    assert "J\u00fcrgen \u674e\u96f7 \u05d3\u05d5\u05d3\tx" in written.getvalue()


def test_no_address_tells_its_secrets(written: io.StringIO) -> None:
    """tornado writes them with an error; the Hub and the lab hide them in their own lines."""
    logger = logging.getLogger("test_log")
    address = "/hub/x?_xsrf=s3cret&page=2&access_token=s3cret2&code=s3cret3"
    logger.warning("404 GET %s (%s): no such page", address, "::1")
    logger.error("Uncaught exception GET\n%r", {"uri": f"{address}&STATE=s3cret4"})
    said = written.getvalue()
    assert "s3cret" not in said
    assert "?_xsrf=[secret]&page=2&access_token=[secret]&code=[secret] (::1): no such page" in said
    assert "&STATE=[secret]'}" in said


@pytest.mark.parametrize(
    "address",
    [
        "/hub/accept-share?code=s3cret",
        "/hub/login?next=%2Fhub%2Faccept-share%3Fcode%3Ds3cret",
        "/hub/login?next=%2Fhub%2Faccept-share%3Fnext%3D%252Fuser%26code%3ds3cret",
    ],
)
def test_what_is_secret_in_an_address_is_not_written(address: str) -> None:
    said = log.quoted(f"302 GET {address} (@::1) 3.1ms")
    assert "s3cret" not in said
    assert said.endswith("[secret] (@::1) 3.1ms")
