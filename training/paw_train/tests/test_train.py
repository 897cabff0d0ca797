"""Runs on a toy: learning, resuming, skipping bad steps, export and import, evaluation."""

import math

import numpy as np
import pytest
import torch

from paw_train.compiler import CompilerOptions, System
from paw_train.evaluate import EvalOptions, evaluate
from paw_train.export import export_compiler, import_compiler, load_system, options_of, system_of_checkpoint
from paw_train.gguf_file import GGUFFile
from paw_train.optimise import Average, Optimiser, parameter_groups
from paw_train.prompts import Prompts

CPU = torch.device("cpu")


def _last_rows(folder, n=1):
    rows = (folder / "metrics.csv").read_text().splitlines()
    head = rows[0].split(",")
    return [dict(zip(head, map(float, r.split(",")))) for r in rows[1:]][-n:]


def _learn(make_trainer, folder, *options):
    trainer = make_trainer(folder, "--export", "", "--no-final-save", "--save-seconds", "0", *options)
    assert trainer.train()
    return _last_rows(folder)[0], trainer


def test_fixed_learns(make_trainer, tmp_path):
    row, _ = _learn(
        make_trainer, tmp_path, "--mode", "fixed", "--steps", "400", "--lr", "5e-3", "--examples-share", "0"
    )
    assert row["exact"] > 0.35 and row["loss"] < 1.0, row


def test_compiled_learns_what_only_the_encoder_sees(make_trainer, tmp_path):
    row, trainer = _learn(
        make_trainer, tmp_path, "--steps", "400", "--lr", "3e-3", "--prompt-drop", "1", "--examples-share", "0"
    )
    assert row["exact"] > 0.6, row  # the prompt says nothing of the labels: only the adapter can


def test_resume_is_exact(make_trainer, tmp_path):
    options = (
        "--steps",
        "8",
        "--adapter-dropout",
        "0.1",
        "--fake-quant",
        "0.5",
        "--export",
        "",
        "--examples-share",
        "0.5",
    )
    whole = make_trainer(tmp_path / "whole", *options)
    assert whole.train()
    half = make_trainer(tmp_path / "half", *options)
    half.schedule.call_ended = lambda: half.step >= 3
    assert not half.train()
    rest = make_trainer(tmp_path / "half", *options, "--resume")
    assert rest.step == 3 and rest.train()
    for a, b in zip(whole.system.parameters(), rest.system.parameters()):
        assert torch.equal(a, b)
    for a, b in zip(whole.average.values, rest.average.values):
        assert torch.equal(a, b)


def test_bad_steps_change_nothing(base):
    system = System(base, CompilerOptions(bases=4, trunk=64, prefix_tokens=4), torch.float32)
    groups = parameter_groups(system, 1e-3, 2e-3, 0.01)
    optimiser = Optimiser(groups)
    average = Average(optimiser.parameters, 0.9)
    for bad in (False, True, False):
        before = [p.detach().clone() for p in optimiser.parameters]
        for p in optimiser.parameters:
            p.grad = torch.full_like(p, math.nan if bad else 0.1)
        optimiser.step(1.0)
        average.update(5)
        same = all(torch.equal(a, b) for a, b in zip(before, optimiser.parameters))
        assert same == bad and all(torch.isfinite(p).all() for p in optimiser.parameters)
    assert float(optimiser.skipped) == 1
    assert {g["name"] for g in groups} == {"encoder", "adapter", "mapper"}


@pytest.mark.parametrize("options", [{}, {"mode": "fixed"}, {"static": False}, {"encoder": "frozen"}])
def test_export_round_trip(base, base_path, tmp_path, options):
    torch.manual_seed(0)
    system = System(base, CompilerOptions(**({"bases": 4, "trunk": 64, "prefix_tokens": 4} | options)), torch.float32)
    for p in system.compiler.parameters():
        p.data += 0.05 * torch.randn_like(p)
    first, second = str(tmp_path / "a.gguf"), str(tmp_path / "b.gguf")
    export_compiler(first, system, base, Prompts(), "tiny", "tiny-1", small=True)
    loaded, renderer = load_system(base_path, first, None, torch.float32, CPU)
    assert renderer.prompts == Prompts()
    export_compiler(second, loaded, base, renderer.prompts, "tiny", "tiny-1", small=True)
    a, b = GGUFFile(first), GGUFFile(second)
    assert a.meta == b.meta and a.info == b.info
    for name in a.info:
        assert np.allclose(a.tensor(name), b.tensor(name), atol=2e-3 * max(1e-3, np.abs(a.tensor(name)).max())), name
    for (name, p), q in zip(system.named_parameters(), loaded.parameters()):
        if "layer_logits" not in name:
            assert (p - q).abs().max() < 0.2 * p.abs().max() + 1e-6, name


def test_fixed_starts_a_compiled_one(base, tmp_path):
    fixed = System(base, CompilerOptions("fixed"), torch.float32)
    fixed.compiler.static.b["attn_q"].data += 1
    path = str(tmp_path / "f.gguf")
    export_compiler(path, fixed, base, Prompts(), "tiny", "tiny-1")
    system = System(base, CompilerOptions(bases=4, trunk=64, prefix_tokens=4), torch.float32)
    f = GGUFFile(path)
    assert import_compiler(f, system) == ["static"] and options_of(f).mode == "fixed"
    assert torch.allclose(system.compiler.static.b["attn_q"], fixed.compiler.static.b["attn_q"], atol=1e-2)


