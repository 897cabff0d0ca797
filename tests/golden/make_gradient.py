#!/usr/bin/env python3
"""Writes architectures/gradient.json: gradients of LoRA weights on a tiny model, by Transformers and PyTorch's autograd.

    python make_gradient.py

The model is architectures/llama-f32.gguf. Adapter and lesson come from formulas that tests/test_gradient.c has, too. Of each
gradient its norm and some values are kept.
"""

import json
import math
import os

import numpy as np
import torch
from transformers import AutoModelForCausalLM

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "architectures")
RANK, FACTOR, STRIDE = 16, 0.5, 29
PREFIX = [5, 17, 200, 33, 90, 91, 8, 140]
ITEMS = [([12, 44, 7, 61], [99, 0]), ([71, 3], [150, 151, 152, 0]), ([201, 18, 18, 230, 64], [10, 0])]
MODULES = {  # stem: (Transformers' module, whether its rows stand in another order there)
    "attn_q": ("self_attn.q_proj", True),
    "attn_k": ("self_attn.k_proj", True),
    "attn_v": ("self_attn.v_proj", False),
    "attn_output": ("self_attn.o_proj", False),
    "ffn_gate": ("mlp.gate_proj", False),
    "ffn_up": ("mlp.up_proj", False),
    "ffn_down": ("mlp.down_proj", False),
}


def values(n, seed):
    """The formula of tests/test_gradient.c."""
    i = np.arange(n, dtype=np.float64)
    return torch.tensor((0.2 * np.sin(0.37 * i + seed)).astype(np.float32).astype(np.float64))


def order(rows, dim):
    """Place in GGUF of each of Transformers' rows: there halves of a head stand one after the other, here pairs."""
    return torch.arange(rows).reshape(-1, dim // 2, 2).transpose(1, 2).reshape(-1)


def add_lora(model):
    """Hooks on every linear layer; returns {stem: (a, b)} of [layers][..] leaves."""
    layers, dim = model.model.layers, model.config.head_dim
    leaves = {}
    for number, (stem, (name, turned)) in enumerate(MODULES.items()):
        pairs = []
        for at, layer in enumerate(layers):
            linear = layer.get_submodule(name)
            rows, cols = linear.weight.shape
            a = values(RANK * cols, number + 10 * at).reshape(RANK, cols).requires_grad_()
            b = values(rows * RANK, number + 10 * at + 5).reshape(rows, RANK).requires_grad_()
            rule = order(rows, dim) if turned else torch.arange(rows)
            linear.register_forward_hook(
                lambda _, inputs, out, a=a, b=b, rule=rule: out + FACTOR * (inputs[0] @ a.T) @ b[rule].T
            )
            pairs.append((a, b))
        leaves[stem] = pairs
    return leaves


def main():
    model = AutoModelForCausalLM.from_pretrained(HERE, gguf_file="llama-f32.gguf", dtype=torch.float64, attn_implementation="eager")
    for p in model.parameters():
        p.requires_grad_(False)
    leaves = add_lora(model)
    loss = 0.0
    for given, wanted in ITEMS:
        tokens = torch.tensor([PREFIX + given + wanted])
        logits = model(tokens[:, :-1]).logits[0, -len(wanted) :]
        loss = loss + torch.nn.functional.cross_entropy(logits, torch.tensor(wanted), reduction="sum") / math.sqrt(len(wanted))
    loss.backward()
    kept = {}
    for stem, pairs in leaves.items():
        for n, part in enumerate("ab"):
            g = torch.stack([p[n].grad for p in pairs]).flatten()
            kept[f"{stem}.{part}"] = {"norm": round(float(g.norm()), 7), "values": [round(float(v), 7) for v in g[::STRIDE]]}
    with open(os.path.join(HERE, "gradient.json"), "w", newline="\n") as f:
        f.write(json.dumps({"loss": round(float(loss.detach()), 7), "stride": STRIDE, "gradients": kept}, separators=(",", ":")) + "\n")
    print(float(loss.detach()), {k: v["norm"] for k, v in kept.items()})


if __name__ == "__main__":
    main()
