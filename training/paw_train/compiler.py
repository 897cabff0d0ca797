"""What is trained: the encoder's LoRA and prefix embeddings, the mapper, and the static part of all adapters.

Shapes: R specs, P prefix tokens, L interpreter layers, M modules, N bases, r rank, D hidden size.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .base import MODULES, Base
from .model import DROP_GROUPS, BaseModel, LayerLora, attention_mask, flex_mask, group_lora, lora_shapes

POOL_EPS = 1e-6


@dataclass(frozen=True)
class CompilerOptions:
    """Shape of a compiler."""

    mode: str = "compiled"  # or "fixed": the static part only, one adapter for every spec
    rank: int = 32
    bases: int = 32
    trunk: int = 1024
    prefix_tokens: int = 16
    encoder: str = "lora"  # lora, full or frozen
    encoder_rank: int = 32
    static: bool = True
    final_norm: bool = True
    pool: str = "prefix"  # mean over prefix tokens and layers; or, never exported, "text": over the text's own tokens, "final":
    # over prefix tokens after the last layer alone

    @property
    def alpha(self) -> float:
        """Equal to the rank, so that a layer adds B(A x) as it is."""
        return float(self.rank)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class _Q4Roundtrip(torch.autograd.Function):
    """Values after Q4_0 and back; the gradient passes straight through."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        return _roundtrip(x.reshape(-1, 32)).view(x.shape)

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        return grad


def _q4_0_roundtrip(x: Tensor) -> Tensor:
    """[n, 32] blocks -> their values after ggml's Q4_0 (scale kept in half precision)."""
    y = x.float()
    low, high = y.amin(1, keepdim=True), y.amax(1, keepdim=True)
    d = torch.where(-low > high, low, high) / -8.0
    inverse = torch.where(d == 0, torch.zeros_like(d), 1.0 / d)
    q = (y * inverse + 8.5).trunc().clamp(0, 15)
    return ((q - 8.0) * d.half().float()).to(x.dtype)


_roundtrip = _q4_0_roundtrip


def compile_fake_quant(on: bool = True) -> None:
    """Fuse the Q4_0 round trip into one kernel (one graph for all sizes)."""
    global _roundtrip
    _roundtrip = torch.compile(_q4_0_roundtrip, dynamic=True, fullgraph=True) if on else _q4_0_roundtrip


def fake_quantise(x: Tensor) -> Tensor:
    """Q4_0 along the last axis with a straight-through gradient; the axis must divide into blocks of 32."""
    return _Q4Roundtrip.apply(x)


class StackedLora(nn.Module):
    """One adapter for everything: A [L, r, in] ~ N(0, 1/in) and B [L, out, r] = 0 per module."""

    def __init__(self, base: Base, rank: int):
        super().__init__()
        self.layers = base.hyper.layers
        shapes = lora_shapes(base.hyper, rank)
        self.a = nn.ParameterDict(
            {m: nn.Parameter(torch.randn(self.layers, *a) / math.sqrt(a[1])) for m, (a, _) in shapes.items()}
        )
        self.b = nn.ParameterDict({m: nn.Parameter(torch.zeros(self.layers, *b)) for m, (_, b) in shapes.items()})

    def grouped(self, dtype: torch.dtype, quantised: bool = False) -> list[LayerLora]:
        """The adapter as the layers take it."""
        cast = lambda p: {m: fake_quantise(v).to(dtype) if quantised else v.to(dtype) for m, v in p.items()}  # noqa: E731
        return group_lora(cast(self.a), cast(self.b), self.layers)


