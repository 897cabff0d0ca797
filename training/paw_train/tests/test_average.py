"""Averaged compilers."""

import sys

import pytest
import torch

from paw_train import average
from paw_train.compiler import CompilerOptions, System
from paw_train.export import Formats, export_compiler
from paw_train.base import load_base
from paw_train.prompts import Prompts
from paw_train.quant import F32

EXACT = Formats(*[F32] * 7)


def _compiler(path, base, seed, rank=32, **more):
    torch.manual_seed(seed)
    system = System(base, CompilerOptions(rank=rank, bases=3, trunk=8, prefix_tokens=2), torch.float32)
    for p in system.compiler.parameters():
        p.data.normal_()
    system.compiler.mapper.layer_logits.data.zero_()
    export_compiler(str(path), system, base, Prompts(), "n", "s", formats=EXACT, more=more)
    return system.compiler


def test_the_mean_of_two_files(base_path, tmp_path, monkeypatch):
    base = load_base(base_path)
    a = _compiler(tmp_path / "a.gguf", base, 1, **{"choices.spec": "list", "choice_temperature": 4.0})
    b = _compiler(tmp_path / "b.gguf", base, 2)
    files = [str(tmp_path / "a.gguf"), str(tmp_path / "b.gguf")]
    system, prompts, more = average.mean_of(files, [3, 1], base)
    theirs = dict(a.named_parameters()), dict(b.named_parameters())
    for name, p in system.compiler.named_parameters():
        if name == "mapper.layer_logits":  # a file holds their softmax
            assert torch.allclose(p.softmax(0), torch.full_like(p, 1 / len(p)))
        else:
            assert torch.allclose(p, 0.75 * theirs[0][name] + 0.25 * theirs[1][name], atol=1e-5)
    assert prompts == Prompts() and more == {"choices.spec": "list", "choice_temperature": 4.0}
    out = str(tmp_path / "mean.gguf")
    monkeypatch.setattr(sys, "argv", ["average", "--base", base_path, "--out", out, "--small", *files])
    average.main()
    again, _, kept = average.mean_of([out], [1], base)
    assert kept == more and again.options == system.options


def test_what_does_not_fit_is_refused(base_path, tmp_path):
    base = load_base(base_path)
    _compiler(tmp_path / "a.gguf", base, 1)
    _compiler(tmp_path / "b.gguf", base, 2, rank=64)
    with pytest.raises(ValueError, match="rank=64"):
        average.mean_of([str(tmp_path / "a.gguf"), str(tmp_path / "b.gguf")], [1, 1], base)
    with pytest.raises(ValueError, match="weights"):
        average.mean_of([str(tmp_path / "a.gguf")], [1, 1], base)
