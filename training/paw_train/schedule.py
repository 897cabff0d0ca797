"""How far a run is, and the learning rate that follows from it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field


@dataclass
class Schedule:
    """Progress from 0 to 1, by steps or by wall-clock minutes (all calls of a resumed run together).

    `minutes` counts from `started` (the start of the process) to the last step, loading and compiling included; `spent` is what
    earlier calls used, `done` the progress that they reached. `call_minutes` ends this call earlier, to be resumed.
    """

    steps: int = 0
    minutes: float = 0.0
    call_minutes: float = 0.0
    warmup: int = 60
    floor: float = 0.02
    spent: float = 0.0
    done: float = 0.0
    started: float = field(default_factory=time.time)
    first_step: float = 0.0

    def begin(self) -> None:
        """Call right before the first step: progress starts to run from here."""
        self.first_step = time.time()

    def elapsed(self) -> float:
        """Minutes used by this and earlier calls."""
        return self.spent + (time.time() - self.started) / 60

    def progress(self, step: int) -> float:
        """Share of the run that is done before `step`."""
        if not self.minutes:
            return step / max(1, self.steps)
        end = self.started + 60 * (self.minutes - self.spent)
        share = (time.time() - self.first_step) / max(1.0, end - self.first_step)
        by_time = self.done + (1 - self.done) * min(1.0, share)
        return max(by_time, step / self.steps) if self.steps else by_time

    def call_ended(self) -> bool:
        """Whether this call has used its minutes."""
        return bool(self.call_minutes) and time.time() - self.started >= 60 * self.call_minutes

    def rate(self, step: int, progress: float) -> float:
        """Factor of the learning rates: linear warm-up by steps, then cosine down to the floor."""
        warm = min(1.0, (step + 1) / max(1, self.warmup))
        return warm * (self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
