"""A tiny random base model on disk, a toy corpus, and ways to train on them."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import pre_tokenizers

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from paw_train import quant  # noqa: E402
from paw_train.base import Base, Hyper, load_base, random_base  # noqa: E402
from paw_train.gguf_file import write_gguf  # noqa: E402
from paw_train.loop import Trainer  # noqa: E402
from paw_train.tokenizer import Tokenizer  # noqa: E402
from paw_train.train import parser  # noqa: E402

torch.set_num_threads(1)


def tiny_tokenizer() -> Tokenizer:
    tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    merges = ["t h", "th e", "i n", "o r", "P r", "Pr in"]
    tokens += [m.replace(" ", "") for m in merges]
    return Tokenizer(tokens, merges, [3, 3, 3] + [1] * (len(tokens) - 3), eos=2)


@pytest.fixture(scope="session")
def base_path(tmp_path_factory) -> str:
    tokenizer = tiny_tokenizer()
    hyper = Hyper(2, 64, 96, 4, 2, 16, tokenizer.size, 10000.0, 1e-5)
    base = random_base(hyper, tokenizer)
    tokens, merges, types, eos, pre = tokenizer.vocabulary
    meta = {
        "general.architecture": "llama",
        "general.name": "Tiny 0M Random",
        "llama.block_count": hyper.layers,
        "llama.embedding_length": hyper.hidden,
        "llama.feed_forward_length": hyper.ffn,
        "llama.attention.head_count": hyper.heads,
        "llama.attention.head_count_kv": hyper.kv_heads,
        "llama.rope.freq_base": hyper.rope_base,
        "llama.attention.layer_norm_rms_epsilon": hyper.eps,
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.token_type": types,
        "tokenizer.ggml.eos_token_id": eos,
    }
    path = tmp_path_factory.mktemp("base") / "tiny.gguf"
    write_gguf(path, meta, [(k, v, quant.F32) for k, v in base.weights.items()])
    return str(path)


@pytest.fixture(scope="session")
def base(base_path) -> Base:
    return load_base(base_path)


@pytest.fixture(scope="session")
def toy_corpus(tmp_path_factory) -> str:
    """Functions whose answer is one of two labels named in the spec, chosen by the input's first letter."""
    words = "red blue oak pine fox owl tin zinc up down yes no hot cold day night cat dog".split()
    rows = []
    for n, (a, b) in enumerate(zip(words[::2], words[1::2])):
        cases = [{"input": f"{'x' if i % 2 else 'y'}{i}", "output": a if i % 2 else b} for i in range(14)]
        spec = f"{n}{n}{n}: Print {a} if it starts with x, else {b}."
        rows.append(
            {
                "id": f"toy-{n}",
                "category": "classification",
                "spec": spec,
                "spec_alt": [],
                "choices": [a, b],
                "cases": cases,
            }
        )
    path = tmp_path_factory.mktemp("corpus") / "toy.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in rows))
    return str(path)


@pytest.fixture
def make_trainer(base_path, toy_corpus):
    def make(folder, *options: str) -> Trainer:
        args = parser().parse_args(
            ["--base", base_path, "--corpus", toy_corpus, "--out", str(folder), "--train-on", "train,valid,test", "--lengths", "256,384",
             "--encoder-lengths", "128,256", "--tokens", "1024", "--workers", "1", "--warmup", "5", "--trunk", "64", "--bases", "4",
             "--prefix-tokens", "4", "--device", "cpu", "--augment", "0", "--max-cases", "6", "--examples-share", "0.2",
             "--eval-seconds", "0", "--log-every", "50", *options]
        )  # fmt: skip
        return Trainer(args, time.time())

    return make


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
