"""Manage kernels: the launcher starts them as `student`, and they outlive the lab server."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Any

import zmq
from jupyter_server._tz import utcnow
from jupyter_server.prometheus.metrics import KERNEL_CURRENTLY_RUNNING_TOTAL
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager
from tornado import web
from traitlets import Int, default

from classroom.lab.connections.notifications import Notifications
from classroom.lab.connections.registry import Connections
from classroom.lab.execution import working_folder
from classroom.lab.execution.iopub_listener import ListeningKernels
from classroom.lab.execution.iopub_reconnect import Reconnected
from classroom.lab.execution.kernel_session_paths import local_path
from classroom.lab.execution.provisioner import LAUNCHER_SECONDS, StudentProvisioner
from classroom.lab.protocol.kernel_messages import LONGEST_BYTES
from classroom.lab.upstream import patches
from classroom.launcher import client
from classroom.launcher.client import NoLauncherError, NotLaunchedError
from classroom.launcher.protocol import KEY
from classroom.runtime.paths import own
from classroom.runtime.words import gettext

MOST_SOCKETS = 16_384
"""Most zmq sockets of the lab server."""
BOUNDS = {
    # zmq closes the connection before it reads a larger frame; `Reconnected` opens a new one.
    zmq.MAXMSGSIZE: LONGEST_BYTES,
    # Messages that wait on either side; the others wait in the kernel, and use the kernel's memory.
    zmq.RCVHWM: 100,
    zmq.SNDHWM: 100,
    # Milliseconds until zmq retries a connection, doubled each time. A warm kernel listens some
    # 40 ms after its start; with zmq's own interval the lab would wait 100 ms.
    zmq.RECONNECT_IVL: 10,
    zmq.RECONNECT_IVL_MAX: 100,
}
"""Options of the sockets between the lab server and kernels."""


class StudentKernel(ServerKernelManager):
    """A kernel manager whose kernel always runs as `student`, whatever its spec requests."""

    def __init__(self, **kwargs: Any) -> None:
        """Set the state "starting" at once: upstream lists a kernel before it sets the state."""
        super().__init__(**kwargs)
        self.last_activity, self.execution_state, self.reason = utcnow(), "starting", ""
        self.why_it_ended = ""
        """Why its last kernel ended; "" if that isn't known."""

    @default("event_logger")
    def _default_event_logger(self) -> Any:
        """Return upstream's logger of kernels' start and end events, one for all kernels.

        Upstream makes one for each kernel, which reads and checks the events' schemas again.
        """
        if not isinstance(self.parent, StudentKernels):
            return super()._default_event_logger()
        if self.parent.event_logger is None:
            self.parent.event_logger = super()._default_event_logger()
        return self.parent.event_logger

    def connect_iopub(self, identity: bytes | None = None) -> Any:
        """Connect to the kernel's iopub channel; reconnect after too large a message."""
        made = super().connect_iopub(identity)
        Reconnected(made.socket, self._make_url("iopub"))
        return made

    async def _async_pre_start_kernel(self, **kw: Any) -> Any:
        self.why_it_ended = ""
        if self.provisioner is None:
            self.kernel_id = kw["kernel_id"]
            self.provisioner = self.provisioned(kw["kernel_id"])
        return await super()._async_pre_start_kernel(**kw)

    def provisioned(self, kernel_id: str) -> StudentProvisioner:
        """Make a provisioner for a kernel."""
        return StudentProvisioner(kernel_id=kernel_id, kernel_spec=self.kernel_spec, parent=self)


