#!/usr/bin/env python3
"""Writes logits.json: float32 reference logits of SmolLM2 for 50 prompts, without and with a LoRA adapter.

    python make_logits.py SmolLM2-135M-Instruct.Q4_1.gguf [logits.json]

The reference is PyTorch in float32 over the dequantised weights, written here layer by layer (Llama: RMS norm, grouped
queries, rotary embedding over the pairs (2i, 2i + 1) in which a GGUF stores the rows of q and k, SwiGLU, output tied to
the embedding). llama.cpp, through llama-cpp-python with its default settings (one thread, which changes no number), is
measured against it: a program that reads the same file with quantised activations is as good as llama.cpp when its
mean absolute error is no larger.

The adapter has rank 16 and alpha 16 on all seven linear modules of every layer. Its values come from a hash (adapter_values
below), so that any language makes the same float32 numbers; the order of tensor_index stands in the JSON too.
"""

import ctypes
import hashlib
import json
import os
import sys
import tempfile

import gguf
import numpy as np
import torch
import torch.nn.functional as F

import make_tokens
import prompts

RANK, ALPHA, SCALE = 16, 16.0, 0.1875
MODULES = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]
SAMPLE, SAMPLE_SEED, TOP = 1024, 20251128, 8


# ---- the adapter ----


def splitmix64(x):
    z = x + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def adapter_values(tensor_index, rows, columns, scale=SCALE):
    """((splitmix64(tensor_index * 2^32 + i) >> 40) / 2^24 - 0.5) * scale, where i = row * columns + column.

    The bracket is exact in float32; the product with float32(scale) rounds once.
    """
    i = np.arange(rows * columns, dtype=np.uint64) + (np.uint64(tensor_index) << np.uint64(32))
    u = (splitmix64(i) >> np.uint64(40)).astype(np.float32) / np.float32(2**24) - np.float32(0.5)
    return (u * np.float32(scale)).reshape(rows, columns)


def make_adapter(model, scale=SCALE):
    """{(layer, module): (A [rank, d_in], B [d_out, rank])}"""
    out = {}
    for layer in range(model.layers):
        for m, module in enumerate(MODULES):
            d_out, d_in = model.w[f"blk.{layer}.{module}.weight"].shape
            index = 2 * (len(MODULES) * layer + m)
            out[layer, module] = (
                adapter_values(index, RANK, d_in, scale),
                adapter_values(index + 1, d_out, RANK, scale),
            )
    return out


def write_adapter(path, adapter):
    w = gguf.GGUFWriter(path, "llama")
    w.add_string("general.type", "adapter")
    w.add_string("adapter.type", "lora")
    w.add_float32("adapter.lora.alpha", ALPHA)
    for (layer, module), (a, b) in adapter.items():
        w.add_tensor(f"blk.{layer}.{module}.weight.lora_a", a)
        w.add_tensor(f"blk.{layer}.{module}.weight.lora_b", b)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


# ---- the reference ----


