"""Made-up updates that no page wrote, applied by the real decoder in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = 150


class Child:
    """The process that applies updates; it is restarted after it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def lives(self, number: int) -> int:
        """Apply the updates made from a number; return how many were admitted."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.fuzzed"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={"PYTHONPATH": ":".join(filter(None, sys.path)), "MALLOC_PERTURB_": "165"},
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().split()
        assert answer[:1] == ["ok"], f"{number} ended it: {self._process.wait()}"
        return int(answer[1])

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child()
    yield made
    made.end()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(number=st.integers(0, 2**32))
def test_nothing_that_is_admitted_ends_the_process(child: Child, number: int) -> None:
    child.lives(number)


def test_most_of_it_is_admitted(child: Child) -> None:
    """Otherwise the test above would prove nothing."""
    assert sum(child.lives(number) for number in range(40)) > 100
