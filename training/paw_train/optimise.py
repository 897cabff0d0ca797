"""Parameter groups, the optimiser step that skips non-finite gradients without a sync, and the moving average of weights."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from .compiler import System


MAPPER_PARTS = ("compiler.mapper.trunk", "compiler.mapper.head", "compiler.mapper.layer_logits")


def parameter_groups(system: System, lr: float, encoder_lr: float, decay: float, mapper_lr: float = 0.0) -> list[dict]:
    """AdamW groups: static part and bases at `lr`, trunk and head at `mapper_lr` (or `lr`), encoder (LoRA and prefix, or all of
    it) at `encoder_lr`; every trainable parameter is in exactly one, and no group is empty."""
    sorts: dict[tuple[str, bool], list[nn.Parameter]] = {}
    for name, parameter in system.named_parameters():
        if parameter.requires_grad:
            of_encoder = name.startswith(("encoder.", "compiler.encoder_lora.", "compiler.prefix"))
            decayed = parameter.dim() >= 2 and not name.endswith(("prefix", "bias"))
            sort = "encoder" if of_encoder else "mapper" if name.startswith(MAPPER_PARTS) else "adapter"
            sorts.setdefault((sort, decayed), []).append(parameter)
    groups = []
    for (sort, decayed), parameters in sorts.items():
        rate = encoder_lr if sort == "encoder" else (mapper_lr or lr) if sort == "mapper" else lr
        groups.append(
            {"params": parameters, "lr": rate, "base_lr": rate, "weight_decay": decay if decayed else 0.0, "name": sort}
        )
    held = sum(len(g["params"]) for g in groups)
    assert groups and all(g["params"] for g in groups) and held == sum(p.requires_grad for p in system.parameters())
    wanted = {"adapter"} | ({"encoder", "mapper"} if system.options.mode == "compiled" else set())
    assert wanted <= {g["name"] for g in groups}, "a parameter group is missing"
    return groups


class Optimiser:
    """AdamW with clipping; a step whose gradient norm is not finite leaves weights and moments as they are."""

    def __init__(self, groups: list[dict], clip: float = 1.0):
        self.parameters = [p for g in groups for p in g["params"]]
        self.clip = clip
        self.adam = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-8, fused=True)
        self.skipped = torch.zeros((), device=self.parameters[0].device)

    def step(self, factor: float) -> Tensor:
        """One step at `factor` times the base rates; returns the gradient norm (not read here: no sync)."""
        norm = torch.nn.utils.clip_grad_norm_(self.parameters, self.clip)
        bad = (~torch.isfinite(norm)).float().reshape(())
        self.skipped += bad
        for group in self.adam.param_groups:
            group["lr"] = group["base_lr"] * factor
        self.adam.found_inf = bad  # the fused kernel skips its update where this is 1
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)
        return norm

    def all_reduce(self, world: int) -> None:
        """Average gradients over processes, in one flat buffer."""
        grads = []
        for p in self.parameters:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            grads.append(p.grad)
        flat = torch.cat([g.reshape(-1) for g in grads])
        torch.distributed.all_reduce(flat)
        flat /= world
        for grad, new in zip(grads, flat.split([g.numel() for g in grads])):
            grad.copy_(new.view_as(grad))


class Average:
    """Exponential moving average of parameters; its decay grows with the steps so that short runs average too."""

    def __init__(self, parameters: Iterable[nn.Parameter], decay: float):
        self.parameters = list(parameters)
        self.decay = decay
        self.values = [p.detach().clone() for p in self.parameters]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after step number `step`."""
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self.values, [p.detach() for p in self.parameters], 1 - decay)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the weights and their average (call twice to go back)."""
        for p, v in zip(self.parameters, self.values):
            held = p.detach().clone()
            p.copy_(v)
            v.copy_(held)
