"""A runaway lab: its programs, from a kernel and a terminal, and the resources that they use."""

from __future__ import annotations

import contextlib
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests import labs, students

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.labs.subjects import Subject
    from tests.labs import Lab

NAME = "runaway.py"
PROGRAM = Path(__file__).with_name("runaway_program.py")
PROCESSES = 200
"""The number of forking processes: in our image a lab may have 256 with `subjects.CONFIG`."""
MEMORY_BYTES = 2 * 1024**3
"""The size at the end: twice the share of a lab in our image with `subjects.CONFIG`."""
BLOCK_BYTES = 4 * 1024**2
START = "import subprocess, sys\nfor words in {}:\n    subprocess.Popen([sys.executable, *words])"
WRITE = "import pathlib; at = pathlib.Path({!r}).absolute(); at.write_text({!r}); print(at)"


@dataclass
class Taken:
    """The largest use of the lab's programs at any call of `look`.

    Attributes:
        lab: the container.
        processes: the number of processes.
        memory: the resident memory of the growing program, MB.
    """

    lab: Lab
    processes: int = 0
    memory: float = 0.0

    def look(self) -> None:
        """Measure the programs now, and keep the larger values."""
        found = self.lab.container.top(ps_args="-eo pid,rss,args")["Processes"]
        ours = [(int(size), command) for _, size, command in found if f"{NAME} " in command]
        grows = [size / 1024 for size, command in ours if f"{NAME} memory" in command]
        self.processes = max(self.processes, len(ours))
        self.memory = max([self.memory, *grows])


@contextlib.contextmanager
def runs_away(subject: Subject, client: httpx.Client, name: str, seconds: float) -> Iterator[Taken]:
    """Let a lab's programs use all they can for some time; then delete its kernel and terminal.

    From the beginning programs keep all cores busy, fill memory and write to the disk. After half
    of the time processes begin to fork: if they forked from the start, the other programs would
    hardly run.

    Args:
        subject: the Hub.
        client: the owner's browser.
        name: the owner's name; the lab is open.
        seconds: the time until all programs have stopped by themselves.

    Yields:
        The resources of these programs; the caller calls `Taken.look` meanwhile.

    Raises:
        httpx.HTTPStatusError: the lab could not start or end the kernel or the terminal.
    """
    base = f"/user/{name}"
    client.headers["X-XSRFToken"] = str(client.cookies.get("_xsrf", path=f"{base}/"))

    def new(kind: str, **body: str) -> Any:
        answer = client.post(f"{labs.ADDRESS}{base}/api/{kind}", json=body)
        return answer.raise_for_status().json()

    def end(what: str) -> None:
        answer = client.delete(f"{labs.ADDRESS}{base}/api/{what}")
        if answer.status_code != httpx.codes.NOT_FOUND:  # its lab has already ended it
            answer.raise_for_status()

    def socket(path: str) -> Any:
        there = f"{path}?session_id={uuid.uuid4().hex}"
        return students.open_socket(client, subject.lab, there, base=base)

    kernel = f"kernels/{new('kernels', name='python3')['id']}"
    terminal = new("terminals")["name"]
    with (
        socket(f"api/{kernel}/channels") as cells,
        socket(f"terminals/websocket/{terminal}") as shell,
    ):
        runs = students.Kernel(cells)
        place = runs.run(WRITE.format(NAME, PROGRAM.read_text(encoding="utf-8"))).strip()

        def words(way: str, bound: int, after: float = 0.0) -> list[str]:
            return [place, way, str(after), str(seconds - after), str(bound)]

        start = [words("spin", os.cpu_count() or 1), words("memory", MEMORY_BYTES)]
        runs.ask("execute_request", {"code": START.format(start), "silent": False})
        background = [words("disk", BLOCK_BYTES), words("forks", PROCESSES, seconds / 2)]
        students.Terminal(shell).send("".join(f"python {' '.join(one)} &\r" for one in background))
        try:
            yield Taken(subject.lab)
        finally:
            end(kernel)
            end(f"terminals/{terminal}")