class Model:
    def __init__(self, path, dtype=torch.float32):
        reader = gguf.GGUFReader(path)
        get = lambda key: reader.fields[key].contents()
        assert get("general.architecture") == "llama"
        self.layers, self.heads, self.kv_heads = (
            get("llama." + k) for k in ("block_count", "attention.head_count", "attention.head_count_kv")
        )
        self.eps, self.base = get("llama.attention.layer_norm_rms_epsilon"), get("llama.rope.freq_base")
        self.head = get("llama.rope.dimension_count")
        self.dtype = dtype
        self.w = {}
        for t in reader.tensors:
            values = gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32)
            self.w[t.name] = torch.from_numpy(values.reshape([int(n) for n in t.shape[::-1]])).to(dtype)
        assert self.w["token_embd.weight"].shape[1] == self.heads * self.head and "output.weight" not in self.w

    def norm(self, x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.w[name]

    def linear(self, x, layer, module, adapter):
        y = x @ self.w[f"blk.{layer}.{module}.weight"].T
        if adapter is not None:
            a, b = adapter[layer, module]
            y = y + (ALPHA / RANK) * ((x @ a.T) @ b.T)
        return y

    def rotate(self, x):
        """x [heads, n, head]; the angles are computed in float64."""
        n = x.shape[1]
        frequency = self.base ** (-torch.arange(0, self.head, 2, dtype=torch.float64) / self.head)
        angle = torch.arange(n, dtype=torch.float64)[:, None] * frequency
        cos, sin = angle.cos().to(self.dtype), angle.sin().to(self.dtype)
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)

    def attention(self, x, layer, adapter):
        n = x.shape[0]
        heads = lambda m, count: self.linear(x, layer, m, adapter).view(n, count, self.head).transpose(0, 1)
        q, k = self.rotate(heads("attn_q", self.heads)), self.rotate(heads("attn_k", self.kv_heads))
        group = self.heads // self.kv_heads
        k, v = k.repeat_interleave(group, 0), heads("attn_v", self.kv_heads).repeat_interleave(group, 0)
        scores = q @ k.transpose(1, 2) / self.head**0.5
        scores = scores.masked_fill(torch.ones(n, n, dtype=torch.bool).triu(1), float("-inf"))
        out = (scores.softmax(-1) @ v).transpose(0, 1).reshape(n, -1)
        return self.linear(out, layer, "attn_output", adapter)

    def logits(self, tokens, adapter=None):
        """Of the last position."""
        if adapter is not None:
            adapter = {k: tuple(torch.from_numpy(m).to(self.dtype) for m in ab) for k, ab in adapter.items()}
        x = self.w["token_embd.weight"][tokens]
        for layer in range(self.layers):
            x = x + self.attention(self.norm(x, f"blk.{layer}.attn_norm.weight"), layer, adapter)
            h = self.norm(x, f"blk.{layer}.ffn_norm.weight")
            h = F.silu(self.linear(h, layer, "ffn_gate", adapter)) * self.linear(h, layer, "ffn_up", adapter)
            x = x + self.linear(h, layer, "ffn_down", adapter)
        x = self.norm(x[-1:], "output_norm.weight")
        return (x @ self.w["token_embd.weight"].T)[0].double().numpy()


# ---- llama.cpp ----


class Llama:
    def __init__(self, path, lora_path=None):
        import llama_cpp

        self.lib = llama_cpp
        self.llama = llama_cpp.Llama(
            path, n_ctx=2048, lora_path=lora_path, verbose=False, n_threads=1, n_threads_batch=1
        )

    def logits(self, tokens):
        self.llama.reset()
        self.llama.eval(tokens)
        p = self.lib.llama_get_logits_ith(self.llama._ctx.ctx, -1)
        return np.ctypeslib.as_array(ctypes.cast(p, ctypes.POINTER(ctypes.c_float)), (self.llama.n_vocab(),)).astype(
            np.float64
        )


# ---- the file ----


def entry(reference, other, ids):
    order = np.argsort(-reference, kind="stable")[:TOP]
    error = np.abs(other - reference)[ids]
    return {
        "llama_cpp_mae": round(float(error.mean()), 5),
        "llama_cpp_max": round(float(error.max()), 4),
        "llama_cpp_top1": int(other.argmax()),
        "lead": round(float(reference[order[0]] - reference[order[1]]), 4),
        "top": [[int(i), round(float(reference[i]), 4)] for i in order],
        "logits": [round(float(v), 4) for v in reference[ids]],
    }


def write(path, out):
    """One prompt a line."""
    compact = lambda v: json.dumps(v, separators=(",", ":"))
    head = {k: v for k, v in out.items() if k != "prompts"}
    with open(path, "w", newline="\n") as f:
        f.write("{\n" + "".join(f'"{k}":{compact(v)},\n' for k, v in head.items()) + '"prompts":[\n')
        f.write(",\n".join(compact(p) for p in out["prompts"]) + "\n]}\n")


