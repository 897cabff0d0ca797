#!/usr/bin/env python3
"""make_random_adapter.py MODEL.gguf OUT.gguf [--rank 64] [--alpha 16] [--seed 1] [--program OUT.paw]

A LoRA adapter with random Q4_0 weights for every linear layer of a model, as llama.cpp reads adapters; and on request the
program that it makes, for measuring: a prompt as long as programs have it, and answers that say nothing.
"""
import argparse
import hashlib
import json
import os
import re
import zipfile

import gguf
import numpy as np

STEMS = "attn_q attn_k attn_v attn_qkv attn_output ffn_gate ffn_up ffn_down"
PSEUDO = (  # 120 tokens of SmolLM2's; 250 bytes of it are taken where a byte is a token
    "Task: Read a message that a customer has sent and print the one label that says best what it is about: billing, bug, "
    "feature_request or praise. Print the label alone.\nExamples:\n"
    "Input: I was charged twice for March\nOutput: billing\nInput: The export button does nothing\nOutput: bug\n"
    "Input: Could you add a dark theme?\nOutput: feature_request\nInput: Love the new editor\nOutput: praise\n"
)


def q4_0(rng, rows, cols):
    """Random blocks (f16 factor, 32 values of -8 to 7), values of deviation 1 / sqrt(cols)."""
    n = rows * cols // 32
    blocks = rng.integers(0, 256, (n, 18), np.uint8)
    factor = cols**-0.5 / 4.6
    blocks[:, :2] = (factor * rng.uniform(0.8, 1.2, (n, 1)) * rng.choice([-1, 1], (n, 1))).astype(np.float16).view(np.uint8)
    return blocks.reshape(rows, cols // 32 * 18)


def write_adapter(reader, architecture, a):
    rng = np.random.default_rng(a.seed)
    w = gguf.GGUFWriter(a.out, architecture)
    w.add_type("adapter")
    w.add_string("adapter.type", "lora")
    w.add_float32("adapter.lora.alpha", a.alpha)
    for t in reader.tensors:
        if re.fullmatch(rf"blk\.\d+\.({STEMS.replace(' ', '|')})\.weight", t.name):
            cols, rows = (int(n) for n in t.shape)
            for part, r, c in (("a", a.rank, cols), ("b", rows, a.rank)):
                w.add_tensor(f"{t.name}.lora_{part}", q4_0(rng, r, c), raw_dtype=gguf.GGMLQuantizationType.Q4_0)
    for step in (w.write_header_to_file, w.write_kv_data_to_file, w.write_tensors_to_file, w.close):
        step()


def write_program(architecture, a):
    runtime = {"llama": "smollm2-135m-q4_1", "qwen3": "qwen3-0.6b-q6_k", "gpt2": "gpt2-q8_0"}[architecture]
    pseudo = PSEUDO[:250] if architecture == "qwen3" else PSEUDO
    prompt = f"<|im_start|>user\n{pseudo}\n[INPUT]\n{{INPUT_PLACEHOLDER}}\n[END_INPUT]<|im_end|>\n<|im_start|>assistant\n"
    meta = {
        "version": 3,
        "program_id": hashlib.sha256(f"{architecture} {a.rank} {a.seed}".encode()).hexdigest()[:20],
        "spec": "Random weights, for measuring.",
        "compiler_snapshot": "random",
        "runtime_id": runtime,
        "runtime_manifest_version": 1,
        "lora_rank": a.rank,
        "lora_alpha": a.alpha,
    }
    with zipfile.ZipFile(a.program, "w", zipfile.ZIP_DEFLATED) as z:
        z.write(a.out, "adapter.gguf")
        for name, text in (("prompt_template.txt", prompt), ("meta.json", json.dumps(meta)), ("pseudo_program.txt", pseudo)):
            z.writestr(name, text)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("model")
    ap.add_argument("out")
    ap.add_argument("--rank", type=int, default=64)
    ap.add_argument("--alpha", type=float, default=16)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--program", help="also write a program with it here")
    a = ap.parse_args()
    reader = gguf.GGUFReader(a.model)
    architecture = reader.fields["general.architecture"].contents()
    write_adapter(reader, architecture, a)
    if a.program is not None:
        write_program(architecture, a)
    print(a.out, os.path.getsize(a.out), "bytes")


if __name__ == "__main__":
    main()
