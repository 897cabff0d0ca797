"""The model against itself: packed and unpacked, and the tree mask of candidates."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from paw_train import model
from paw_train.compiler import CompilerOptions, System
from paw_train.packing import Item, Row, pack

OPTIONS = CompilerOptions(rank=32, bases=4, trunk=64, prefix_tokens=4)


def _stir(system: System) -> System:
    """Give the parts that start at zero some value."""
    torch.manual_seed(1)
    for p in system.compiler.parameters():
        p.data += 0.05 * torch.randn_like(p)
    return system


def _rows(rng) -> list[Row]:
    draw = lambda n: rng.integers(3, 200, n).tolist()  # noqa: E731
    return [
        Row(draw(20 + r), [Item(draw(9 + i), [draw(3) + [2]]) for i in range(3)], draw(15 + 3 * r)) for r in range(2)
    ]


def _scores(system, rows, length, encode=40):
    batch = pack(rows, length, encode, 4)
    t = {k: torch.from_numpy(v) for k, v in batch.items()}
    with torch.no_grad():
        coefficients = system.encode(t["enc_ids"], t["enc_len"].long()) if system.compiler.mapper else None
    return system.scores(t, system.adapter(coefficients), int(batch["cands"]))[0]


@pytest.mark.parametrize("mode", ["compiled", "fixed"])
def test_packing_changes_nothing(base, rng, mode):
    system = _stir(System(base, CompilerOptions(mode, 32, 4, 64, 4), torch.float32))
    rows = _rows(rng)
    packed = _scores(system, rows, 128)
    alone = [_scores(system, [Row(r.prefix, [i], r.encode)], r.size, len(r.encode) + 4) for r in rows for i in r.items]
    assert torch.allclose(packed, torch.cat(alone), atol=2e-4)


def test_plain_forward_agrees(base, rng):
    """A packed case equals a plain causal pass over its tokens, written without the block function's masks."""
    system = _stir(System(base, CompilerOptions("fixed", 32), torch.float32))
    row = _rows(rng)[0]
    item = row.items[1]
    tokens = [*row.prefix, *item.input, *item.candidates[0]]
    lm = system.interpreter
    with torch.no_grad():
        x = lm(lm.embed(torch.tensor([tokens])), torch.arange(len(tokens))[None], None, system.adapter(None))
        logits = lm.logits(x[0]).log_softmax(-1)
    n = len(item.candidates[0])
    expected = sum(float(logits[len(tokens) - n + i - 1, t]) for i, t in enumerate(item.candidates[0]))
    assert abs(float(_scores(system, [row], 128)[1]) - expected) < 2e-4


def test_learnt_inputs_are_predicted_in_place(base, rng):
    """Targets of input tokens stand where a plain pass predicts them, and weigh what they should."""
    system = _stir(System(base, CompilerOptions("fixed", 32), torch.float32))
    rows = _rows(rng)
    for row in rows:
        for item in row.items:
            item.learn = 5
    plain, learnt = pack(rows, 128), pack(rows, 128, input_weight=0.5)
    outputs = int((plain["weight"] > 0).sum())
    added = learnt["weight"] > 0
    added[:outputs] = False
    assert added.sum() == 5 * 6 and abs(learnt["weight"][added].sum() - 0.5) < 1e-6
    assert (learnt["cand"][added] == learnt["cands"]).all()
    flat, where = learnt["ids"].reshape(-1), learnt["src"][added].reshape(6, 5)
    assert (flat[where[:, 1:]] == learnt["tgt"][added].reshape(6, 5)[:, :-1]).all()
    assert all(p[0] % 128 == len(rows[n // 3].prefix) - 1 for n, p in enumerate(where))
    loss = [float(system.loss({k: torch.from_numpy(v) for k, v in b.items()}, 6)[0].detach()) for b in (plain, learnt)]
    assert loss[1] > loss[0] + 0.5


def test_candidates_share_their_input(base, rng):
    system = _stir(System(base, OPTIONS, torch.float32))
    row = _rows(rng)[0]
    item = row.items[0]
    several = [item.candidates[0], [7, 2], [9, 8, 11, 2]]
    tree = _scores(system, [Row(row.prefix, [Item(item.input, several), row.items[1]], row.encode)], 128)
    alone = [_scores(system, [Row(row.prefix, [Item(item.input, [c])], row.encode)], 128) for c in several]
    assert torch.allclose(tree[:3], torch.cat(alone), atol=2e-4) and tree.shape == (4,)


def test_flex_attention_agrees(rng):
    """Forward only: flex attention has no gradients on a CPU."""
    batch = pack(_rows(rng), 128)
    seg, par = torch.from_numpy(batch["seg"]), torch.from_numpy(batch["par"])
    q, k, v = torch.randn(2, 4, 128, 16), torch.randn(2, 2, 128, 16), torch.randn(2, 2, 128, 16)
    plain = model._attend_sdpa(q, k, v, model.attention_mask(seg, par, torch.float32))
    assert torch.allclose(model._attend_flex(q, k, v, model.flex_mask(seg, par)), plain, atol=1e-5)


def test_compiled_block_agrees(base, rng):
    rows = _rows(rng)
    batch = {k: torch.from_numpy(v) for k, v in pack(rows, 128, 40, 4).items()}
    system = _stir(System(base, OPTIONS, torch.float32))
    results = []
    for compiled in (False, True):
        if compiled:
            try:
                system.interpreter.block = torch.compile(
                    system.interpreter.block, dynamic=False, fullgraph=True, backend="aot_eager"
                )
                system.encoder.block = torch.compile(
                    system.encoder.block, dynamic=False, fullgraph=True, backend="aot_eager"
                )
            except RuntimeError as error:
                pytest.skip(str(error))
            torch._dynamo.utils.counters.clear()
        system.zero_grad()
        loss, _ = system.loss(batch, int(batch["cands"]))
        loss.backward()
        results.append([float(loss)] + [float(p.grad.norm()) for p in system.compiler.parameters()])
    assert np.allclose(results[0], results[1], rtol=2e-3, atol=1e-6)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 2  # one for the encoder, one for the interpreter


def test_rms_norm_has_unit_scale():
    x = torch.randn(3, 64) * 7
    assert torch.allclose(model.rms_norm(x, torch.ones(64), 1e-5).pow(2).mean(-1), torch.ones(3), atol=1e-4)


def test_pooling(base, rng):
    """What is pooled by each name, whatever the padding; an unknown name is refused."""
    text = torch.from_numpy(rng.integers(3, 200, 20))
    h = {}
    for pool in ("prefix", "text", "final"):
        torch.manual_seed(0)  # the same compiler each time
        system = _stir(System(base, replace(OPTIONS, pool=pool), torch.float32))
        for room in (24, 40):
            ids = torch.zeros(1, room, dtype=torch.long)
            ids[0, :20] = text
            with torch.no_grad():
                states = system.prefix_states(ids, torch.tensor([20]))
                h[pool, room] = system.pool(states)[0]
        assert torch.allclose(h[pool, 24], h[pool, 40], atol=1e-5)
        assert states.shape[2] == (1 if pool == "text" else 4)
        if pool == "final":
            assert torch.allclose(h[pool, 40], states[-1, 0].mean(0))
    assert len({tuple(v.tolist()) for (_, room), v in h.items() if room == 24}) == 3
    with pytest.raises(ValueError, match="pool"):
        System(base, replace(OPTIONS, pool="max"), torch.float32)
