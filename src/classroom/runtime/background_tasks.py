"""Background tasks whose failure somebody sees.

asyncio keeps the exception of a task until it is collected as garbage, which for one that a set
holds is never: it then fails without a word, and what it did isn't done any more.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from logging import Logger

_running: set[asyncio.Task[Any]] = set()
"""asyncio itself holds tasks only weakly."""


def start(
    work: Coroutine[Any, Any, Any],
    what: str,
    log: Logger,
    vital: Callable[[], None] | None = None,
) -> asyncio.Task[Any]:
    """Run something in the background, and log how it failed if it does.

    Args:
        work: to run, on the running loop.
        what: a subject for the sentence in the log, such as "The list of people".
        log: where to log it.
        vital: called after a failure: ends what can't go on without the task.

    Returns:
        The task, which the caller may await or cancel and need not keep.
    """
    task = asyncio.get_running_loop().create_task(work)
    supervise(task, what, log, vital)
    return task


def supervise(
    task: asyncio.Task[Any], what: str, log: Logger, vital: Callable[[], None] | None = None
) -> None:
    """Log how a task failed that somebody else has started; the arguments are those of `start`."""
    _running.add(task)

    def ended(task: asyncio.Task[Any]) -> None:
        _running.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if vital is None:
            log.error("%s failed: %s", what, error or type(error).__name__, exc_info=error)
        else:
            log.critical("%s failed: %s", what, error or type(error).__name__, exc_info=error)
            vital()

    task.add_done_callback(ended)


def reraise_if_meant(error: BaseException) -> None:
    """Raise an exception again that is no failure but the end of a task or of the process.

    For whoever must survive pycrdt: a panic of its Rust code is a BaseException of its own.

    Args:
        error: what was caught.
    """
    if isinstance(error, asyncio.CancelledError | KeyboardInterrupt | SystemExit | GeneratorExit):
        raise error
