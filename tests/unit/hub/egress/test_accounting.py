"""The record of what the egress lock has refused."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING

from classroom.egress.lock import LockKind
from classroom.hub.egress import accounting
from classroom.hub.egress.accounting import Account
from tests import loops

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_account_goes_on_when_it_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full or no descriptors are left: each attempt is retried until one succeeds."""
    monkeypatch.setattr(accounting, "READ_SECONDS", 0.01)

    async def run() -> None:
        report = tmp_path / "egress/report.json"
        report.parent.mkdir()
        held = Account(report, LockKind.NFTABLES)
        held.describe("nftables: …")
        report.unlink()
        report.parent.rmdir()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        ours.settimeout(0)
        write, attempts = held._write, 0

        def counted() -> None:
            nonlocal attempts
            attempts += 1
            write()

        monkeypatch.setattr(held, "_write", counted)
        task = asyncio.create_task(held.follow(ours, logging.getLogger("test")))
        held.refused_name("one.example.org")
        await loops.until(lambda: attempts >= 3 or task.done())
        assert not task.done()
        report.parent.mkdir()
        await loops.until(report.exists)
        assert "one.example.org" in report.read_text()
        task.cancel()
        ours.close()
        theirs.close()

    loops.run(run())
