"""The supervisor's decisions as values, and its keeper with real processes."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classroom.egress.lock import LockKind
from classroom.runtime.credentials import Secrets
from classroom.runtime.paths import OWN_LAB, Paths
from classroom.supervisor import liveness, services
from classroom.supervisor import process as supervised
from classroom.supervisor.hub_access import HubAccess
from classroom.supervisor.liveness import BEAT_SECONDS, SILENT_SECONDS, Backoff, Silence
from classroom.supervisor.probe import Question, get
from classroom.supervisor.process import Keeper
from classroom.supervisor.services import Child
from tests import loops

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOG = logging.getLogger("supervisor")


@given(st.lists(st.booleans(), max_size=40))
def test_who_answers_now_and_then_is_never_ended(answers: list[bool]) -> None:
    silence, now, quiet = Silence(0.0), 0.0, 0.0
    for answered in answers:
        now += BEAT_SECONDS
        quiet = 0.0 if answered else quiet + BEAT_SECONDS
        assert silence.look(now, answered=answered) == (quiet >= SILENT_SECONDS)


def test_a_machine_that_slept_is_no_silence() -> None:
    """In a frozen container or on a closed laptop, for example, no part could answer."""
    silence = Silence(0.0)
    assert not silence.look(3600.0, answered=False)
    assert not silence.look(3600.0 + BEAT_SECONDS, answered=True)
    assert silence.seconds == 0


def test_what_dies_at_once_is_started_ever_more_rarely() -> None:
    backoff = Backoff()
    waits = [backoff.died(0.0) for _ in range(2000)]
    assert waits[0] == liveness.FIRST_SECONDS
    assert all(first <= second for first, second in pairwise(waits))
    assert waits[-1] == liveness.MOST_SECONDS
    assert sum(waits[:20]) > 60  # not a hundred starts in that minute
    # A part that ran well for a while is restarted at once.
    assert backoff.died(liveness.WELL_SECONDS) == liveness.FIRST_SECONDS


def test_a_labs_server_is_the_classes_with_its_own_number() -> None:
    """Command and environment are the same, except for the number and the Hub's part."""
    base = {"PATH": "/bin", "LANG": "C"}
    hub = HubAccess("ada", "", "/user/ada/", "jupyterhub-user-ada", ("access:servers!user=ada",))
    of_class = services.lab(Paths(), base, LockKind.NFTABLES, 7)
    of_ada = services.lab(Paths().of_lab(3), base, LockKind.NFTABLES, 8, hub)
    assert of_ada.environment.keys() - of_class.environment.keys() == {OWN_LAB}
    assert of_class.environment.keys() <= of_ada.environment.keys()
    changed = [one for one in of_class.command if one not in of_ada.command]
    assert changed == ["lab0", f"--config={Paths().lab_config}"]
    # It starts behind the class, with the same arguments.
    before = len(services.BEHIND_THE_CLASS)
    assert of_ada.command[:before] == services.BEHIND_THE_CLASS
    assert len(of_ada.command) == before + len(of_class.command)
    assert of_ada.environment["HOME"] == "/run/classroom/labs/3/lab-home"
    assert of_class.vital
    assert not of_ada.vital  # the container does not end with it


def test_each_lab_signs_with_a_secret_of_its_own() -> None:
    own = Secrets("token", "ab" * 32)
    one, other = own.of_lab(1, "one"), own.of_lab(2, "two")
    assert len({own.cookies, one.cookies, other.cookies}) == 3
    assert one == own.of_lab(1, "one")  # pages reconnect after a restart
    assert "ab" * 32 not in one.cookies


def test_every_part_is_asked() -> None:
    paths, base = Paths(), {"PATH": "/bin"}
    parts = (
        services.front(paths, base, ()),
        services.proxy(paths, base, ()),
        services.tunnel(paths, base),
        services.hub(paths, base, ()),
        services.launcher(paths, base, LockKind.NFTABLES),
        services.snapshots(paths, base),
        services.snapshots(paths.of_lab(3), base),
        services.lab(paths.of_lab(3), base, LockKind.SANDBOX, 7),
    )
    assert all(part.question is not None for part in parts)


def test_a_tunnel_that_is_told_of_orders_while_it_starts_goes_on() -> None:
    command = services.tunnel(Paths(), {}).command
    before = command[: command.index("setpriv")]
    code = "import os, signal; os.kill(os.getpid(), signal.SIGHUP); print('it goes on')"
    words = [*before, sys.executable, "-c", code]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.stdout == "it goes on\n"


SERVE = """
import os, pathlib, socket, sys, time
place, ready = sys.argv[1:3]
pathlib.Path(place).unlink(missing_ok=True)
listening = socket.socket(socket.AF_UNIX)
listening.bind(place)
listening.listen()
pathlib.Path(ready).touch()
while True:
    way, _ = listening.accept()
    {delay}
    way.recv(1000)
    way.send(b"HTTP/1.1 403 ")
    way.close()
"""
DIE = """
import pathlib, sys
pathlib.Path(sys.argv[2]).touch()
"""


