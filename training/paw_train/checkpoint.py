"""Checkpoints: everything that a run needs to go on exactly where it was, in one file that is never half-written."""

from __future__ import annotations

import os
from typing import Any

import torch


def save(path: str, state: dict[str, Any]) -> None:
    """Write beside the place, sync, rename."""
    temporary = f"{path}.tmp{os.getpid()}"
    with open(temporary, "wb") as f:
        torch.save(state, f)
        f.flush()
        os.fsync(f.fileno())
    os.replace(temporary, path)


def load(path: str, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Read a checkpoint written by `save`."""
    return torch.load(path, map_location=device, weights_only=False)