def main():
    path = sys.argv[1]
    out_path = (
        sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "logits.json")
    )
    torch.set_grad_enabled(False)
    model = Model(path)
    adapter = make_adapter(model)
    tokenizer = make_tokens.make_tokenizer(path, "smollm", True)
    ids = np.sort(np.random.RandomState(SAMPLE_SEED).permutation(model.w["token_embd.weight"].shape[0])[:SAMPLE])
    with tempfile.TemporaryDirectory() as folder:
        lora_path = os.path.join(folder, "adapter.gguf")
        write_adapter(lora_path, adapter)
        engines = {"base": Llama(path), "lora": Llama(path, lora_path)}
        entries, changes = [], []
        for kind, text in prompts.make_prompts():
            tokens = tokenizer.encode(text, add_special_tokens=False).ids
            assert 20 <= len(tokens) <= 400, (len(tokens), text)
            reference = {"base": model.logits(tokens), "lora": model.logits(tokens, adapter)}
            changes.append(np.abs(reference["lora"] - reference["base"]).mean())
            entries.append(
                {
                    "kind": kind,
                    "tokens": tokens,
                    **{k: entry(reference[k], engines[k].logits(tokens), ids) for k in engines},
                }
            )
            print(
                f"{kind:11} {len(tokens):4} tokens, change {changes[-1]:.3f}",
                *(
                    f"| {k}: mae {entries[-1][k]['llama_cpp_mae']:.4f} lead {entries[-1][k]['lead']:.3f}"
                    f"{'' if entries[-1][k]['llama_cpp_top1'] == entries[-1][k]['top'][0][0] else ' other top'}"
                    for k in engines
                ),
                flush=True,
            )
    mean = lambda k: round(float(np.mean([e[k]["llama_cpp_mae"] for e in entries])), 5)
    agree = lambda k: sum(e[k]["llama_cpp_top1"] == e[k]["top"][0][0] for e in entries)
    out = {
        "about": 'float32 reference logits at the last position of each prompt: of the token ids in "ids", and the top 8 '
        "[id, logit]; lead: top1 - top2. llama_cpp_mae, _max: llama.cpp's mean and largest absolute error over "
        '"ids"; llama_cpp_top1: its token. base: the model; lora: with the adapter.',
        "model": os.path.basename(path),
        "model_sha256": hashlib.sha256(open(path, "rb").read()).hexdigest(),
        "versions": {
            "torch": torch.__version__,
            "llama_cpp_python": engines["base"].lib.__version__,
            "numpy": np.__version__,
        },
        "adapter": {
            "rank": RANK,
            "alpha": ALPHA,
            "scale": SCALE,
            "modules": MODULES,
            "value": "((splitmix64(tensor_index * 2^32 + i) >> 40) / 2^24 - 0.5) * scale, in float32; i = row * columns + column",
            "splitmix64": "z = x + 0x9E3779B97F4A7C15; z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9; "
            "z = (z ^ z >> 27) * 0x94D049BB133111EB; z ^ z >> 31 (all modulo 2^64)",
            "tensor_index": '2 * (7 * layer + module) + part; module: place in "modules"; part 0: lora_a [rank, d_in], '
            "part 1: lora_b [d_out, rank]",
            "first_values": [[t, [float(v) for v in adapter_values(t, 1, 4)[0]]] for t in (0, 1, 419)],
            "mean_change": round(float(np.mean(changes)), 4),
        },
        "llama_cpp_mae": {k: mean(k) for k in engines},
        "llama_cpp_same_top1": {k: agree(k) for k in engines},
        "ids": [int(i) for i in ids],
        "prompts": entries,
    }
    write(out_path, out)
    print({k: out[k] for k in ("llama_cpp_mae", "llama_cpp_same_top1", "versions")}, out["adapter"]["mean_change"])


if __name__ == "__main__":
    main()