def test_run_to_the_end(make_trainer, tmp_path, toy_corpus):
    trainer = make_trainer(
        tmp_path, "--steps", "6", "--export", "full,small", "--split-mib", "0.5", "--suite", f"toy={toy_corpus}",
        "--eval-every", "3", "--eval-seconds", "60", "--max-specs", "6", "--eval-specs", "3",
        "--input-twice", "--input-loss", "0.1",
    )  # fmt: skip
    assert trainer.train()
    trainer.finish()
    for name in (
        "log.txt",
        "metrics.csv",
        "evals.csv",
        "checkpoint.pt",
        "compiler-full.gguf",
        "compiler-small.gguf.part0",
        "results.json",
        "curves.png",
    ):
        assert (tmp_path / name).exists(), name
    trainer.average.swap()
    saved, prompts = system_of_checkpoint(trainer.base, str(tmp_path / "checkpoint.pt"))
    assert prompts == trainer.prompts != Prompts()
    assert all(torch.equal(a, b) for a, b in zip(saved.parameters(), trainer.system.parameters()))


def test_evaluation_figures(base, toy_corpus):
    """Scores agree with a greedy decode and a plain ranking, case by case."""
    from paw_train import corpus
    from paw_train.data import Renderer

    functions = corpus.load([toy_corpus])[:3]
    torch.manual_seed(0)
    system = System(base, CompilerOptions("fixed"), torch.float32)
    renderer = Renderer(base.tokenizer, Prompts())
    results = evaluate(system, renderer, {"toy": functions}, EvalOptions(examples=(0, 2), tokens=2048), CPU)
    model, lora = system.interpreter, system.adapter(None)

    def log_probs(tokens):
        with torch.no_grad():
            x = model(model.embed(torch.tensor([tokens])), torch.arange(len(tokens))[None], None, lora)
            return model.logits(x[0]).log_softmax(-1)

    exact = ranked = n = 0
    for f in functions:
        prefix = renderer.prefix(f.spec, [])
        for case in f.cases[4:]:
            n += 1
            prompt = prefix + renderer.input(case.input)
            totals = []
            for choice in f.choices:
                out = renderer.output(choice)
                lp = log_probs(prompt + out)[len(prompt) - 1 : -1]
                totals.append(float(lp[range(len(out)), out].sum()))
                if choice == case.output:
                    exact += lp.argmax(-1).tolist() == out
            ranked += f.choices[int(np.argmax(totals))] == case.output
    figures = results["toy"]["0"]
    assert figures["n"] == n == 30 and not figures["partial"] and results["toy"]["2"]["n"] == 30
    assert abs(figures["em"] - 100 * exact / n) < 0.01 and abs(figures["ranked"] - 100 * ranked / n) < 0.01


def test_golden_file(base, base_path, tmp_path, monkeypatch):
    """The golden vectors follow from the compiler file by the format's own formulas."""
    from paw_train import golden
    from paw_train.base import MODULES

    torch.manual_seed(0)
    system = System(base, CompilerOptions(bases=4, trunk=64, prefix_tokens=4), torch.float32)
    for p in system.compiler.parameters():
        p.data += 0.05 * torch.randn_like(p)
    path, out = str(tmp_path / "c.gguf"), str(tmp_path / "g.gguf")
    export_compiler(path, system, base, Prompts(), "tiny", "tiny-1", small=True)
    monkeypatch.setattr("sys.argv", ["golden", "--base", base_path, "--compiler", path, "--out", out])
    golden.main()
    c, g = GGUFFile(path), GGUFFile(out)
    for i in range(3):
        h, w = g.tensor(f"golden.{i}.h"), c.tensor("mapper.layer_weight")
        assert g.meta["golden.layers"] == [0, 1]
        assert np.allclose(h, w @ g.tensor(f"golden.{i}.states"), atol=1e-5) and abs(w.sum() - 1) < 1e-5
        x = c.tensor("mapper.trunk.weight") @ h + c.tensor("mapper.trunk.bias")
        z = 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
        coefficients = c.tensor("mapper.coeff_head.weight") @ z + c.tensor("mapper.coeff_head.bias")
        assert np.allclose(coefficients, g.tensor(f"golden.{i}.coefficients").reshape(-1), atol=1e-4)
        m = MODULES.index("attn_q")
        k = coefficients.reshape(2, 7, 4, 2)[1, m, :, 1]
        b = c.tensor("adapter.blk.1.attn_q.weight.lora_b") + np.tensordot(k, c.tensor("mapper.attn_q.b_bases"), 1)
        assert np.allclose(np.linalg.norm(b), g.tensor(f"golden.{i}.b_norm")[1, m], rtol=1e-4)
        assert np.allclose(b.reshape(-1)[:: b.size // 8][:8], g.tensor(f"golden.{i}.b_sample")[1, m], atol=1e-4)
