"""The account of what the egress lock refused."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING

from classroom.egress.lock import LockKind
from classroom.hub.egress.accounting import Account
from tests import loops

if TYPE_CHECKING:
    from pathlib import Path


def test_the_account_goes_on_when_it_cannot_be_written(tmp_path: Path) -> None:
    """No room on the disk, no descriptors left: for a while, and not for ever."""

    async def run() -> None:
        report = tmp_path / "egress/report.json"
        report.parent.mkdir()
        held = Account(report, LockKind.NFTABLES)
        held.describe("nftables: …")
        report.unlink()
        report.parent.rmdir()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        ours.settimeout(0)
        task = asyncio.create_task(held.follow(ours, logging.getLogger("test")))
        held.refused_name("one.example.org")
        await asyncio.sleep(0.1)
        assert not task.done()
        report.parent.mkdir()
        for _ in range(100):
            await asyncio.sleep(0.05)
            if report.exists():
                break
        assert "one.example.org" in report.read_text()
        task.cancel()
        ours.close()
        theirs.close()

    loops.run(run())