class Log(logging.Handler):
    """Records the log lines of the keeper."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def count(self, words: str) -> int:
        return sum(words in line for line in self.lines)


@dataclass(frozen=True)
class Counted(Question):
    """A question whose answers are counted."""

    answers: list[bool] = field(default_factory=list)

    async def is_answered(self) -> bool:
        self.answers.append(await super().is_answered())
        return self.answers[-1]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "SILENT_SECONDS", 2.0)
    monkeypatch.setattr(liveness, "BEAT_SECONDS", 0.2)


def kept(
    folder: Path, script: str, during: Callable[[Keeper, Log], Any], question: Question | None
) -> Log:
    """Keep a process running during a coroutine; return the log."""
    place, ready = folder / "alive.sock", folder / "ready"
    command = (sys.executable, "-c", script, str(place), str(ready))
    log = Log()
    logger = logging.getLogger(f"supervised-{folder.name}")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.addHandler(log)

    async def run() -> None:
        child = Child("It", command, ready, {}, folder=folder, question=question)
        made = Keeper(child, logger, lambda: log.lines.append("given up"))
        await made.start()
        await during(made, log)
        await made.stop()

    loops.run(run())
    return log


@pytest.mark.usefixtures("impatient")
def test_what_hangs_is_ended_and_started_again(tmp_path: Path) -> None:
    async def stop(made: Keeper, log: Log) -> None:
        process = made._process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        await loops.until(lambda: log.count("is back"))
        assert made._process is not process

    log = kept(tmp_path, SERVE.format(delay=""), stop, get(tmp_path / "alive.sock", "/"))
    assert log.count("It has answered nothing for 2 s: killed") == 1
    assert log.count("It ended with -9: restarting it") == 1


@pytest.mark.usefixtures("impatient")
def test_what_is_slow_and_answers_goes_on(tmp_path: Path) -> None:
    """Each answer comes after the next question is due, which does not count as silence."""
    question = Counted(tmp_path / "alive.sock", get(tmp_path / "alive.sock", "/").request)

    async def wait(made: Keeper, _: Log) -> None:
        process = made._process
        assert process is not None
        # They come one after another, half a second each: in total twice as long as silence may
        # last.
        await loops.until(lambda: len(question.answers) > 8 or process.returncode is not None)
        assert process.returncode is None

    log = kept(tmp_path, SERVE.format(delay="time.sleep(0.5)"), wait, question)
    assert log.lines == []


def test_what_dies_at_once_keeps_no_core_busy(tmp_path: Path) -> None:
    async def wait(_: Keeper, log: Log) -> None:
        await loops.until(lambda: log.count("is back") >= 3)
        begun = asyncio.get_running_loop().time()
        await loops.until(lambda: log.count("is back") >= 5)
        # 0.8 s and 1.6 s, and the machine's own delay; before it was 0.2 s each.
        assert asyncio.get_running_loop().time() - begun > 2

    log = kept(tmp_path, DIE, wait, None)
    assert log.count("given up") == 0


def test_what_cannot_be_started_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervised, "GIVE_UP_SECONDS", 1)

    async def wait(made: Keeper, log: Log) -> None:
        monkeypatch.setattr(made, "_spawn", refuse)
        await loops.until(lambda: log.count("given up"))

    async def refuse() -> None:
        raise RuntimeError("it ended with 1")

    log = kept(tmp_path, DIE, wait, None)
    assert log.count("could not be started") == 1


def test_a_watch_that_fails_ends_the_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def wait(made: Keeper, log: Log) -> None:
        await loops.until(lambda: log.count("given up"))
        del made

    def fail(_: object) -> None:
        raise OSError("out of luck")

    monkeypatch.setattr(supervised, "kill_group", fail)
    log = kept_without_stop(tmp_path, wait)
    assert log.count("Watching over It failed: out of luck") == 1


def kept_without_stop(folder: Path, during: Callable[[Keeper, Log], Any]) -> Log:
    async def both(made: Keeper, log: Log) -> None:
        await during(made, log)
        made._process = None

    return kept(folder, DIE, both, None)


@pytest.mark.parametrize("number", ["STOP", "KILL"])
def test_what_comes_before_is_tried_again_when_somebody_stops_it(
    number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs as a student to kill all students' processes: one of them may stop it first."""
    monkeypatch.setattr(supervised, "BEFORE_SECONDS", 0.5)
    mark = tmp_path / "tried"
    script = f"test -e {mark} && exec touch {mark}.done; touch {mark}; kill -{number} $$"
    loops.run(asyncio.wait_for(supervised.run_before(("sh", "-c", script)), 20))
    assert mark.with_name("tried.done").exists()


def test_what_comes_before_may_fail_but_not_be_stopped_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loops.run(asyncio.wait_for(supervised.run_before(("false",)), 20))
    monkeypatch.setattr(supervised, "BEFORE_SECONDS", 0.05)
    with pytest.raises(TimeoutError, match="was stopped 4 times"):
        loops.run(asyncio.wait_for(supervised.run_before(("sh", "-c", "kill -STOP $$")), 20))
