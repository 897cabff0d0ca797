"""The base model in PyTorch, frozen or trained, with a LoRA adapter per row of the batch or one for all.

Shapes: R rows, T tokens a row, D hidden size, r adapter rank. Everything that a layer does is in one pure function, which is
compiled once and serves all layers; the model around it stays eager.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

from .base import MODULES, Base, Hyper


class LayerWeights(NamedTuple):
    """Base weights of one layer, [out, in] each."""

    attn_norm: Tensor
    attn_q: Tensor
    attn_k: Tensor
    attn_v: Tensor
    attn_output: Tensor
    ffn_norm: Tensor
    ffn_gate: Tensor
    ffn_up: Tensor
    ffn_down: Tensor


class LayerLora(NamedTuple):
    """Adapter of one layer. Modules that read the same input have their A side by side (3r or 2r rows).

    Each tensor is [R, r', in] / [R, out, r] (an adapter per row) or [r', in] / [out, r] (one for all rows).
    """

    a_qkv: Tensor
    b_q: Tensor
    b_k: Tensor
    b_v: Tensor
    a_output: Tensor
    b_output: Tensor
    a_gate_up: Tensor
    b_gate: Tensor
    b_up: Tensor
    a_down: Tensor
    b_down: Tensor


def group_lora(a: dict[str, Tensor], b: dict[str, Tensor], layers: int) -> list[LayerLora]:
    """Adapters by module, stacked over layers ([L, ..., r, in], [L, ..., out, r]) -> one LayerLora a layer."""
    join = lambda *stems: torch.cat([a[s] for s in stems], dim=-2).unbind(0)  # noqa: E731
    fields = {
        "a_qkv": join("attn_q", "attn_k", "attn_v"),
        "b_q": b["attn_q"].unbind(0),
        "b_k": b["attn_k"].unbind(0),
        "b_v": b["attn_v"].unbind(0),
        "a_output": a["attn_output"].unbind(0),
        "b_output": b["attn_output"].unbind(0),
        "a_gate_up": join("ffn_gate", "ffn_up"),
        "b_gate": b["ffn_gate"].unbind(0),
        "b_up": b["ffn_up"].unbind(0),
        "a_down": a["ffn_down"].unbind(0),
        "b_down": b["ffn_down"].unbind(0),
    }
    return [LayerLora(**{k: v[i] for k, v in fields.items()}) for i in range(layers)]


DROP_GROUPS = 7  # rank-component masks of a layer lie side by side: q, k, v, output, gate, up, down


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """RMS normalisation, computed in float32."""
    y = x.float()
    y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + eps)
    return y.to(x.dtype) * weight.to(x.dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding of the pairs (2i, 2i+1). x [R, heads, T, hd]; cos, sin [R, 1, T, hd/2] float32."""
    even, odd = x[..., 0::2].float(), x[..., 1::2].float()
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2).to(x.dtype)


def rotary_tables(pos: Tensor, hyper: Hyper) -> tuple[Tensor, Tensor]:
    """pos [R, T] -> cos, sin [R, 1, T, hd/2] float32."""
    half = torch.arange(0, hyper.head_dim, 2, device=pos.device, dtype=torch.float64)
    frequency = hyper.rope_base ** (-half / hyper.head_dim)
    angle = (pos[:, None, :, None].double() * frequency).float()
    return angle.cos(), angle.sin()


def visible(seg: Tensor, par: Tensor) -> Tensor:
    """Which key a query may see, [R, T, T] bool, from segments and their parents [R, T]."""
    key, own = seg[:, None, :], seg[:, :, None]
    n = torch.arange(seg.shape[1], device=seg.device)
    allowed = (key == 0) | (key == own) | (key == par[:, :, None])
    return allowed & (key >= 0) & (n[None, :] <= n[:, None]) | (n[None, :] == n[:, None])


def attention_mask(seg: Tensor, par: Tensor, dtype: torch.dtype) -> Tensor:
    """Additive mask [R, 1, T, T]: 0 where a key is visible, a very low value where not."""
    mask = torch.zeros(seg.shape[0], seg.shape[1], seg.shape[1], dtype=dtype, device=seg.device)
    return mask.masked_fill_(~visible(seg, par), torch.finfo(dtype).min / 2)[:, None]


