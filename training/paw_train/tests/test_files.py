"""Block formats and GGUF files against the gguf package, and templates."""

import numpy as np
import pytest
import torch

from paw_train import quant
from paw_train.compiler import fake_quantise
from paw_train.gguf_file import GGUFFile, joined, split_file, write_gguf
from paw_train.prompts import Prompts

KINDS = ["Q4_0", "Q8_0", "F16", "F32"]


def _values(rng):
    x = rng.standard_normal((7, 96)).astype(np.float32)
    x[0, :32], x[1, 3], x[2, :32] = 0.0, 40.0, np.linspace(-1, 1, 32)
    return x


@pytest.mark.parametrize("name", KINDS)
def test_quantisers_equal_gguf(rng, name):
    gguf = pytest.importorskip("gguf")
    x, kind = _values(rng), quant.TYPES[name]
    theirs = gguf.quants.quantize(x, gguf.GGMLQuantizationType[name])
    ours = quant.quantise(x, kind)
    assert np.array_equal(ours, np.ascontiguousarray(theirs).view(np.uint8).reshape(-1))
    assert np.array_equal(
        quant.dequantise(ours, kind, x.shape), gguf.quants.dequantize(theirs, gguf.GGMLQuantizationType[name])
    )


def test_dequantise_q4_1_equals_gguf(rng):
    gguf = pytest.importorskip("gguf")
    kind = gguf.GGMLQuantizationType.Q4_1
    raw = gguf.quants.quantize(_values(rng), kind)
    assert np.array_equal(quant.dequantise(raw, quant.Q4_1, (7, 96)), gguf.quants.dequantize(raw, kind))


def test_fake_quant_equals_q4_0(rng):
    x = _values(rng)
    x[2, 31] = 0.5  # a tie of magnitudes goes to the first in ggml, to the positive one here
    expected = quant.dequantise(quant.quantise(x, quant.Q4_0), quant.Q4_0, x.shape)
    t = torch.from_numpy(x).requires_grad_(True)
    y = fake_quantise(t)
    y.sum().backward()
    assert np.array_equal(y.detach().numpy(), expected) and bool((t.grad == 1).all())


def test_gguf_round_trip(tmp_path, rng):
    gguf = pytest.importorskip("gguf")
    x = _values(rng)
    meta = {"general.architecture": "x", "n": 3, "f": 0.5, "b": True, "s": ["a", "bé"], "i": [1, -2]}
    path = str(tmp_path / "a.gguf")
    write_gguf(path, meta, [("q", x, quant.Q8_0), ("h", x[:, :5], quant.F16), ("v", x[0], quant.F32)])
    f = GGUFFile(path)
    assert f.meta == meta and f.info["h"].shape == (7, 5)
    assert np.array_equal(f.tensor("v"), x[0])
    reader = gguf.GGUFReader(path)
    assert [t.name for t in reader.tensors] == ["q", "h", "v"] and list(reader.tensors[0].shape) == [96, 7]
    parts = split_file(path, 1000)
    assert len(parts) > 1
    with open(joined(",".join(map(str, parts))), "rb") as a, open(path, "rb") as b:
        assert a.read() == b.read()


def test_templates_fill_once():
    p = Prompts()
    spec = "Return {examples} or {pseudo} as {INPUT_PLACEHOLDER}"
    text = p.pseudo(spec, [("{output}", "{spec}")])
    assert (
        text == f"[PSEUDO_PROGRAM]\nTask: {spec}\nExamples:\nInput: {{output}}\nOutput: {{spec}}\n[END_PSEUDO_PROGRAM]"
    )
    assert p.prefix(text) == f"<|im_start|>user\n{text}\n\n[INPUT]\n"
    assert p.encode(text) == f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n"
    assert p.suffix == "\n[END_INPUT]<|im_end|>\n<|im_start|>assistant\n"
    assert p.filled("{pseudo}") == "{pseudo}" + p.suffix
    twice = Prompts.of_options({"input_twice": True})
    assert twice.prefix(text) == p.prefix(text) and twice.suffix == p.suffix and twice.filled("#").count("#") == 2
    assert Prompts.of_options({}) == p == Prompts.of_options({"input_twice": False})
    assert Prompts.from_metadata(p.metadata("k."), "k.") == p and "k.pseudo.examples_header" in p.metadata("k.")
