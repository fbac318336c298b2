"""Run a crowd in another process, and control it from here."""

from __future__ import annotations

import contextlib
import multiprocessing
from typing import TYPE_CHECKING, Any

from benchmarks.rooms.crowd import Crowd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from benchmarks.rooms.crowd import Seen

SPAWN = multiprocessing.get_context("spawn")
ANSWER_SECONDS = 300


def live(pipe: Connection, kind: type[Crowd], arguments: Any, options: Any) -> None:
    """Run a crowd in this process until the pipe closes: its calls, and its event loop in between.

    Args:
        pipe: sends calls, each as a name and arguments, and receives their results.
        kind: the crowd's class.
        arguments: its constructor's positional arguments.
        options: its constructor's keyword arguments.
    """
    crowd = kind(*arguments, **options)
    pipe.send("there")
    while True:
        while not pipe.poll():
            crowd.live(0.01)
        try:
            name, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(getattr(crowd, name)(*arguments))
        except ConnectionError as error:
            pipe.send(error)


class Away:
    """Controls a crowd in another process."""

    def __init__(self, pipe: Connection) -> None:
        """Remember the pipe to the other process."""
        self._pipe = pipe

    def ask(self, name: str, *arguments: Any) -> None:
        """Call a method of the crowd without waiting for its end; `wait` once for each call."""
        self._pipe.send((name, arguments))

    def wait(self) -> Any:
        """Wait for the end of the call, and return its result.

        Raises:
            TimeoutError: it did not end within `ANSWER_SECONDS`.
            ConnectionError: the server has ended a page's connection.
        """
        if not self._pipe.poll(ANSWER_SECONDS):
            raise TimeoutError("the crowd doesn't answer")
        found = self._pipe.recv()
        if isinstance(found, ConnectionError):
            raise found
        return found

    def do(self, name: str, *arguments: Any) -> Any:
        """Call a method of the crowd, wait for its end, and return its result."""
        self.ask(name, *arguments)
        return self.wait()

    def result(self) -> Seen:
        """Return what the crowd has seen so far."""
        found: Seen = self.do("result")
        return found


@contextlib.contextmanager
def start(kind: type[Crowd], *arguments: Any, **options: Any) -> Iterator[Away]:
    """Make a crowd in a new process, which ends with the context.

    Args:
        kind: the crowd's class.
        *arguments: its constructor's positional arguments.
        **options: its constructor's keyword arguments.
    """
    near, far = SPAWN.Pipe()
    process = SPAWN.Process(target=live, args=(far, kind, arguments, options), daemon=True)
    process.start()
    far.close()
    try:
        there = Away(near)
        there.wait()
        yield there
    finally:
        near.close()
        process.join(5)
        process.kill()


@contextlib.contextmanager
def crowd(places: list[Any], people: int, typists: int, **options: Any) -> Iterator[Away]:
    """Let a `Crowd` in a new process enter rooms; the arguments are its constructor's."""
    with start(Crowd, places, people, typists, **options) as made:
        yield made
