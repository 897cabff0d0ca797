"""The base model as read from its GGUF file: hyperparameters, float32 weights, tokenizer. NumPy only.

Rows of `attn_q` and `attn_k` stay as GGUF stores them, for rotary embedding of the pairs (2i, 2i+1); adapters trained here
therefore fit the file's rows as they are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from .gguf_file import GGUFFile, joined
from .tokenizer import Tokenizer

# Module stems of a layer in coefficient order: sorted by the training framework's names
# (down_proj, gate_proj, k_proj, o_proj, q_proj, up_proj, v_proj).
MODULES = ("ffn_down", "ffn_gate", "attn_k", "attn_output", "attn_q", "ffn_up", "attn_v")


@dataclass(frozen=True)
class Hyper:
    """Geometry of a Llama-style decoder."""

    layers: int
    hidden: int
    ffn: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    rope_base: float
    eps: float

    def shapes(self) -> dict[str, tuple[int, int]]:
        """(in, out) of each module."""
        q, kv = self.heads * self.head_dim, self.kv_heads * self.head_dim
        return {
            "ffn_down": (self.ffn, self.hidden),
            "ffn_gate": (self.hidden, self.ffn),
            "attn_k": (self.hidden, kv),
            "attn_output": (q, self.hidden),
            "attn_q": (self.hidden, q),
            "ffn_up": (self.hidden, self.ffn),
            "attn_v": (self.hidden, kv),
        }


@dataclass
class Base:
    """A base model: `weights` by GGUF name, float32, [out, in]."""

    hyper: Hyper
    weights: dict[str, np.ndarray]
    tokenizer: Tokenizer
    name: str
    sha256: str
    quantisation: str = ""


_FILE_TYPES = {0: "f32", 1: "f16", 2: "q4_0", 3: "q4_1", 7: "q8_0"}


def load_base(spec: str) -> Base:
    """Read a base model from one GGUF file or from its pieces (`a.part0,a.part1`)."""
    path = joined(spec)
    f = GGUFFile(path)
    arch = f.meta["general.architecture"]
    if arch != "llama":
        raise ValueError(f"{path}: architecture {arch!r} is not supported, only llama")
    m = {k[len(arch) + 1 :]: v for k, v in f.meta.items() if k.startswith(arch + ".")}
    heads, hidden = m["attention.head_count"], m["embedding_length"]
    hyper = Hyper(
        layers=m["block_count"],
        hidden=hidden,
        ffn=m["feed_forward_length"],
        heads=heads,
        kv_heads=m.get("attention.head_count_kv", heads),
        head_dim=m.get("attention.key_length", hidden // heads),
        vocab=f.info["token_embd.weight"].shape[0],
        rope_base=float(m.get("rope.freq_base", 10000.0)),
        eps=float(m["attention.layer_norm_rms_epsilon"]),
    )
    if m.get("rope.dimension_count", hyper.head_dim) != hyper.head_dim or m.get("rope.scaling.type", "none") != "none":
        raise ValueError(f"{path}: partial or scaled rotary embedding is not supported")
    digest = hashlib.sha256()
    with open(path, "rb") as raw:
        while chunk := raw.read(1 << 22):
            digest.update(chunk)
    weights = {name: f.tensor(name) for name in f.info}
    return Base(
        hyper,
        weights,
        Tokenizer.from_metadata(f.meta),
        f.meta.get("general.name", arch),
        digest.hexdigest(),
        _FILE_TYPES.get(f.meta.get("general.file_type", -1), ""),
    )


def random_base(hyper: Hyper, tokenizer: Tokenizer, seed: int = 0) -> Base:
    """A small random base model, for tests."""
    rng = np.random.default_rng(seed)
    draw = lambda *shape: (rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)  # noqa: E731
    weights = {
        "token_embd.weight": draw(hyper.vocab, hyper.hidden) * 4,
        "output_norm.weight": np.ones(hyper.hidden, np.float32),
    }
    for i in range(hyper.layers):
        for stem, (n_in, n_out) in hyper.shapes().items():
            weights[f"blk.{i}.{stem}.weight"] = draw(n_out, n_in)
        for norm in ("attn_norm", "ffn_norm"):
            weights[f"blk.{i}.{norm}.weight"] = np.ones(hyper.hidden, np.float32)
    return Base(hyper, weights, tokenizer, "random", "0" * 64)
