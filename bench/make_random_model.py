#!/usr/bin/env python3
"""make_random_model.py OUT.gguf [--layers 28] [--untied] [--seed 1]

A model of Qwen3-0.6B's exact architecture and size (28 layers, 1024 wide, 3072 in the feed-forward part, 16 heads and 8 of
keys and values, 128 a head, vocabulary 151936, output matrix tied to the embedding) with random Q6_K weights: as fast and as
large as the published one (--untied: with an output matrix of its own, as the file that the published client fetches), and it
says nonsense. Its blocks are random too, not quantised: six bits and scales of every value, around zero, of such a size that
activations stay finite. The vocabulary is the 256 bytes, what Qwen's chat form needs, and fillers.
"""
import argparse

import gguf
import numpy as np

EMBD, FF, HEADS, KV, DIM, VOCAB, CONTEXT = 1024, 3072, 16, 8, 128, 151936, 40960
BLOCK, BLOCK_BYTES = 256, 210  # Q6_K: 128 bytes of low bits, 64 of high bits, 16 scales (int8), one f16 factor
MODULES = {
    "attn_q": (HEADS * DIM, EMBD),
    "attn_k": (KV * DIM, EMBD),
    "attn_v": (KV * DIM, EMBD),
    "attn_output": (EMBD, HEADS * DIM),
    "ffn_gate": (FF, EMBD),
    "ffn_up": (FF, EMBD),
    "ffn_down": (EMBD, FF),
}
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"]


def byte_spellings():
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in plain]
    return [chr(b) if b in plain else chr(256 + others.index(b)) for b in range(256)]


def add_tokenizer(w):
    plain = [*byte_spellings(), "th"]
    fillers = [f"filler{i}" for i in range(VOCAB - len(plain) - len(SPECIAL))]
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(plain + fillers + SPECIAL)
    w.add_token_types([1] * len(plain + fillers) + [3] * len(SPECIAL))
    w.add_token_merges(["t h"])
    w.add_bos_token_id(VOCAB - len(SPECIAL))
    w.add_eos_token_id(VOCAB - len(SPECIAL) + SPECIAL.index("<|im_end|>"))
    w.add_add_bos_token(False)


def add_shape(w, layers):
    w.add_name("Random weights in Qwen3-0.6B's shape")
    w.add_context_length(CONTEXT)
    w.add_embedding_length(EMBD)
    w.add_block_count(layers)
    w.add_feed_forward_length(FF)
    w.add_head_count(HEADS)
    w.add_head_count_kv(KV)
    w.add_key_length(DIM)
    w.add_value_length(DIM)
    w.add_layer_norm_rms_eps(1e-6)
    w.add_rope_freq_base(1e6)
    w.add_file_type(gguf.LlamaFileType.MOSTLY_Q6_K)


def q6_k(rng, rows, cols, spread):
    """Random blocks whose values have mean 0 and about this standard deviation."""
    n = rows * cols // BLOCK
    blocks = rng.integers(0, 256, (n, BLOCK_BYTES), np.uint8)
    scales = rng.integers(8, 25, (n, 16)) * rng.choice([-1, 1], (n, 16))
    blocks[:, 192:208] = scales.astype(np.int8).view(np.uint8)
    factor = spread / (18.5 * 17.1)  # deviations of the six bits and of the scales
    blocks[:, 208:] = (factor * rng.uniform(0.8, 1.2, (n, 1))).astype(np.float16).view(np.uint8)
    return blocks.reshape(rows, cols // BLOCK * BLOCK_BYTES)


def add_weights(w, rng, layers, untied):
    matrix = lambda name, rows, cols, spread: w.add_tensor(
        name + ".weight", q6_k(rng, rows, cols, spread), raw_dtype=gguf.GGMLQuantizationType.Q6_K
    )
    norm = lambda name, n: w.add_tensor(name + ".weight", (1 + 0.1 * rng.standard_normal(n)).astype(np.float32))
    for name in ["token_embd", *(["output"] if untied else [])]:
        matrix(name, VOCAB, EMBD, 0.05)
    norm("output_norm", EMBD)
    for i in range(layers):
        for name, n in (("attn_norm", EMBD), ("ffn_norm", EMBD), ("attn_q_norm", DIM), ("attn_k_norm", DIM)):
            norm(f"blk.{i}.{name}", n)
        for name, (rows, cols) in MODULES.items():
            matrix(f"blk.{i}.{name}", rows, cols, cols**-0.5)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("out")
    ap.add_argument("--layers", type=int, default=28)
    ap.add_argument("--untied", action="store_true")
    ap.add_argument("--seed", type=int, default=1)
    a = ap.parse_args()
    w = gguf.GGUFWriter(a.out, "qwen3")
    add_shape(w, a.layers)
    add_tokenizer(w)
    add_weights(w, np.random.default_rng(a.seed), a.layers, a.untied)
    for step in (w.write_header_to_file, w.write_kv_data_to_file, w.write_tensors_to_file, w.close):
        step()


if __name__ == "__main__":
    main()
