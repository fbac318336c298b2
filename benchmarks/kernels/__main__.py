"""Start many kernels at once, warm, cold and stock; print a table and the missed targets.

Run as ``python -m benchmarks.kernels`` from the repository's root.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

from benchmarks.kernels import subjects
from benchmarks.kernels.subjects import at_once

if TYPE_CHECKING:
    from benchmarks.kernels.subjects import Subject
    from tests.students import Kernel

LOOK = """
import json, resource
_rows = (line.split() for line in open("/proc/self/smaps_rollup").readlines()[1:])
_pss = {name.rstrip(":"): int(value) for name, value, *_ in _rows}
_all = [resource.getrusage(one) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps([sum(one.ru_utime + one.ru_stime for one in _all), _pss["Pss"] / 1024]))
"""
IMPORTS = "import numpy, pandas, matplotlib.pyplot"
NOTEBOOK = (
    "import numpy as np, pandas as pd, matplotlib.pyplot as plt",
    "frame = pd.DataFrame(np.random.rand(100_000, 4), columns=list('abcd'))\nframe.describe()",
    "frame['group'] = frame.a.mul(20).astype(int)",
    "frame.groupby('group').agg(['mean', 'std', 'max'])",
    "frame.sort_values('b').rolling(50).c.mean() if 'c' in frame else None",
    "frame.plot.hist(bins=50)",
    "pd.concat([frame] * 5).merge(frame.groupby('group').a.mean().rename('m'), on='group').m.sum()",
)
"""A pandas notebook of an ordinary lesson."""
ROWS = {
    "ready": ("all ready after, s", 1.0),
    "cpu": ("CPU of each until it is ready, s", None),
    "idle": ("memory of each, idle (PSS), MB", 20.0),
    "import": ("all have imported numpy, pandas, pyplot after, s", 0.5),
    "import cpu": ("CPU of each for the imports, s", None),
    "imported": ("memory of each after the imports (PSS), MB", 30.0),
    "notebook": ("all have run a pandas notebook after, s", 22.0),
    "notebook cpu": ("CPU of each for the notebook, s", None),
}
"""The measured values: the text of their rows, and the targets of warm kernels."""


def measure(subject: Subject, number: int) -> dict[str, float]:
    """Measure kernels that all start at the same moment.

    Args:
        subject: the server.
        number: the number of kernels.

    Returns:
        A value for each of `ROWS`.

    Raises:
        RuntimeError: a kernel didn't answer, or a cell of the notebook failed.
    """
    found = {}

    def timed(name: str, several: list[Any], work: Any) -> list[Any]:
        begun = time.monotonic()
        answers = at_once(several, work)
        found[name] = time.monotonic() - begun
        return answers

    def started(_: int) -> Kernel:
        kernel = subject.start()
        kernel.run("1")
        return kernel

    def look(kernel: Kernel) -> list[float]:
        return list(json.loads(kernel.run(LOOK)))

    def run_all(kernel: Kernel) -> bool:
        said = "".join(kernel.run(cell) for cell in NOTEBOOK)
        if "Error" in said:
            raise RuntimeError(said)
        return True

    kernels = timed("ready", list(range(number)), started)
    first = at_once(kernels, look)
    timed("import", kernels, lambda one: one.run(IMPORTS) == "")
    second = at_once(kernels, look)
    timed("notebook", kernels, run_all)
    third = at_once(kernels, look)
    mean = statistics.mean
    found["cpu"], found["idle"] = (mean(one[at] for one in first) for at in (0, 1))
    found["import cpu"] = mean(b[0] - a[0] for a, b in zip(first, second, strict=True))
    found["imported"] = mean(one[1] for one in second)
    found["notebook cpu"] = mean(b[0] - a[0] for a, b in zip(second, third, strict=True))
    return found


def table(values: dict[str, dict[str, float]], number: int) -> tuple[str, list[str]]:
    """Return the table as text, and a line for each missed target.

    Args:
        values: the results of `measure`, by the subject's name.
        number: the number of kernels.
    """
    lines = [
        f"| {number} kernels at once | warm | cold | stock | target | warm : stock |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    missed = []
    for name, (words, target) in ROWS.items():
        warm, cold, stock = (values[one][name] for one in ("warm", "cold", "stock"))
        ratio = f"{warm / stock:.2f}" if stock else ""
        shown = "" if target is None else f"≤ {target:g}"
        lines.append(f"| {words} | {warm:.2f} | {cold:.2f} | {stock:.2f} | {shown} | {ratio} |")
        if target is not None and warm > target:
            missed.append(f"missed: {words}: {warm:.2f} instead of {target:g}")
    return "\n".join(lines), missed


def main() -> int:
    """Measure, print, and return 1 if a target is missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kernels", type=int, default=30)
    number = arguments.parse_args().kernels
    values: dict[str, dict[str, float]] = {}
    for name in ("warm", "cold", "stock"):
        print(f"{name} …", file=sys.stderr, flush=True)
        with contextlib.ExitStack() as stack:
            made: contextlib.AbstractContextManager[Subject] = (
                subjects.stock() if name == "stock" else subjects.ours(name)
            )
            values[name] = measure(stack.enter_context(made), number)
        shown = ", ".join(f"{ROWS[one][0]}: {value:.2f}" for one, value in values[name].items())
        print(f"{name}: {shown}", file=sys.stderr, flush=True)
    text, missed = table(values, number)
    print(text, *missed, sep="\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
