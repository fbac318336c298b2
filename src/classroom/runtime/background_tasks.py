"""Background tasks whose failures are logged.

asyncio logs a task's exception only when the task is collected as garbage, which never happens to a
task that a set holds. Such a task would fail silently, and nothing would do its work any more.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from logging import Logger

_running: set[asyncio.Task[Any]] = set()
"""Strong references to the tasks: asyncio itself has only weak ones."""


def start(
    work: Coroutine[Any, Any, Any],
    what: str,
    log: Logger,
    vital: Callable[[], None] | None = None,
) -> asyncio.Task[Any]:
    """Run a task in the background, and log its failure.

    Args:
        work: the coroutine to run on the running loop.
        what: the subject of the sentence in the log, such as "The list of people".
        log: the logger.
        vital: called after a failure, to end what can't go on without the task.

    Returns:
        The task, which the caller may await or cancel and need not keep.
    """
    task = asyncio.get_running_loop().create_task(work)
    supervise(task, what, log, vital)
    return task


def supervise(
    task: asyncio.Task[Any], what: str, log: Logger, vital: Callable[[], None] | None = None
) -> None:
    """Log the failure of a task that was started elsewhere; the arguments are those of `start`."""
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
    """Raise an exception again if it is no failure but the end of a task or of the process.

    Use it in code that must survive pycrdt: a panic of its Rust code is its own BaseException.

    Args:
        error: the exception that was caught.
    """
    if isinstance(error, asyncio.CancelledError | KeyboardInterrupt | SystemExit | GeneratorExit):
        raise error
