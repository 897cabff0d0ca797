"""The machine under a run: its processes, attention kernels, memory and the cache of compiled code."""

from __future__ import annotations

import os
from datetime import timedelta

import torch
import torch.distributed as dist


class Group:
    """The processes of a run: one a GPU under torchrun, otherwise just this one. Control values travel over gloo."""

    def __init__(self, device: str | None):
        self.rank, self.world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        local = int(os.environ.get("LOCAL_RANK", 0))
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        if self.device.type == "cuda":
            self.device = torch.device("cuda", local)
            torch.cuda.set_device(self.device)
        self._control = None
        if self.world > 1:
            long = timedelta(minutes=30)
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo", timeout=long)
            self._control = dist.new_group(backend="gloo", timeout=long)

    def from_first(self, value: float) -> float:
        """Rank 0's value, everywhere."""
        if self.world == 1:
            return value
        held = torch.tensor([value], dtype=torch.float64)
        dist.broadcast(held, 0, group=self._control)
        return float(held)

    def gather(self, value) -> list:
        """Everyone's value, everywhere."""
        if self.world == 1:
            return [value]
        out: list = [None] * self.world
        dist.all_gather_object(out, value, group=self._control)
        return out

    def close(self) -> None:
        if self.world > 1:
            dist.destroy_process_group()


def memory_gib() -> float:
    return torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else 0.0


def choose_kernels(say) -> None:
    """Keep attention on the fused kernel that takes a mask, if this machine has it for us."""
    q = torch.randn(2, 4, 128, 64, device="cuda", dtype=torch.bfloat16, requires_grad=True)
    mask = torch.zeros(2, 1, 128, 128, device="cuda", dtype=torch.bfloat16)
    backends = torch.backends.cuda
    backends.enable_cudnn_sdp(False)
    try:
        backends.enable_math_sdp(False)
        torch.nn.functional.scaled_dot_product_attention(q, q, q, attn_mask=mask).sum().backward()
        torch.nn.functional.scaled_dot_product_attention(q, q, q, is_causal=True).sum().backward()
        say("attention: fused kernels")
    except RuntimeError as error:
        backends.enable_cudnn_sdp(True)
        backends.enable_math_sdp(True)
        say(f"attention: fused kernel with a mask not available ({error}); any kernel may be used")


def load_compile_cache(path: str | None, say) -> None:
    """Compiled code of an earlier run on the same kind of machine, so that compiling takes seconds."""
    if path and os.path.exists(path):
        try:
            with open(path, "rb") as f:
                torch.compiler.load_cache_artifacts(f.read())
            say(f"compile cache read from {path}")
        except Exception as error:
            say(f"compile cache {path} not used: {type(error).__name__}: {error}")


def save_compile_cache(path: str | None, say) -> None:
    if path:
        try:
            artifacts = torch.compiler.save_cache_artifacts()
            if artifacts:
                with open(f"{path}.tmp", "wb") as f:
                    f.write(artifacts[0])
                os.replace(f"{path}.tmp", path)
                say(f"compile cache written to {path} ({len(artifacts[0]) / 2**20:.1f} MiB)")
        except Exception as error:
            say(f"compile cache not written: {type(error).__name__}: {error}")
