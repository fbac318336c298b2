"""Draw how the cost of a room grows with its people; run in the image, which has matplotlib.

``python -m benchmarks`` runs it, with the results that ``python -m benchmarks.rooms --json`` has
stored. Its arguments are the path of these results, and the path of the picture.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "rooms"

from matplotlib import pyplot as plt  # noqa: E402 (the backend is chosen first)

LOOKS = {"stock": "#c0392b", "ours": "#1f6fb2", "node": "#6b8e23"}
NAMES = {"stock": "stock", "ours": "ours", "node": "y-websocket on Node"}


def main() -> None:
    """Read the results, and write the picture as SVG."""
    source, target = map(Path, sys.argv[1:])
    found = [one for one in json.loads(source.read_text()) if one["scene"] == "one notebook"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for kind, colour in LOOKS.items():
        rows = [one for one in found if one["kind"] == kind]
        people = [one["people"] for one in rows]
        for axes, column in ((left, "p95"), (right, "cores")):
            values = [one["values"][column] for one in rows]
            axes.plot(people, values, "o-", color=colour, label=NAMES[kind])
        if limits := [one["values"].get("limit") for one in rows if "limit" in one["values"]]:
            right.plot(people, limits, "--", color="grey", label="bare loop, ours' frames")
    left.set(xlabel="people", ylabel="p95 of a keystroke, ms", xscale="log", yscale="log")
    right.set(xlabel="people", ylabel="cores", xscale="log", ylim=(0, 1.05))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.set_xticks([2, 10, 30, 100, 500], ["2", "10", "30", "100", "500"])
    right.legend(frameon=False)
    figure.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main()
