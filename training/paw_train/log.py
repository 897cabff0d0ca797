"""What a run tells: lines for people in `log.txt` and on the terminal, one row of figures in `metrics.csv` per interval."""

from __future__ import annotations

import csv
import os
import time

COLUMNS = (
    "step",
    "progress",
    "seconds",
    "loss",
    "exact",
    "grad_norm",
    "skipped",
    "lr",
    "cases",
    "cases_s",
    "tokens_s",
    "memory_gib",
    "wait_share",
)
EVAL_COLUMNS = ("step", "seconds", "suite", "examples", "n", "em", "closed_em", "ranked", "open_em")


class Log:
    """Appends to the files of a run's folder; a silent one (rank above 0) does nothing."""

    def __init__(self, folder: str, silent: bool = False, fresh: bool = True):
        self.folder, self.silent, self.started = folder, silent, time.time()
        if not silent:
            os.makedirs(folder, exist_ok=True)
            if fresh:
                for name in ("log.txt", "metrics.csv", "evals.csv"):
                    if os.path.exists(os.path.join(folder, name)):
                        os.remove(os.path.join(folder, name))

    def say(self, text: str) -> None:
        """A line with the time since the start."""
        if self.silent:
            return
        line = f"[{time.time() - self.started:7.1f}s] {text}"
        print(line, flush=True)
        with open(os.path.join(self.folder, "log.txt"), "a", encoding="utf-8") as f:
            f.write(line + "\n")

    def _row(self, name: str, columns: tuple[str, ...], row: dict) -> None:
        if self.silent:
            return
        path = os.path.join(self.folder, name)
        new = not os.path.exists(path)
        with open(path, "a", encoding="utf-8", newline="") as f:
            writer = csv.DictWriter(f, columns, extrasaction="ignore")
            if new:
                writer.writeheader()
            writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})

    def metrics(self, row: dict) -> None:
        """One interval of training."""
        self._row("metrics.csv", COLUMNS, row)

    def evaluation(self, step: int, results: dict[str, dict[str, dict]]) -> None:
        """Figures of an evaluation."""
        for suite, by_k in results.items():
            for k, figures in by_k.items():
                row = {"step": step, "seconds": time.time() - self.started, "suite": suite, "examples": k}
                self._row("evals.csv", EVAL_COLUMNS, row | {c: figures[c] for c in EVAL_COLUMNS[4:]})
