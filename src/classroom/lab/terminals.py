"""Terminals whose shells run as `student`: started by the launcher, on a terminal of the lab's."""

from __future__ import annotations

import codecs
import os
import signal
import uuid
from typing import TYPE_CHECKING, Any

from jupyter_server_terminals.handlers import TermSocket
from jupyter_server_terminals.terminalmanager import TerminalManager
from ptyprocess import PtyProcessUnicode
from terminado.management import PtyWithClients
from tornado import web
from traitlets import Int

from classroom.lab import launching
from classroom.lab.connections import lags, name_of
from classroom.lab.launching import NotLaunchedError
from classroom.lab.messages import Kept
from classroom.lab.modes import DRIVING
from classroom.launcher.protocol import Kind, Start
from classroom.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.lab.launching import Launched

KEPT = 1000
"""How many reads of a terminal's output somebody who opens it later is shown, as upstream."""
KEPT_CHARACTERS = 1_000_000
"""How much that may be together: each read may be 64 KB."""
MOST_UNSENT = 10_000_000
"""Bytes that may wait for a page which doesn't take them, before it is disconnected."""
PASSED_ON = ("TERM", "COLUMNS", "LINES")


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Choose what a shell gets of an environment: nothing of the lab server's own."""
    return {name: given[name] for name in PASSED_ON if name in given}


class StudentPty(PtyProcessUnicode):
    """A terminal with a process that is the launcher's child, not ours."""

    closed: bool
    exitstatus: int | None
    signalstatus: int | None

    def __init__(self, launched: Launched, terminal: int) -> None:
        """Take both over.

        Args:
            launched: the process.
            terminal: descriptor of the side that isn't the process's.
        """
        self._launched = launched
        super().__init__(launched.pid, terminal)
        # As upstream's own terminals: whatever comes is shown.
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        # The event loop would wait for as long, at each end of a terminal.
        self.delayafterclose = 0.0

    def isalive(self) -> bool:
        """Say whether the process runs."""
        status = self._launched.poll()
        if status is None:
            return True
        self.terminated = True
        self.exitstatus, self.signalstatus = (status, None) if status >= 0 else (None, -status)
        return False

    def kill(self, sig: int) -> None:
        """Signal the process and what it has started."""
        self._launched.send_signal(sig)

    def close(self, force: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 (upstream's)
        """Let go of both; the launcher ends what still runs."""
        if not self.closed:
            self.fileobj.close()
            self._launched.close()
            self.fd = -1
            self.closed = True


class StudentTerminal(PtyWithClients):
    """A terminal that people see."""

    def __init__(self, argv: list[str], env: Mapping[str, str], cwd: str | None) -> None:
        """Start it.

        Args:
            argv: of the shell.
            env: as upstream would start it with.
            cwd: where.

        Raises:
            NotLaunchedError: it couldn't be started.
        """
        self.clients: list[Any] = []
        self.read_buffer = Kept(KEPT, KEPT_CHARACTERS, len)
        ours, its = os.openpty()
        start = Start(
            uuid.uuid4().hex,
            Kind.TERMINAL,
            tuple(argv),
            environment(env),
            cwd or str(Paths().home),
        )
        try:
            launched = launching.start(start, its)
        except NotLaunchedError:
            os.close(ours)
            raise
        finally:
            os.close(its)
        self.ptyproc = StudentPty(launched, ours)

    def killpg(self, sig: int = signal.SIGTERM) -> None:
        """Signal the process and what it has started."""
        self.ptyproc.kill(sig)


class StudentTerminals(TerminalManager):
    """All terminals."""

    at_most = Int(0, config=True, help="How many may be open; 0 for any number.")

    def new_terminal(self, **kwargs: Any) -> StudentTerminal:
        """Make a terminal; where upstream would fork.

        Raises:
            HTTPError: 429, there are as many as there may be.
            NotLaunchedError: it couldn't be started.
        """
        if self.at_most and len(self.terminals) >= self.at_most:
            what = f"{self.at_most} terminals are open, and no more may be"
            raise web.HTTPError(429, f"{what}: shut one down that nobody uses (Running, at left)")
        options = {**self.term_settings, "shell_command": self.shell_command, **kwargs}
        env = self.make_term_env(**options)
        return StudentTerminal(options["shell_command"], env, options.get("cwd"))


class StudentTermSocket(TermSocket):
    """A page's connection to a terminal: it only shows it to who is view-only."""

    def initialize(self, name: str = "") -> None:  # type: ignore[override]
        """Take the terminals that upstream's extension has made since; `name` is its own."""
        found = self.settings["terminal_manager"]
        super().initialize(name or "jupyter_server_terminals", found)

    judges = True

    def on_pty_read(self, text: str) -> None:
        """Show what the terminal says, to a page that keeps up: others come back for it."""
        if not lags(self, MOST_UNSENT):
            super().on_pty_read(text)

    async def on_message(self, message: Any) -> None:  # type: ignore[override]
        """Pass on what is typed, if its sender may type."""
        if DRIVING.is_view_only(name_of(self)):
            DRIVING.refuse(name_of(self))
            return
        await super().on_message(message)
