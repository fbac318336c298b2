"""Carry out the Hub's orders to copy files between labs: assignments and people's copies."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

from classroom.runtime import lab_users
from classroom.supervisor import saving
from classroom.supervisor.services import BEHIND_THE_CLASS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.runtime.paths import Paths
    from classroom.supervisor.labs import Labs

ORDERS_AT_A_TIME = 2
"""The number of orders at the same time; others wait."""
SECONDS_PER_LAB = 70.0
"""The time limit for a student: longer than the carrier's own limit."""


class Carrying:
    """Carries out the Hub's orders. For one event loop."""

    def __init__(self, paths: Paths, base: Mapping[str, str], labs: Labs) -> None:
        """Remember the settings.

        Args:
            paths: the container's paths.
            base: the environment of the started processes.
            labs: makes the folders of labs that nobody has opened yet.
        """
        self._paths, self._python = paths, str(paths.prefix / "bin/python")
        self._base, self._labs = dict(base), labs
        self._together = asyncio.Semaphore(ORDERS_AT_A_TIME)
        self._turns: dict[int, asyncio.Lock] = {}

    def quiet(self, lab: int) -> asyncio.Lock:
        """Return a lock; while it is held, no files are copied to or from a lab.

        Args:
            lab: the lab's number.
        """
        return self._turns.setdefault(lab, asyncio.Lock())

    async def do(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out an order about assignments (`classroom.supervisor.carrier`).

        Args:
            order: the Hub's order.

        Returns:
            The results, by the students' names.

        Raises:
            ValueError: no lab has such a number.
            RuntimeError: the carrier failed.
            TimeoutError: it has taken too long.
            StartRefusedError: a lab's folders can't be made.
            OSError: a lab's folders can't be made.
        """
        numbers = sorted({int(lab) for lab in order["labs"].values()})
        if wrong := [lab for lab in numbers if not lab_users.is_number(lab)]:
            raise ValueError(f"no lab has the number {wrong[0]}")
        async with contextlib.AsyncExitStack() as turns:
            for lab in numbers:  # in order, so that two orders never wait for each other
                await turns.enter_async_context(self.quiet(lab))
            await turns.enter_async_context(self._together)
            if order["do"] == "give":
                for lab in numbers:
                    await self._labs.ensure(lab)
            seconds = SECONDS_PER_LAB * max(1, len(order["labs"]))
            return await self._run("classroom.supervisor.carrier", order, seconds)

    async def copy(self, order: dict[str, Any]) -> dict[str, Any]:
        """Give somebody a copy (`classroom.supervisor.copier`).

        Args:
            order: the Hub's order.

        Returns:
            The result.

        Raises:
            ValueError: no lab has such a number.
            RuntimeError: the copier failed.
            TimeoutError: it has taken too long.
            StartRefusedError: a lab's folders can't be made.
            OSError: a lab's folders can't be made.
        """
        source, target = int(order["source"]), int(order["target"])
        async with contextlib.AsyncExitStack() as turns:
            # No lock for the class: it is never deleted, and most copies come from it or go into
            # it.
            for lab in sorted({source, target} - {lab_users.CLASS}):
                await turns.enter_async_context(self.quiet(lab))
            await turns.enter_async_context(self._together)
            if target != lab_users.CLASS:
                await self._labs.ensure(target)
            await saving.save(self._paths.of_lab(source), str(order["path"]))
            return await self._run("classroom.supervisor.copier", order, SECONDS_PER_LAB)

    async def _run(self, module: str, order: dict[str, Any], seconds: float) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            *(*BEHIND_THE_CLASS, self._python, "-I", "-m", module),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._base,
            cwd="/",
        )
        try:
            async with asyncio.timeout(seconds):
                said, _ = await process.communicate(json.dumps(order).encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise RuntimeError(f"{module} ended with {process.returncode}")
        found: dict[str, Any] = json.loads(said)
        return found
