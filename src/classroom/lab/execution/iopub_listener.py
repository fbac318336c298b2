"""Listen to each kernel for its runs' outputs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from classroom.lab.execution.iopub_sieve import OfflineMessages, Sieve, heard
from classroom.lab.execution.run_history import RunHistory
from classroom.lab.execution.run_registry import KernelRuns
from classroom.lab.execution.shared_iopub import SharedIopub
from classroom.lab.protocol import kernel_outputs
from classroom.lab.protocol.kernel_outputs import BadOutputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classroom.lab.execution.cell_run import Run
    from classroom.lab.execution.open_notebooks import Notebooks
    from classroom.lab.services import Services

WELCOME = "iopub_welcome"
"""Type of a kernel's first message to a new subscriber (JEP 65)."""


@dataclass
class Ear:
    """The lab's connection to one kernel's messages.

    Attributes:
        runs: the kernel's runs.
        stream: a zmq stream of the kernel's iopub channel.
        ports: the ports that the kernel had when the stream was connected.
        asking: the id of the request whose run waits for a person's answer; "" for none.
        hears: whether any message has come: zmq doesn't report when a subscription has arrived.
    """

    runs: KernelRuns
    stream: Any
    ports: list[int]
    asking: str = ""
    hears: bool = False


class ListeningKernels(AsyncMappingKernelManager):
    """jupyter_server's kernel manager, which also listens to its kernels."""

    notebooks: Notebooks | None = None
    """The notebooks to write outputs into; without them the pages write the outputs."""
    services: Services | None = None
    """The lab's services, set by its extension; None if only the kernels are tested."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._ears: dict[str, Ear] = {}
        self._iopubs: dict[str, SharedIopub] = {}
        self._restarting: dict[str, asyncio.Future[Any]] = {}

    def listen(self, kernel_id: str) -> None:
        """Listen to a kernel from now on, unless the lab already does."""
        if self.notebooks is None:
            return
        ear, ports = self._ears.get(kernel_id), list(self.get_kernel(kernel_id).ports)
        if ear is None:
            runs = KernelRuns(self.notebooks, self.log)
            self._ears[kernel_id] = ear = Ear(runs, None, [])
            for event in ("restart", "dead"):
                self.add_restart_callback(
                    kernel_id, partial(self._lose, kernel_id, is_dead=True), event
                )
        if ear.stream is None or ear.ports != ports:
            self._deafen(ear)
            ear.stream, ear.ports = self.get_kernel(kernel_id).connect_iopub(), ports
            ear.stream.on_recv(partial(self._hear, kernel_id, ear))

    def iopub_of(self, kernel_id: str) -> SharedIopub:
        """Return a kernel's iopub channel, which all pages connected to the kernel share.

        Args:
            kernel_id: the id of an existing kernel.
        """
        kernel: Any = self.get_kernel(kernel_id)
        found, ports = self._iopubs.get(kernel_id), list(kernel.ports)
        if found is None or found.stream.closed() or found.ports != ports:
            found = self._iopubs[kernel_id] = SharedIopub(kernel.connect_iopub(), ports)
        return found

    def _hear(self, kernel_id: str, ear: Ear, message: list[bytes]) -> None:
        ear.hears = True
        if parts := heard(self.get_kernel(kernel_id).session, message):
            asking = ear.runs.cell_of(ear.asking)
            ear.runs.hear(parts)
            if asking and not ear.runs.cell_of(ear.asking):  # interrupted
                self._tell_question(kernel_id, asking, None)

    @staticmethod
    def _deafen(ear: Ear) -> None:
        if ear.stream is not None:
            ear.stream.close()
        ear.stream, ear.hears = None, False

    def announce(self, kernel_id: str, ident: str, cell_id: str, who: str) -> None:
        """Take over the outputs of a cell that a person runs, if the lab can write them.

        Args:
            kernel_id: the kernel that will run it.
            ident: the id of the request's message.
            cell_id: the cell's id.
            who: the user's name.
        """
        ear = self._ears.get(kernel_id)
        if self.notebooks is None or ear is None or not ear.hears:
            return
        if rooms := self.notebooks.open_by(kernel_id, who, cell_id):
            ear.runs.announce(ident, cell_id, rooms)

    def ran(self, kernel_id: str, cell_id: str, user: Any) -> None:
        """Record who runs a cell, and show it to everybody.

        Args:
            kernel_id: the kernel that runs it.
            cell_id: the cell's id.
            user: jupyter_server's user.
        """
        if self.notebooks is None or self.services is None:
            return
        history = self.services[RunHistory]
        for notebook, path in self.notebooks.of(kernel_id):
            history.add(notebook, path, cell_id, user.display_name or user.username)

    def asked(self, kernel_id: str, parts: Sequence[bytes]) -> None:
        """Record that a kernel waits for input from the person who runs a cell; show the others.

        Args:
            kernel_id: the kernel's id.
            parts: the parts of its ``input_request``: header, parent, metadata, content.
        """
        ident = kernel_outputs.head(parts[1])[0]
        if (ear := self._ears.get(kernel_id)) is None or not (cell := ear.runs.cell_of(ident)):
            return
        try:
            question = kernel_outputs.read(parts[3]).get("prompt")
        except BadOutputError:
            return  # the person's page can't parse it either
        ear.asking = ident
        self._tell_question(kernel_id, cell, str(question or ""))

    def answered(self, kernel_id: str) -> None:
        """Record that a person has answered the kernel's question."""
        if (ear := self._ears.get(kernel_id)) is not None:
            self._end_question(kernel_id, ear)
            ear.runs.answered()

    def _end_question(self, kernel_id: str, ear: Ear) -> None:
        if cell := ear.runs.cell_of(ear.asking):
            self._tell_question(kernel_id, cell, None)
        ear.asking = ""

    def _tell_question(self, kernel_id: str, cell_id: str, question: str | None) -> None:
        if self.notebooks is None or self.services is None:
            return
        history = self.services[RunHistory]
        for notebook, path in self.notebooks.of(kernel_id):
            history.ask(notebook, path, cell_id, question)

    def keeps(self, kernel_id: str, ident: str) -> bool:
        """Say whether the lab writes a run's outputs."""
        ear = self._ears.get(kernel_id)
        return ear is not None and ear.runs.has(ident)

    def unfinished(self, room: str) -> list[Run]:
        """List the runs of a room that haven't ended."""
        return [run for ear in self._ears.values() for run in ear.runs.unfinished(room)]

    def _lose(self, kernel_id: str, *, is_dead: bool) -> None:
        """End a kernel's runs; the next kernel is listened to again."""
        # Pages that connect now wait for the next kernel's messages; open connections stay.
        self._iopubs.pop(kernel_id, None)
        if (ear := self._ears.get(kernel_id)) is not None:
            kernel: Any = self.get_kernel(kernel_id)
            why = kernel.why_it_ended if is_dead else ""
            self._end_question(kernel_id, ear)
            ear.runs.lose(is_dead=is_dead, why=why)
            self._deafen(ear)

    async def restart_kernel(self, kernel_id: str, **kwargs: Any) -> Any:  # type: ignore[override]
        """Restart a kernel, and end its runs. The arguments are upstream's.

        A request that comes during a restart waits for that restart instead of starting another.
        """
        under_way = self._restarting.get(kernel_id)
        if under_way is None:
            self._lose(kernel_id, is_dead=False)
            under_way = asyncio.ensure_future(super().restart_kernel(kernel_id, **kwargs))
            self._restarting[kernel_id] = under_way
            under_way.add_done_callback(lambda _: self._restarted(kernel_id))
        return await asyncio.shield(under_way)

    def _restarted(self, kernel_id: str) -> None:
        """Record that a restart is over; messages until now came from the old kernel."""
        self._restarting.pop(kernel_id, None)
        self._iopubs.pop(kernel_id, None)

    def start_watching_activity(self, kernel_id: str) -> None:
        """Watch what a kernel does, as upstream, but only messages that can be parsed.

        Upstream parses each message's headers, however large. An invalid header makes it fail, with
        an error in the log.

        A kernel that welcomes a subscriber (JEP 65) has started. Upstream also waits for its status
        message. If the kernel sent that before the lab listened, nobody could run anything until
        upstream's next request, half a second later.
        """
        super().start_watching_activity(kernel_id)
        kernel: Any = self.get_kernel(kernel_id)
        stream: Any = kernel._activity_stream  # noqa: SLF001 (upstream has no other)
        record = stream._recv_callback  # noqa: SLF001

        def look(message: list[bytes]) -> None:
            if not (parts := heard(kernel.session, message)):
                return
            if kernel.execution_state == "starting" and kernel_outputs.head(parts[0])[1] == WELCOME:
                kernel.execution_state = "idle"
            try:
                record(message)
            except Exception as error:  # noqa: BLE001 (a kernel may send anything)
                self.log.debug("Dropped a kernel's message that can't be read: %s", error)

        stream.on_recv(look)

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended."""
        self._lose(kernel_id, is_dead=False)
        self._ears.pop(kernel_id, None)
        return super().remove_kernel(kernel_id)

    def start_buffering(self, kernel_id: str, session_key: str, channels: dict[str, Any]) -> None:
        """Keep messages for a page that may come back, except outputs that the lab writes.

        Upstream keeps them all, so that an endless print fills the memory once its page is closed.
        """
        super().start_buffering(kernel_id, session_key, channels)
        if not self.buffer_offline_messages or "iopub" not in channels:
            return
        buffer = OfflineMessages(self.get_kernel(kernel_id).session, Sieve(self, kernel_id))
        self._kernel_buffers[kernel_id]["buffer"] = buffer.kept
        channels["iopub"].on_recv(buffer.keep)
