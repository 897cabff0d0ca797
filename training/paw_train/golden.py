"""Golden vectors for another implementation of the compiler: encode, pool, map, in float32 from a compiler file.

The output is a small GGUF file, read like any other:

    golden.count            u32     specs
    golden.compiler_sha256  string  the compiler file that was used
    golden.layers           i32[]   interpreter layers whose states are kept
    golden.sample           u32     S: of an adapter tensor with n values (row-major), the values k * (n / S) are kept, k < S
    golden.{i}.spec         string
    golden.{i}.examples     string[] input, output, input, output, ... (left out if there are none)
    golden.{i}.pseudo       string  the pseudo-program
    golden.{i}.tokens       i32[]   what the encoder reads, without the prefix tokens

and float32 tensors, for each spec i (L interpreter layers, M modules in the compiler's order, N bases, D hidden size):

    golden.{i}.states        [layers kept, D]  mean over the prefix tokens of the normalised states
    golden.{i}.h             [D]               pooled state
    golden.{i}.coefficients  [L, M, N, 2]
    golden.{i}.a_sample, .b_sample  [L, M, S]  of A [r, in] and B [out, r], static part included, before quantising
    golden.{i}.a_norm, .b_norm      [L, M]     Frobenius norms
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from . import quant
from .base import MODULES
from .compiler import System
from .data import Renderer
from .export import load_system
from .gguf_file import joined, write_gguf

SAMPLE = 8
_DEFAULT = (
    ("Classify the sentiment of a product review as positive, negative or neutral. Print one word.", ()),
    ('Extract the date as YYYY-MM-DD, or print none if there is no date. Example: "due 3 May 2024" -> 2024-05-03', ()),
    (
        "Answer yes if the message asks for a refund, else no.",
        (("I want my money back", "yes"), ("Where is my parcel?", "no")),
    ),
)


def _read(path: str) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """JSON lines {"spec": ..., "examples": [[input, output], ...]}."""
    with open(path, encoding="utf-8") as f:
        rows = [json.loads(line) for line in f if line.strip()]
    return [(r["spec"], tuple((i, o) for i, o in r.get("examples", ()))) for r in rows]


@torch.no_grad()
def golden(
    system: System, renderer: Renderer, spec: str, examples: Sequence[tuple[str, str]], layers: Sequence[int]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Metadata and tensors of one spec (names without their `golden.{i}.`)."""
    tokens = renderer.encode(spec, examples)
    ids = torch.tensor([tokens + [0] * system.options.prefix_tokens])
    states = system.prefix_states(ids, torch.tensor([len(tokens)]))  # [L, 1, P, D]
    h = system.pool(states)
    coefficients = system.compiler.mapper.coefficients(h)
    a, b = system.compiler.mapper.adapters(coefficients, system.compiler.static, torch.float32)
    tensors = {
        "states": states[list(layers), 0].mean(1).numpy(),
        "h": h[0].numpy(),
        "coefficients": coefficients[0].numpy(),
    }
    for side, values in (("a", a), ("b", b)):
        flat = [values[m][:, 0].flatten(1) for m in MODULES]  # M of [L, n]
        tensors[f"{side}_sample"] = torch.stack([f[:, :: f.shape[1] // SAMPLE][:, :SAMPLE] for f in flat], 1).numpy()
        tensors[f"{side}_norm"] = torch.stack([f.norm(dim=1) for f in flat], 1).numpy()
    meta: dict[str, Any] = {"spec": spec, "pseudo": renderer.prompts.pseudo(spec, examples), "tokens": tokens}
    if examples:
        meta["examples"] = [text for pair in examples for text in pair]
    return meta, tensors


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--base", required=True, help="base model GGUF, or its pieces separated by commas")
    p.add_argument("--compiler", required=True, help="compiler GGUF")
    p.add_argument("--specs", help="JSON lines with spec and examples (default: three built-in ones)")
    p.add_argument("--out", required=True, help="GGUF file to write")
    a = p.parse_args()
    system, renderer = load_system(a.base, a.compiler, None, torch.float32, torch.device("cpu"))
    if system.compiler.mapper is None:
        p.error("a compiler of mode fixed maps nothing: there is nothing golden about it")
    with open(joined(a.compiler), "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    last = system.interpreter.hyper.layers - 1
    layers = sorted({round(last * n / 5) for n in range(6)})
    specs = _read(a.specs) if a.specs else list(_DEFAULT)
    meta: dict[str, Any] = {
        "general.architecture": "paw-golden",
        "golden.count": len(specs),
        "golden.compiler_sha256": digest,
        "golden.layers": layers,
        "golden.sample": SAMPLE,
    }
    arrays: dict[str, np.ndarray] = {}
    for i, (spec, examples) in enumerate(specs):
        own, tensors = golden(system, renderer, spec, examples, layers)
        meta |= {f"golden.{i}.{k}": v for k, v in own.items()}
        arrays |= {f"golden.{i}.{k}": v for k, v in tensors.items()}
    listed: Iterator = ((name, value, quant.F32) for name, value in arrays.items())
    size = write_gguf(a.out, meta, listed)
    print(f"{a.out}: {len(specs)} specs, {size} bytes")


if __name__ == "__main__":
    main()
