#!/usr/bin/env python3
"""Writes architectures/: tiny random models of every architecture and block format, and what they should say.

    python make_architectures.py [folder]

Each model is a GGUF file; architectures.json has, for some prompts, reference logits of the last token (of every fourth
id) and llama.cpp's mean and largest absolute error against them. The reference is numpy in double precision over the dequantised weights, written here from the
architectures' descriptions; only keys and values are rounded to halves, as programs keep them. Blocks are quantised by ggml itself (ggml_quantize_chunk of llama-cpp-python).
"""

import ctypes
import glob
import json
import os
import sys

import gguf
import llama_cpp
import numpy as np

CONTEXT, RANK, ALPHA = 96, 16, 8.0
LENGTHS = [1, 2, 3, 5, 7, 9, 12, 16, 17, 24, 33, 40]
IDS = list(range(0, 264, 4))  # the logits that are kept
TYPES = ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"]
SMALL = dict(n_layer=2, n_embd=32, n_ff=96, n_head=4, n_kv=2, dim=16)
FOR_K = dict(n_layer=1, n_embd=256, n_ff=32, n_head=4, n_kv=1, dim=16)  # blocks of 256; other widths get Q8_0
GPT2 = dict(n_layer=2, n_embd=32, n_ff=96, n_head=2, n_kv=2, dim=16)
RMS_EPS, ROPE_BASE = {"llama": 1e-5, "qwen3": 1e-6, "gpt2": 1e-5}, {"llama": 10000.0, "qwen3": 1e6}


# ---- making models ----


def byte_spellings():
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in plain]
    return [chr(b) if b in plain else chr(256 + others.index(b)) for b in range(256)]


VOCABULARY = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *byte_spellings(), "th", "he", "the", "in", "er"]


def modules(arch, s):
    """{stem: (rows, cols)}"""
    q, kv, n = s["n_head"] * s["dim"], s["n_kv"] * s["dim"], s["n_embd"]
    rest = {"attn_output": (n, q), "ffn_up": (s["n_ff"], n), "ffn_down": (n, s["n_ff"])}
    if arch == "gpt2":
        return {"attn_qkv": (q + 2 * kv, n), **rest}
    return {"attn_q": (q, n), "attn_k": (kv, n), "attn_v": (kv, n), "ffn_gate": (s["n_ff"], n), **rest}


def random_weights(rng, arch, s, untied):
    n = s["n_embd"]
    f = lambda *shape, spread=1.0, middle=0.0: (middle + spread * rng.standard_normal(shape)).astype(np.float32)
    w = {"token_embd.weight": f(len(VOCABULARY), n, spread=0.3), "output_norm.weight": f(n, spread=0.2, middle=1)}
    if untied:
        w["output.weight"] = f(len(VOCABULARY), n, spread=0.3)
    if arch == "gpt2":
        w["position_embd.weight"] = f(CONTEXT, n, spread=0.2)
        w["output_norm.bias"] = f(n, spread=0.1)
    for i in range(s["n_layer"]):
        for norm in ("attn_norm", "ffn_norm"):
            w[f"blk.{i}.{norm}.weight"] = f(n, spread=0.2, middle=1)
            if arch == "gpt2":
                w[f"blk.{i}.{norm}.bias"] = f(n, spread=0.2)
        if arch == "qwen3":
            w[f"blk.{i}.attn_q_norm.weight"] = f(s["dim"], spread=0.3, middle=1)
            w[f"blk.{i}.attn_k_norm.weight"] = f(s["dim"], spread=0.3, middle=1)
        for stem, (rows, cols) in modules(arch, s).items():
            w[f"blk.{i}.{stem}.weight"] = f(rows, cols, spread=1.3 / cols**0.5)
            if arch == "gpt2":
                w[f"blk.{i}.{stem}.bias"] = f(rows, spread=0.2)
    return w


def load_ggml():
    """The shared library with ggml_quantize_chunk."""
    path = os.path.join(os.path.dirname(llama_cpp.__file__), "lib", "libggml-base.so*")
    lib = ctypes.CDLL(sorted(glob.glob(path))[0])
    lib.ggml_quantize_chunk.restype = ctypes.c_size_t
    lib.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p]
    return lib