class Mapper(nn.Module):
    """Pooled state h [R, D] -> coefficients [R, L, M, N, 2] -> adapters."""

    def __init__(self, base: Base, options: CompilerOptions):
        super().__init__()
        hyper, n = base.hyper, options.bases
        self.layers, self.bases = hyper.layers, n
        shapes = lora_shapes(hyper, options.rank)
        self.layer_logits = nn.Parameter(torch.zeros(hyper.layers))
        self.trunk = nn.Linear(hyper.hidden, options.trunk)
        self.head = nn.Linear(options.trunk, hyper.layers * len(MODULES) * n * 2)
        # Small, so that the static part is hardly disturbed while it is all that knows anything: with coefficients of the
        # size of the static part's entries the loss falls about half as fast.
        small = 0.03 if options.static else 0.3
        nn.init.normal_(self.head.weight, std=small / math.sqrt(options.trunk))
        with torch.no_grad():
            bias = self.head.bias.view(hyper.layers, len(MODULES), n, 2)
            bias[..., 0].normal_(0, (0.05 if options.static else 0.5) / math.sqrt(n))
            bias[..., 1].zero_()
        self.a_bases = nn.ParameterDict(
            {m: nn.Parameter(torch.randn(n, *a) / math.sqrt(a[1])) for m, (a, _) in shapes.items()}
        )
        self.b_bases = nn.ParameterDict({m: nn.Parameter(torch.randn(n, *b) * 0.02) for m, (_, b) in shapes.items()})

    def coefficients(self, h: Tensor) -> Tensor:
        """h [R, D] float32 -> [R, L, M, N, 2] float32."""
        return self.head(F.gelu(self.trunk(h))).view(h.shape[0], self.layers, len(MODULES), self.bases, 2)

    def adapters(
        self, coefficients: Tensor, static: StackedLora | None, dtype: torch.dtype, quantised: bool = False
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Coefficients -> A {stem: [L, R, r, in]}, B {stem: [L, R, out, r]} in `dtype`; the static part is added in it."""
        a, b = {}, {}
        by_layer = coefficients.transpose(0, 1).to(dtype)  # [L, R, M, N, 2]
        for j, m in enumerate(MODULES):
            for side, (out, bases) in enumerate(((a, self.a_bases[m]), (b, self.b_bases[m]))):
                value = torch.matmul(by_layer[:, :, j, :, side].contiguous(), bases.to(dtype).flatten(1))
                value = value.view(*value.shape[:2], *bases.shape[1:])
                if static is not None:
                    value = value + (static.a if side == 0 else static.b)[m].to(dtype)[:, None]
                out[m] = fake_quantise(value) if quantised else value
        return a, b


class Compiler(nn.Module):
    """All trained parts. The base models it works with are held outside the parameters, by `System`."""

    def __init__(self, base: Base, options: CompilerOptions):
        super().__init__()
        self.options = options
        if options.mode not in ("fixed", "compiled"):
            raise ValueError(f"mode {options.mode!r} is not fixed or compiled")
        if options.mode == "fixed" and not options.static:
            raise ValueError("mode fixed is the static part: it cannot go without it")
        if options.pool not in ("prefix", "text", "final"):
            raise ValueError(f"pool {options.pool!r} is not prefix, text or final")
        self.static = StackedLora(base, options.rank) if options.static else None
        self.mapper = self.encoder_lora = None
        if options.mode == "compiled":
            scale = float(base.weights["token_embd.weight"].std())
            self.prefix = nn.Parameter(torch.randn(options.prefix_tokens, base.hyper.hidden) * scale)
            self.mapper = Mapper(base, options)
            if options.encoder == "lora":
                self.encoder_lora = StackedLora(base, options.encoder_rank)


class System(nn.Module):
    """Interpreter, encoder and compiler together: from a batch to logits."""

    def __init__(self, base: Base, options: CompilerOptions, dtype: torch.dtype, attention: str = "sdpa"):
        super().__init__()
        self.options, self.dtype, self.attention = options, dtype, attention
        self.compiler = Compiler(base, options)
        self.interpreter = BaseModel(base, dtype, attention=attention)
        full = options.mode == "compiled" and options.encoder == "full"
        self.encoder = BaseModel(base, dtype, trained=full, attention=attention)
        self.encoder.share(self.interpreter)

    def place(self, device: torch.device) -> System:
        """Move to a device; encoder and interpreter go on sharing frozen weights."""
        self.to(device)
        self.encoder.share(self.interpreter)
        return self

    def compile(self) -> None:
        """Compile layer functions and the Q4_0 round trip."""
        self.interpreter.compile()
        self.encoder.compile()
        compile_fake_quant()

    def uncompile(self) -> None:
        """Back to plain functions and plain attention."""
        for lm in (self.interpreter, self.encoder):
            lm.block = lm.train_block = lm.plain_block
        self.attention = "sdpa"
        compile_fake_quant(False)

    def prefix_states(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Encoder texts ids [R, E] with `lengths` [R] (room for P more) -> normalised states [L, R, P, D] float32.

        With pool "text" P is 1: the mean over the text's own tokens.
        """
        c, o = self.compiler, self.options
        rows, room = ids.shape
        places = lengths[:, None] + torch.arange(o.prefix_tokens, device=ids.device)  # [R, P]
        index = places[..., None].expand(-1, -1, self.encoder.hyper.hidden)
        x = self.encoder.embed(ids)
        x = x.scatter(1, index, c.prefix.to(x.dtype)[None].expand(rows, -1, -1))
        lora = c.encoder_lora.grouped(self.dtype) if c.encoder_lora is not None else None
        last, states = self.encoder.hyper.layers - 1, []

        def tap(layer: int, state: Tensor) -> None:
            s = state if o.pool == "text" else state.gather(1, index)
            s = (self.encoder.norm(s) if layer == last and o.final_norm else s).float()
            s = s * torch.rsqrt(s.pow(2).mean(-1, keepdim=True) + POOL_EPS)
            if o.pool == "text":
                s = (s * text).sum(1, keepdim=True) / lengths[:, None, None]
            states.append(s)

        pos = torch.arange(room, device=ids.device)[None].expand(rows, -1)
        text = (pos < lengths[:, None])[..., None]
        self.encoder(x, pos, lora=lora, tap=tap)
        return torch.stack(states)

    def pool(self, states: Tensor) -> Tensor:
        """[L, R, P, D] -> h [R, D]."""
        if self.options.pool == "final":
            return states[-1].mean(1)
        return torch.einsum("l,lrpd->rd", self.compiler.mapper.layer_logits.softmax(0), states) / states.shape[2]

    def encode(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Encoder texts -> coefficients [R, L, M, N, 2] float32."""
        with torch.autocast(ids.device.type, enabled=False):
            return self.compiler.mapper.coefficients(self.pool(self.prefix_states(ids, lengths)))

    def adapter(self, coefficients: Tensor | None, quantised: bool = False) -> list[LayerLora]:
        """Coefficients of the rows (None in mode fixed) -> adapters as the layers take them."""
        c = self.compiler
        if c.mapper is None:
            return c.static.grouped(self.dtype, quantised)
        return group_lora(
            *c.mapper.adapters(coefficients, c.static, self.dtype, quantised), self.interpreter.hyper.layers
        )

    def target_states(self, batch: dict[str, Tensor], lora: list[LayerLora], drop: Tensor | None = None) -> Tensor:
        """Last hidden states [M, D] at the places that predict the batch's targets."""
        seg, par = batch["seg"], batch["par"]
        if self.attention == "flex" and torch.is_grad_enabled():
            mask = flex_mask(seg, par)
        else:
            mask = attention_mask(seg, par, self.dtype)
        x = self.interpreter(self.interpreter.embed(batch["ids"]), batch["pos"], mask, lora, drop)
        return x.flatten(0, 1).index_select(0, batch["src"].long())

    @torch.no_grad()
    def scores(
        self, batch: dict[str, Tensor], lora: list[LayerLora], cands: int, chunk: int = 4096
    ) -> tuple[Tensor, Tensor]:
        """Per candidate: its total log-probability [cands] float32, and whether every token of it is the top one [cands]."""
        states, target, cand = self.target_states(batch, lora), batch["tgt"].long(), batch["cand"].long()
        total = torch.zeros(cands + 1, device=target.device)
        misses = torch.zeros(cands + 1, device=target.device)
        for s, t, c in zip(states.split(chunk), target.split(chunk), cand.split(chunk)):
            logits = self.interpreter.logits(s)
            misses.index_add_(0, c, (logits.argmax(-1) != t).float())
            total.index_add_(0, c, -F.cross_entropy(logits.float(), t, reduction="none"))
        return total[:cands], misses[:cands] == 0

    def loss(
        self, batch: dict[str, Tensor], cands: int, quantised: bool = False, dropout: float = 0.0, generator=None
    ) -> tuple[Tensor, Tensor]:
        """Training loss (mean over cases of NLL / sqrt(tokens)) and the share of cases whose every top token is right."""
        coefficients = None
        if self.compiler.mapper is not None:
            coefficients = self.encode(batch["enc_ids"], batch["enc_len"].long())
        drop = None
        if dropout > 0:
            size = (self.interpreter.hyper.layers, batch["ids"].shape[0], 1, DROP_GROUPS * self.options.rank)
            kept = torch.rand(size, device=batch["ids"].device, generator=generator) >= dropout
            drop = kept.to(self.dtype) / (1 - dropout)
        logits = self.interpreter.logits(self.target_states(batch, self.adapter(coefficients, quantised), drop))
        target = batch["tgt"].long()
        nll = F.cross_entropy(logits.float(), target, reduction="none")
        with torch.no_grad():
            wrong = (logits.argmax(-1) != target) & (batch["weight"] > 0)
            misses = torch.zeros(cands + 1, device=target.device).index_add_(0, batch["cand"].long(), wrong.float())
            exact = (misses[:cands] == 0).float().mean()
        return (nll * batch["weight"]).sum(), exact
