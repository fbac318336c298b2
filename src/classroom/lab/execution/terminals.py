"""Terminals whose shells run as `student`: the launcher makes the terminal and starts the shell."""

from __future__ import annotations

import json
import re
import signal
import time
import uuid
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server_terminals.api_handlers import TerminalRootHandler
from jupyter_server_terminals.handlers import TermSocket
from jupyter_server_terminals.terminalmanager import TerminalManager
from terminado.management import PtyWithClients
from tornado import web
from traitlets import Instance, Int

from classroom.lab import services
from classroom.lab.connections.notifications import Notifications
from classroom.lab.connections.registry import lags, name_of
from classroom.lab.connections.throttle import Seldom
from classroom.lab.execution.kernel_session_paths import local_path
from classroom.lab.execution.pseudoterminals import StudentPty
from classroom.lab.execution.working_folder import folder_for, root_of
from classroom.lab.permissions.mode_service import ModeService
from classroom.lab.protocol.kernel_messages import Kept
from classroom.launcher import client
from classroom.launcher.client import NoLauncherError, NotLaunchedError
from classroom.launcher.protocol import ProcessKind, Start
from classroom.runtime.paths import own
from classroom.runtime.words import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classroom.launcher.client import RemoteProcess

KEPT = 1000
"""How many reads of a terminal's output a page gets that opens it later, as in upstream."""
KEPT_CHARACTERS = 1_000_000
"""Most characters of these together: each read may have 64 KB."""
MOST_UNSENT_BYTES = 10_000_000
"""Bytes that may wait for a page which doesn't take them, before it is disconnected."""
NAME = re.compile(r"\w{1,64}", re.ASCII)
REFUSED_SECONDS = 10.0
"""Fewest seconds between two such notices to a person: each key is a message."""
REFUSED = gettext_noop(
    "Not typed: the program in terminal {name} reads nothing, and too much waits for it already."
    " Shut the terminal down (Running, at left)."
)
PASSED_ON = ("TERM", "COLUMNS", "LINES")


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Choose the variables of a shell's environment: none of the lab server's own."""
    return {name: given[name] for name in PASSED_ON if name in given}


class StudentTerminal(PtyWithClients):
    """A terminal that people see."""

    def __init__(self, launched: RemoteProcess, terminal: int) -> None:
        """Show a process that has been started.

        Args:
            launched: the process.
            terminal: descriptor of the lab server's side of the terminal.
        """
        self.clients: list[Any] = []
        self.read_buffer = Kept(KEPT, KEPT_CHARACTERS, len)
        self.ptyproc = StudentPty(launched, terminal)

    def killpg(self, sig: int = signal.SIGTERM) -> None:
        """Signal the process and what it has started."""
        self.ptyproc.kill(sig)


class StudentTerminals(TerminalManager):
    """All terminals."""

    at_most = Int(0, config=True, help="How many terminals may be open; 0 for any number.")

    refusing = Instance(Seldom, (REFUSED_SECONDS,))
    """Limits the notices that nothing is typed."""
    starting = 0
    """How many terminals are starting now; they count towards the limit."""

    async def start(self, folder: str | None, name: str | None = None) -> dict[str, Any]:
        """Start a terminal.

        Args:
            folder: the folder to start in. A page names it, and the launcher enters it as
                `student`.
            name: the terminal's name; without one, the next number.

        Returns:
            The terminal's model for pages.

        Raises:
            HTTPError: 400 if it can't start there; 409 if the name is taken; 429 if the limit is
                reached; 503 if the launcher doesn't answer.
        """
        if name is not None and name in self.terminals:
            raise web.HTTPError(
                409, gettext("There is a terminal {name} already.").format(name=name)
            )
        if self.at_most and len(self.terminals) + self.starting >= self.at_most:
            words = gettext(
                "{most} terminals are open, which is the limit: shut one down that nobody uses"
                " (Running, at left)."
            )
            raise web.HTTPError(429, words.format(most=self.at_most))
        options = {**self.term_settings, "shell_command": self.shell_command}
        wanted = Start(
            uuid.uuid4().hex,
            ProcessKind.TERMINAL,
            tuple(options["shell_command"]),
            environment(self.make_term_env(**options)),
            folder or str(own().files_link),
        )
        self.starting += 1
        try:
            launched, terminal = await client.start_on_a_terminal(wanted)
        except NotLaunchedError as error:
            status = 503 if isinstance(error, NoLauncherError) else 400
            raise web.HTTPError(
                status, gettext("The terminal wasn't started: {error}.").format(error=error)
            ) from error
        finally:
            self.starting -= 1
        made = StudentTerminal(launched, terminal)
        if name is not None and name in self.terminals:  # another request was quicker
            made.ptyproc.close()
            raise web.HTTPError(
                409, gettext("There is a terminal {name} already.").format(name=name)
            )
        return dict(self.create(made=made, **({} if name is None else {"name": name})))

    def new_terminal(self, **kwargs: Any) -> StudentTerminal:
        """Return the terminal that `start` has made; upstream would fork here, and wait."""
        made: StudentTerminal = kwargs["made"]
        return made


class StudentTerminalsHandler(TerminalRootHandler):
    """Lists and starts terminals; upstream resolves the folder with the lab's permissions."""

    def initialize(self, name: str = "jupyter_server_terminals") -> None:
        """Belong to upstream's extension, whose name is `name`."""
        super().initialize(name)

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Start a terminal, in one of the class's folders.

        Raises:
            HTTPError: 400 if the request is invalid; otherwise as in `StudentTerminals.start`.
        """
        asked = self.get_json_body() or {}
        if not isinstance(asked, dict):
            raise web.HTTPError(400, "The request's body must be a JSON object.")
        folder, name = asked.get("cwd") or None, asked.get("name")
        if not isinstance(folder, str | None) or not isinstance(name, str | None):
            raise web.HTTPError(400, "cwd and name must be texts.")
        if name is not None and not NAME.fullmatch(name):
            raise web.HTTPError(400, "A terminal's name is up to 64 letters and digits.")
        if folder is not None:
            folder = folder_for(root_of(self.serverapp), local_path(folder))
        terminals: Any = self.terminal_manager
        self.finish(json.dumps(await terminals.start(folder, name)))


class StudentTermSocket(TermSocket):
    """A page's connection to a terminal; view-only people can't type."""

    def initialize(self, name: str = "") -> None:  # type: ignore[override]
        """Use the terminal manager of upstream's extension, whose name is `name`."""
        found = self.settings["terminal_manager"]
        super().initialize(name or "jupyter_server_terminals", found)

    judges = True
    max_message_size = 4 * 1024 * 1024  # for pasted text

    def on_pty_read(self, text: str) -> None:
        """Send the terminal's output to a page that keeps up; others are disconnected."""
        if not lags(self, MOST_UNSENT_BYTES):
            super().on_pty_read(text)

    async def on_message(self, message: Any) -> None:  # type: ignore[override]
        """Pass on typed text, if its sender may type."""
        modes = services.of(self)[ModeService]
        if modes.is_view_only(name_of(self)):
            modes.refuse(name_of(self))
            return
        await super().on_message(message)

    async def stdin_to_ptyproc(self, text: str) -> None:
        """Type text without waiting for the program; upstream waits in a thread.

        Args:
            text: the text from a page.
        """
        terminal: Any = self.terminal
        name = name_of(self)
        if terminal is None or terminal.ptyproc.type(text):
            return
        terminals: Any = self.term_manager
        if terminals.refusing.is_time(name, time.monotonic()):
            services.of(self)[Notifications].tell(
                {name}, gettext(REFUSED).format(name=self.term_name)
            )