class StudentKernels(ListeningKernels):
    """All kernels, also those that ran before the lab server started."""

    event_logger: Any = None
    """The logger of kernels' events; None before the first kernel."""
    max_kernels = Int(0, config=True, help="How many kernels may run; 0 for any number.")

    def __init__(self, **kwargs: Any) -> None:
        """Put connection files into a folder that both the lab and students can read."""
        super().__init__(**kwargs)
        self.connection_dir = str(own().kernels)
        self._reserved: set[str] = set()
        # Each page needs six sockets for each open kernel; zmq's default limit is 1,023 in all.
        self.context.set(zmq.MAX_SOCKETS, MOST_SOCKETS)
        for option, value in BOUNDS.items():
            self.context.setsockopt(option, value)  # for every new socket

    async def _async_start_kernel(self, *, kernel_id: str | None = None, **kwargs: Any) -> str:
        """Start a kernel, or return the requested one.

        A place is reserved before the first await, so that simultaneous requests can't exceed the
        limit.

        Raises:
            HTTPError: 400 if the id is invalid, or the kernel can't start there; 429 if the limit
                of kernels is reached; 503 if the launcher doesn't answer.
        """
        if kernel_id is not None and kernel_id in self:
            return str(await super()._async_start_kernel(kernel_id=kernel_id, **kwargs))
        ident = kernel_id or self.new_kernel_id(**kwargs)
        if not KEY.fullmatch(ident) or ident in self._reserved:
            # The id becomes part of a file's name.
            raise web.HTTPError(400, gettext("No kernel can be started under that id."))
        self.check_limit()
        self._reserved.add(ident)
        try:
            return str(await super()._async_start_kernel(kernel_id=ident, **kwargs))
        except NotLaunchedError as error:
            status = 503 if isinstance(error, NoLauncherError) else 400
            raise web.HTTPError(
                status, gettext("The kernel wasn't started: {error}.").format(error=error)
            ) from error
        finally:
            self._reserved.discard(ident)

    start_kernel = _async_start_kernel  # type: ignore[assignment]

    def check_limit(self) -> None:
        """Check that one more kernel may run.

        Raises:
            HTTPError: 429 with a sentence if the limit is reached.
        """
        if self.max_kernels and len({*self.list_kernel_ids(), *self._reserved}) >= self.max_kernels:
            words = gettext(
                "{most} kernels are running, which is the limit: shut one down that nobody uses"
                " (Running, at left)."
            )
            raise web.HTTPError(429, words.format(most=self.max_kernels))

    def tell(self, kernel_id: str, sentence: str) -> None:
        """Show a sentence to everybody who has a kernel open.

        Args:
            kernel_id: the kernel's id.
            sentence: plain text.
        """
        if self.services is not None:
            people = self.services[Connections].with_kernel(kernel_id)
            self.services[Notifications].tell(people, sentence)

    def tell_end(self, kernel_id: str, why: str) -> None:
        """Notify everybody who has a kernel open that it has ended; name its notebook.

        Args:
            kernel_id: the kernel's id.
            why: the reason, in words.
        """
        sessions = getattr(self.parent, "session_manager", None)
        paths = [] if sessions is None else patches.notebooks_of(sessions, kernel_id)
        if paths:
            words = gettext("The kernel of “{path}” stopped: {why}.")
            self.tell(kernel_id, words.format(path=local_path(paths[0]), why=why))
        else:
            self.tell(kernel_id, gettext("A kernel stopped: {why}.").format(why=why))

    async def _async_shutdown_kernel(
        self,
        kernel_id: str,
        now: bool | None = False,  # noqa: FBT001, FBT002 (upstream's)
        restart: bool | None = False,  # noqa: FBT001, FBT002
    ) -> None:
        """Shut a kernel down as upstream; first wait for a restart, during which upstream fails."""
        known = self._kernels.get(kernel_id)
        for _ in range(10 * LAUNCHER_SECONDS):
            if known is None or known.ready.done():
                break
            await asyncio.sleep(0.1)
        await super()._async_shutdown_kernel(kernel_id, now=now, restart=restart)

    shutdown_kernel = _async_shutdown_kernel  # type: ignore[assignment]

    def cwd_for_path(self, path: str, **kwargs: Any) -> str:
        """Return the folder in which a kernel starts: its notebook's, also for a live notebook.

        Args:
            path: the folder's path, as a page names it.
            kwargs: upstream's.
        """
        del kwargs
        return working_folder.folder_for(working_folder.root_of(self.parent), local_path(path))

    async def warm(self) -> None:
        """Make the launcher preload the modules that kernels need, so that kernels start quickly.

        The lab calls it when the first page is open, because preloading takes long. A launcher that
        doesn't answer preloads after its first kernel.
        """
        with contextlib.suppress(NotLaunchedError):
            await client.warm()

    async def adopt_all(self) -> list[str]:
        """Take over every kernel that the launcher runs; return their ids."""
        found = []
        for kernel_id, note in await client.running():
            try:
                await self._adopt(kernel_id, note)
            except (NotLaunchedError, OSError, KeyError, ValueError) as error:
                self.log.warning("Kernel %s could not be adopted: %s", kernel_id, error)
            else:
                found.append(kernel_id)
        return found

    async def _adopt(self, kernel_id: str, note: dict[str, Any]) -> None:
        """Take a kernel over; do afterwards what upstream does when it starts a kernel."""
        kernel = self.kernel_manager_factory(
            parent=self,
            log=self.log,
            kernel_name=note["kernel_name"],
            kernel_spec_manager=self.kernel_spec_manager,
            connection_file=note["connection_file"],
        )
        kernel.kernel_id = kernel_id
        kernel.load_connection_file()
        kernel.provisioner = kernel.provisioned(kernel_id)
        kernel.provisioner.connection_info = kernel.get_connection_info()
        await kernel.provisioner.adopt(note["folder"])
        # For a restart.
        env = {**os.environ, **note["environment"]}
        kernel._launch_args = {"cwd": note["folder"], "env": env}  # noqa: SLF001
        kernel._attempted_start = True  # noqa: SLF001
        kernel.ready.set_result(None)
        await kernel._async_post_start_kernel()  # noqa: SLF001
        self._kernels[kernel_id] = kernel
        self._kernel_connections[kernel_id] = 0
        # The kernel reports its state with the next message; until then count it as busy.
        kernel.execution_state = "busy"
        kernel.reason = ""
        kernel.last_activity = utcnow()
        await self._finish_kernel_start(kernel_id)
        KERNEL_CURRENTLY_RUNNING_TOTAL.labels(type=kernel.kernel_name).inc()
        if not self._initialized_culler:
            self.initialize_culler()
