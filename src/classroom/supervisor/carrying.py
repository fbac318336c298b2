"""Have files carried between labs, as the Hub says: assignments, and copies that people give."""

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
"""Orders that are carried out at a time; others wait."""
SECONDS_PER_LAB = 70.0
"""How long a student's may take: longer than the carrier allows itself."""


class Carrying:
    """Carries out the Hub's orders. For one event loop."""

    def __init__(self, paths: Paths, base: Mapping[str, str], labs: Labs) -> None:
        """Carry nothing yet.

        Args:
            paths: where things are.
            base: the environment of what is started.
            labs: make the folders of labs that nobody has opened yet.
        """
        self._paths, self._python = paths, str(paths.prefix / "bin/python")
        self._base, self._labs = dict(base), labs
        self._together = asyncio.Semaphore(ORDERS_AT_A_TIME)
        self._turns: dict[int, asyncio.Lock] = {}

    def quiet(self, lab: int) -> asyncio.Lock:
        """Return what keeps anything from being carried to or from a lab while it is held.

        Args:
            lab: the lab's number.
        """
        return self._turns.setdefault(lab, asyncio.Lock())

    async def do(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry an order out (`classroom.supervisor.carrier`).

        Args:
            order: the Hub's.

        Returns:
            What came of it, by the students' names.

        Raises:
            ValueError: no lab has such a number.
            RuntimeError: it was not carried out.
            TimeoutError: it has taken too long.
            StartRefusedError: a lab's folders can't be made.
            OSError: likewise.
        """
        numbers = sorted({int(lab) for lab in order["labs"].values()})
        if wrong := [lab for lab in numbers if not lab_users.is_number(lab)]:
            raise ValueError(f"no lab has the number {wrong[0]}")
        async with contextlib.AsyncExitStack() as turns:
            for lab in numbers:  # in order, so that no two wait for each other
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
            order: the Hub's.

        Returns:
            What came of it.

        Raises:
            ValueError: no lab has such a number.
            RuntimeError: it was not carried out.
            TimeoutError: it has taken too long.
            StartRefusedError: a lab's folders can't be made.
            OSError: likewise.
        """
        source, target = int(order["source"]), int(order["target"])
        async with contextlib.AsyncExitStack() as turns:
            # The class is never deleted, and everybody's copies come from it or into it.
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