def flex_mask(seg: Tensor, par: Tensor):
    """The same as a block mask for flex attention (T a multiple of 128)."""

    def rule(b: Tensor, h: Tensor, q: Tensor, k: Tensor) -> Tensor:
        key = seg[b, k]
        allowed = (key == 0) | (key == seg[b, q]) | (key == par[b, q])
        return allowed & (key >= 0) & (k <= q) | (k == q)

    rows, length = seg.shape
    return create_block_mask(rule, rows, None, length, length, device=seg.device)


def _attend_sdpa(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """q [R, heads, T, hd], k and v [R, kv, T, hd]; mask None: causal. Heads are expanded: fused kernels with a mask want it."""
    copies = q.shape[1] // k.shape[1]
    if copies > 1:
        k, v = k.repeat_interleave(copies, dim=1), v.repeat_interleave(copies, dim=1)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)


def _attend_flex(q: Tensor, k: Tensor, v: Tensor, mask) -> Tensor:
    if mask is None:
        return _attend_sdpa(q, k, v, None)
    return flex_attention(q, k, v, block_mask=mask, enable_gqa=q.shape[1] != k.shape[1])


def _times(x: Tensor, w: Tensor) -> Tensor:
    """x [R, T, in] times w^T, w [R, out, in] (per row) or [out, in]."""
    return torch.bmm(x, w.transpose(1, 2)) if w.dim() == 3 else F.linear(x, w)


def _plus_times(out: Tensor, z: Tensor, w: Tensor) -> Tensor:
    """out [R, T, n] + z [R, T, r] times w^T in one kernel."""
    if w.dim() == 3:
        return torch.baddbmm(out, z, w.transpose(1, 2))
    return torch.addmm(out.flatten(0, 1), z.flatten(0, 1), w.t()).view_as(out)


def make_block(hyper: Hyper, attention: str = "sdpa") -> Callable:
    """The forward pass of one layer as a pure function of tensors."""
    heads, kv, hd, eps = hyper.heads, hyper.kv_heads, hyper.head_dim, hyper.eps
    attend = _attend_flex if attention == "flex" else _attend_sdpa

    def block(
        x: Tensor, cos: Tensor, sin: Tensor, mask, w: LayerWeights, lora: LayerLora | None, drop: Tensor | None
    ) -> Tensor:
        """x [R, T, D] -> [R, T, D]; drop [R, 1, 7r] multiplies the rank components, or None."""
        rows, length, _ = x.shape

        def down_to_rank(y: Tensor, a: Tensor, group: int, parts: int) -> tuple[Tensor, ...]:
            z = _times(y, a)
            r = z.shape[-1] // parts
            if drop is not None:
                z = z * drop[..., group * r : (group + parts) * r]
            return z.split(r, dim=-1)

        def linear(y: Tensor, weight: Tensor, z: Tensor | None, b: Tensor | None) -> Tensor:
            out = F.linear(y, weight.to(y.dtype))
            return out if z is None else _plus_times(out, z, b)

        h = rms_norm(x, w.attn_norm, eps)
        zq = zk = zv = zo = zg = zu = zd = None
        if lora is not None:
            zq, zk, zv = down_to_rank(h, lora.a_qkv, 0, 3)
        q = linear(h, w.attn_q, zq, lora.b_q if lora else None).view(rows, length, heads, hd).transpose(1, 2)
        k = linear(h, w.attn_k, zk, lora.b_k if lora else None).view(rows, length, kv, hd).transpose(1, 2)
        v = linear(h, w.attn_v, zv, lora.b_v if lora else None).view(rows, length, kv, hd).transpose(1, 2)
        y = attend(rotate(q, cos, sin), rotate(k, cos, sin), v, mask)
        y = y.transpose(1, 2).reshape(rows, length, heads * hd)
        if lora is not None:
            (zo,) = down_to_rank(y, lora.a_output, 3, 1)
        x = x + linear(y, w.attn_output, zo, lora.b_output if lora else None)
        h = rms_norm(x, w.ffn_norm, eps)
        if lora is not None:
            zg, zu = down_to_rank(h, lora.a_gate_up, 4, 2)
        y = F.silu(linear(h, w.ffn_gate, zg, lora.b_gate if lora else None)) * linear(
            h, w.ffn_up, zu, lora.b_up if lora else None
        )
        if lora is not None:
            (zd,) = down_to_rank(y, lora.a_down, 6, 1)
        return x + linear(y, w.ffn_down, zd, lora.b_down if lora else None)

    return block


