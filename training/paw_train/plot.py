"""Curves of one or more runs as a PNG: loss, exact match while training, exact match on suites, speed."""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Sequence


def _read(path: str) -> list[dict[str, str]]:
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def _smooth(values: Sequence[float], weight: float = 0.8) -> list[float]:
    out: list[float] = []
    for v in values:
        out.append(v if not out else weight * out[-1] + (1 - weight) * v)
    return out


def plot(folders: Sequence[str], path: str) -> None:
    """Draw the curves of the runs in `folders` into the PNG `path`."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(12, 8))
    for folder in folders:
        name = os.path.basename(os.path.normpath(folder))
        rows = _read(os.path.join(folder, "metrics.csv"))
        steps = [int(r["step"]) for r in rows]
        for axis, column in ((axes[0][0], "loss"), (axes[0][1], "exact"), (axes[1][1], "cases_s")):
            values = [float(r[column]) for r in rows]
            line = axis.plot(steps, values, alpha=0.25)[0]
            axis.plot(steps, _smooth(values), color=line.get_color(), label=name)
        curves: dict[str, list[tuple[int, float]]] = {}
        for r in _read(os.path.join(folder, "evals.csv")):
            if r["em"]:
                curves.setdefault(f"{name} {r['suite']} K={r['examples']}", []).append((int(r["step"]), float(r["em"])))
        for label, points in curves.items():
            axes[1][0].plot(*zip(*points), marker="o", markersize=3, label=label)
    titles = ("loss", "exact match of training cases", "exact match of suites, %", "cases a second")
    for axis, title in zip((axes[0][0], axes[0][1], axes[1][0], axes[1][1]), titles):
        axis.set_title(title)
        axis.set_xlabel("step")
        axis.grid(alpha=0.3)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("folders", nargs="+", help="output folders of runs")
    p.add_argument("--out", default="curves.png")
    a = p.parse_args()
    plot(a.folders, a.out)


if __name__ == "__main__":
    main()