def quantise(lib, values, name):
    kind = gguf.GGMLQuantizationType[name]
    block, size = gguf.GGML_QUANT_SIZES[kind]
    rows, cols = values.shape
    out = np.zeros((rows, cols // block * size), np.uint8)
    values = np.ascontiguousarray(values)
    used = lib.ggml_quantize_chunk(int(kind), values.ctypes.data, out.ctypes.data, 0, rows, cols, None)
    assert used == out.size, (used, out.shape)
    return out, kind


def add_keys(w, arch, s):
    w.add_context_length(CONTEXT)
    w.add_embedding_length(s["n_embd"])
    w.add_block_count(s["n_layer"])
    w.add_feed_forward_length(s["n_ff"])
    w.add_head_count(s["n_head"])
    if arch == "gpt2":
        w.add_layer_norm_eps(RMS_EPS[arch])
    else:
        w.add_head_count_kv(s["n_kv"])
        w.add_key_length(s["dim"])
        w.add_value_length(s["dim"])
        w.add_layer_norm_rms_eps(RMS_EPS[arch])
        w.add_rope_freq_base(ROPE_BASE[arch])
    if arch == "llama":
        w.add_rope_dimension_count(s["dim"])
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre({"llama": "smollm", "qwen3": "qwen2", "gpt2": "gpt-2"}[arch])
    w.add_token_list(VOCABULARY)
    w.add_token_types([3, 3, 3] + [1] * (len(VOCABULARY) - 3))
    w.add_token_merges(["t h", "h e", "th e", "i n", "e r"])
    w.add_bos_token_id(0)
    w.add_eos_token_id(0)


def write_model(path, lib, arch, s, weights, kind):
    w = gguf.GGUFWriter(path, arch)
    add_keys(w, arch, s)
    for name, values in weights.items():
        block = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]][0]
        if kind == "F32" or values.ndim == 1 or name == "position_embd.weight":
            w.add_tensor(name, values)
        else:
            data, raw = quantise(lib, values, kind if values.shape[1] % block == 0 else "Q8_0")
            w.add_tensor(name, data, raw_dtype=raw)
    for step in (w.write_header_to_file, w.write_kv_data_to_file, w.write_tensors_to_file, w.close):
        step()


def write_adapter(path, rng, arch, s):
    w = gguf.GGUFWriter(path, arch)
    w.add_type("adapter")
    w.add_string("adapter.type", "lora")
    w.add_float32("adapter.lora.alpha", ALPHA)
    for i in range(s["n_layer"]):
        for stem, (rows, cols) in modules(arch, s).items():
            for part, shape in (("a", (RANK, cols)), ("b", (rows, RANK))):
                values = rng.standard_normal(shape) / shape[1] ** 0.5
                w.add_tensor(f"blk.{i}.{stem}.weight.lora_{part}", values.astype(np.float16))
    for step in (w.write_header_to_file, w.write_kv_data_to_file, w.write_tensors_to_file, w.close):
        step()


# ---- the reference ----


def read_tensors(path):
    out = {}
    for t in gguf.GGUFReader(path).tensors:
        values = gguf.quants.dequantize(t.data, t.tensor_type)
        out[t.name] = values.reshape([int(n) for n in t.shape[::-1]]).astype(np.float64)
    return out