class BaseModel(nn.Module):
    """The base model. `trained` makes its layers parameters (float32 masters); otherwise all weights are buffers of `dtype`."""

    def __init__(self, base: Base, dtype: torch.dtype, trained: bool = False, attention: str = "sdpa"):
        super().__init__()
        self.hyper, self.dtype = base.hyper, dtype
        self._names = LayerWeights._fields
        for i in range(base.hyper.layers):
            for stem in self._names:
                value = torch.from_numpy(base.weights[f"blk.{i}.{stem}.weight"])
                if trained:
                    self.register_parameter(f"{stem}_{i}", nn.Parameter(value.float()))
                else:
                    self.register_buffer(f"{stem}_{i}", value.to(dtype), persistent=False)
        self.register_buffer(
            "embedding", torch.from_numpy(base.weights["token_embd.weight"]).to(dtype), persistent=False
        )
        self.register_buffer(
            "output_norm", torch.from_numpy(base.weights["output_norm.weight"]).to(dtype), persistent=False
        )
        head = base.weights.get("output.weight")
        if head is not None:
            self.register_buffer("head", torch.from_numpy(head).to(dtype), persistent=False)
        else:
            self.head = None
        self.block = self.train_block = make_block(base.hyper, attention)  # with gradients
        self.plain_block = make_block(base.hyper)  # without: evaluation has many shapes, so it stays eager

    def compile(self) -> None:
        """Compile the layer function for training."""
        self.block = torch.compile(self.train_block, dynamic=False, fullgraph=True)

    def share(self, other: BaseModel) -> BaseModel:
        """Use the other's frozen tensors instead of own copies."""
        for name, value in other.named_buffers():
            if name in dict(self.named_buffers()):
                setattr(self, name, value)
        return self

    def layer(self, i: int) -> LayerWeights:
        return LayerWeights(*(getattr(self, f"{stem}_{i}") for stem in self._names))

    def embed(self, ids: Tensor) -> Tensor:
        """[R, T] -> [R, T, D]."""
        return F.embedding(ids, self.embedding)

    def forward(
        self,
        x: Tensor,
        pos: Tensor,
        mask=None,
        lora: Sequence[LayerLora] | None = None,
        drop: Tensor | None = None,
        tap: Callable[[int, Tensor], None] | None = None,
    ) -> Tensor:
        """x [R, T, D] through all layers, before the output norm; drop [L, R, 1, 7r]; `tap(layer, state)` sees each output."""
        cos, sin = rotary_tables(pos, self.hyper)
        training = torch.is_grad_enabled()
        block = self.block if training else self.plain_block
        if training and not x.requires_grad:  # layer 0 then compiles to the same graph as all others
            x = x.detach().requires_grad_(True).clone()
        for i in range(self.hyper.layers):
            x = block(
                x, cos, sin, mask, self.layer(i), lora[i] if lora else None, drop[i] if drop is not None else None
            )
            if tap is not None:
                tap(i, x)
        return x

    def norm(self, x: Tensor) -> Tensor:
        """The output norm."""
        return rms_norm(x, self.output_norm, self.hyper.eps)

    def logits(self, x: Tensor) -> Tensor:
        """Hidden states before the output norm [M, D] -> logits [M, V]."""
        return F.linear(self.norm(x), self.embedding if self.head is None else self.head)


def lora_shapes(hyper: Hyper, rank: int) -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    """Per module stem: shapes of A [r, in] and B [out, r]."""
    return {stem: ((rank, hyper.shapes()[stem][0]), (hyper.shapes()[stem][1], rank)) for stem in MODULES}
