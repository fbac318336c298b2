"""Get the lab's certificate from an authority, renew it, and give it to the front.

The certificate in use always stays until there is another. `classroom.front.acme.plan` decides what
to do at which time, and a separate process asks the authority.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from classroom.front import certificate, tls
from classroom.front.acme import kept, plan, trouble
from classroom.front.acme.order import AcmeOutcome, Order
from classroom.front.acme.plan import Step
from classroom.front.acme.trouble import SLOW, AcmeTrouble
from classroom.runtime.problems import StartRefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from logging import Logger

    from classroom.config.acme import Acme
    from classroom.front.acme.kept import Own
    from classroom.runtime.paths import Paths

BEAT_SECONDS = 5.0
"""How often the Hub decides again, because clocks and files may have changed."""
ASKING_SECONDS = 400
"""How long an authority may take for all its answers together."""


class OwnCertificate:
    """Keep the lab's certificate valid for as long as the Hub runs, on its event loop."""

    def __init__(self, paths: Paths, wanted: Acme) -> None:
        """Read the course until now.

        Args:
            paths: where things are.
            wanted: the configured certificate and authority.
        """
        self._paths = paths
        self._wanted = wanted
        self._course = plan.at_start(kept.course(paths.acme, wanted))
        self._on_disk = kept.saved(paths.acme, kept.COURSE)
        self._seen: tuple[bytes, Own | None] = (b"", None)

    def __deepcopy__(self, _: Any) -> OwnCertificate:
        """Return this object: traitlets copies values of a configuration, but there must be one."""
        return self

    def trouble(self, *_: object) -> str:
        """Say why there is no new certificate, for JupyterHub's pages; "" if all is well."""
        return "" if self._has_files() else self._course.trouble

    async def follow(self, changed: Callable[[], Awaitable[None]], log: Logger) -> None:
        """Ask the authority whenever a request is due.

        Args:
            changed: called and awaited after a new certificate is in place.
            log: the log for what happened.
        """
        complaint = ""
        while True:
            try:
                await self._beat(changed, log)
                complaint = ""
            except OSError as error:  # for example a full disk, or no free descriptors: try again
                if str(error) != complaint:
                    complaint = str(error)
                    log.error("The certificate in use stays: %s", error)  # noqa: TRY400 (a sentence)
            await asyncio.sleep(BEAT_SECONDS)

    async def _beat(self, changed: Callable[[], Awaitable[None]], log: Logger) -> None:
        """Do the next step, if one is due."""
        if self._has_files():
            return  # the tutor's own files have priority
        await self._install(changed, log)
        now = dt.datetime.now(dt.UTC)
        self._reread()
        own = self._own()
        step = plan.next_step(own.held if own else None, self._course, now)
        if step is Step.NOTHING:
            return
        outcome = await self._ask(step)
        self._note(step, outcome, log)
        if step is Step.ASK and outcome.trouble is None:
            await self._install(changed, log)

    def _note(self, step: Step, outcome: AcmeOutcome, log: Logger) -> None:
        """Note the outcome of a request, in memory and on the volume."""
        now = dt.datetime.now(dt.UTC)
        if step is Step.LOOK:
            self._course = plan.looked(self._course, outcome.renew_at, outcome.look_at, now)
        elif outcome.trouble is None:
            self._course = plan.issued(self._course, now)
        else:
            course = plan.failed(self._course, outcome.trouble, now)
            next_try = course.next_try or now
            said = trouble.sentence(self._wanted, outcome.trouble, now, next_try)
            is_news = said != self._course.trouble
            self._course = replace(course, trouble=said)
            if is_news:  # the lab looks for a record every minute
                log.error(said)
        kept.keep(self._paths.acme, self._course)
        self._on_disk = kept.encode(self._course)

    async def _ask(self, step: Step) -> AcmeOutcome:
        """Have a separate process ask the authority."""
        order = Order(
            step,
            self._wanted,
            str(self._paths.acme),
            self._course.record if step is Step.ASK else "",
            plan.asks_anyway(self._course),
        )
        process = await asyncio.create_subprocess_exec(
            *(str(self._paths.prefix / "bin/python"), "-I", "-m", "classroom.front.acme"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            cwd="/",
        )
        try:
            async with asyncio.timeout(ASKING_SECONDS):
                said, _ = await process.communicate(order.encode())
        except TimeoutError:
            return AcmeOutcome(AcmeTrouble(SLOW))
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
        return AcmeOutcome.decode(said)

    def _has_files(self) -> bool:
        """Say whether the tutor has put a certificate into ``secrets/``, or is about to."""
        try:
            return tls.read_pair(self._paths.secrets) is not None
        except StartRefusedError:
            return True

    def _reread(self) -> None:
        """Read the course again if it has changed on the volume, as after a restored backup."""
        found = kept.saved(self._paths.acme, kept.COURSE)
        if found != self._on_disk:
            self._on_disk = found
            self._course = kept.course(self._paths.acme, self._wanted)

    def _own(self) -> Own | None:
        """Return the certificate; check it only if it has changed."""
        found = kept.saved(self._paths.acme, kept.PAIR)
        if found != self._seen[0]:
            self._seen = (found, kept.read(self._paths.acme, self._wanted.names))
        return self._seen[1]

    async def _install(self, changed: Callable[[], Awaitable[None]], log: Logger) -> None:
        """Give the certificate to the front, if the front has another one."""
        own = self._own()
        if own is None or not own.held.named:
            return
        if (own.pair.chain, own.pair.key) == certificate.installed(self._paths.front):
            return
        certificate.install(self._paths.front, own.pair)
        log.info(
            "New certificate for %s from %s, valid until %s: the front takes it",
            " and ".join(self._wanted.names),
            self._wanted.authority,
            f"{own.held.ends:%Y-%m-%d}",
        )
        await changed()