class Reference:
    def __init__(self, arch, s, weights, adapter=None):
        self.arch, self.s, self.w, self.adapter = arch, s, weights, adapter

    def norm(self, x, name):
        if self.arch == "gpt2":
            x = x - x.mean(-1, keepdims=True)
        y = x / np.sqrt((x * x).mean(-1, keepdims=True) + RMS_EPS[self.arch]) * self.w[name + ".weight"]
        return y + self.w[name + ".bias"] if self.arch == "gpt2" else y

    def linear(self, x, name):
        y = x @ self.w[name + ".weight"].T
        if self.adapter is not None:
            a, b = (self.adapter[f"{name}.weight.lora_{part}"] for part in "ab")
            y = y + ALPHA / RANK * ((x @ a.T) @ b.T)
        return y + self.w[name + ".bias"] if self.arch == "gpt2" else y

    def rotate(self, x):
        """x [n, heads, dim]"""
        n, _, dim = x.shape
        angle = np.arange(n)[:, None, None] * ROPE_BASE[self.arch] ** (-np.arange(0, dim, 2) / dim)
        first, second = (x[..., : dim // 2], x[..., dim // 2 :]) if self.arch == "qwen3" else (x[..., 0::2], x[..., 1::2])
        turned = first * np.cos(angle) - second * np.sin(angle), first * np.sin(angle) + second * np.cos(angle)
        return np.concatenate(turned, -1) if self.arch == "qwen3" else np.stack(turned, -1).reshape(x.shape)

    def heads(self, x, layer):
        """Queries, keys and values, [n, heads, dim] each."""
        s, n = self.s, len(x)
        if self.arch == "gpt2":
            return (p.reshape(n, s["n_head"], s["dim"]) for p in np.split(self.linear(x, f"{layer}.attn_qkv"), 3, axis=1))
        q, k, v = (self.linear(x, f"{layer}.attn_{m}").reshape(n, -1, s["dim"]) for m in "qkv")
        if self.arch == "qwen3":
            q, k = self.norm(q, f"{layer}.attn_q_norm"), self.norm(k, f"{layer}.attn_k_norm")
        return self.rotate(q), self.rotate(k), v

    def attention(self, x, layer):
        q, k, v = self.heads(x, layer)
        k, v = k.astype(np.float16).astype(np.float64), v.astype(np.float16).astype(np.float64)
        n, group = len(x), self.s["n_head"] // k.shape[1]
        k, v = np.repeat(k, group, axis=1), np.repeat(v, group, axis=1)
        scores = np.einsum("ihd,jhd->hij", q, k) / self.s["dim"] ** 0.5
        scores = np.where(np.tril(np.ones((n, n), bool)), scores, -np.inf)
        p = np.exp(scores - scores.max(-1, keepdims=True))
        out = np.einsum("hij,jhd->ihd", p / p.sum(-1, keepdims=True), v).reshape(n, -1)
        return self.linear(out, f"{layer}.attn_output")

    def feed_forward(self, x, layer):
        up = self.linear(x, f"{layer}.ffn_up")
        if self.arch == "gpt2":
            up = 0.5 * up * (1 + np.tanh((2 / np.pi) ** 0.5 * (up + 0.044715 * up**3)))
        else:
            gate = self.linear(x, f"{layer}.ffn_gate")
            up = gate / (1 + np.exp(-gate)) * up
        return self.linear(up, f"{layer}.ffn_down")

    def logits(self, tokens):
        x = self.w["token_embd.weight"][tokens]
        if self.arch == "gpt2":
            x = x + self.w["position_embd.weight"][: len(tokens)]
        for i in range(self.s["n_layer"]):
            x = x + self.attention(self.norm(x, f"blk.{i}.attn_norm"), f"blk.{i}")
            x = x + self.feed_forward(self.norm(x, f"blk.{i}.ffn_norm"), f"blk.{i}")
        return self.norm(x[-1], "output_norm") @ self.w.get("output.weight", self.w["token_embd.weight"]).T


def llama_cpp_logits(path, prompts, lora):
    llama = llama_cpp.Llama(path, n_ctx=CONTEXT, lora_path=lora, verbose=False, n_threads=1, n_threads_batch=1)
    for tokens in prompts:
        llama.reset()
        llama.eval(tokens)
        p = llama_cpp.llama_get_logits_ith(llama._ctx.ctx, -1)
        yield np.ctypeslib.as_array(ctypes.cast(p, ctypes.POINTER(ctypes.c_float)), (llama.n_vocab(),)).astype(np.float64)


# ---- the files ----


def measure(folder, arch, s, name, prompts, lora=None):
    path = os.path.join(folder, name + ".gguf")
    lora = lora and os.path.join(folder, lora)
    reference = Reference(arch, s, read_tensors(path), lora and read_tensors(lora))
    wanted = [reference.logits(p) for p in prompts]
    errors = np.abs(np.array(list(llama_cpp_logits(path, prompts, lora))) - np.array(wanted))[:, IDS]
    print(f"{name:12} {'adapted' if lora else '':8} mean {errors.mean():.2e} max {errors.max():.2e} spread {np.std(wanted):.2f}")
    return {
        "model": name + ".gguf",
        "adapter": lora and os.path.basename(lora),
        "llama_cpp_mae": round(float(errors.mean()), 6),
        "llama_cpp_max": round(float(errors.max()), 6),
        "logits": [[round(float(v), 4) for v in logits[IDS]] for logits in wanted],
    }


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "architectures")
    os.makedirs(folder, exist_ok=True)
    rng, lib = np.random.default_rng(20251128), load_ggml()
    prompts = [[int(t) for t in rng.integers(0, len(VOCABULARY), n)] for n in LENGTHS]
    cases = [("llama", SMALL, "F32", False), ("qwen3", SMALL, "F32", True), ("gpt2", GPT2, "F32", False)]
    shapes = {"K": FOR_K, "6": {**SMALL, "n_layer": 1}}  # by the last letter of the type
    cases += [("llama", shapes.get(t[-1], SMALL), t, False) for t in TYPES]
    cases += [("qwen3", FOR_K, "Q6_K", False), ("gpt2", GPT2, "Q8_0", True)]
    out = []
    for arch, s, kind, untied in cases:
        name = f"{arch}-{kind.lower()}"
        weights = random_weights(rng, arch, s, untied)
        write_model(os.path.join(folder, name + ".gguf"), lib, arch, s, weights, kind)
        out.append(measure(folder, arch, s, name, prompts))
        if kind == "F32" and arch != "llama":  # Llama's are tested against larger ones (logits.json)
            adapter = f"{arch}-adapter.gguf"
            write_adapter(os.path.join(folder, adapter), rng, arch, s)
            out.append(measure(folder, arch, s, name, prompts, adapter))
    compact = lambda v: json.dumps(v, separators=(",", ":"))
    with open(os.path.join(folder, "architectures.json"), "w", newline="\n") as f:
        f.write(f'{{"ids":{compact(IDS)},\n"prompts":{compact(prompts)},\n"cases":[\n' + ",\n".join(compact(c) for c in out) + "\n]}\n")


if __name__ == "__main__":
    main()
