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
    """Run a crowd until a message ends it: carry out calls, and let the crowd live in between."""
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
    """A crowd in another process, as seen from here."""

    def __init__(self, pipe: Connection) -> None:
        """Talk to it through a pipe."""
        self._pipe = pipe

    def ask(self, name: str, *arguments: Any) -> None:
        """Call a method of the crowd, without waiting for its end."""
        self._pipe.send((name, arguments))

    def wait(self) -> Any:
        """Wait for the end of the call.

        Raises:
            TimeoutError: it never came.
            ConnectionError: the server has ended somebody's connection.
        """
        if not self._pipe.poll(ANSWER_SECONDS):
            raise TimeoutError("the crowd doesn't answer")
        found = self._pipe.recv()
        if isinstance(found, ConnectionError):
            raise found
        return found

    def do(self, name: str, *arguments: Any) -> Any:
        """Call a method of the crowd, and wait for its end."""
        self.ask(name, *arguments)
        return self.wait()

    def result(self) -> Seen:
        """Return what it has seen."""
        found: Seen = self.do("result")
        return found


@contextlib.contextmanager
def start(kind: type[Crowd], *arguments: Any, **options: Any) -> Iterator[Away]:
    """Make a crowd in a process of its own; the arguments are its constructor's."""
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
    """Let a crowd in another process enter rooms; the arguments are `Crowd`'s."""
    with start(Crowd, places, people, typists, **options) as made:
        yield made
