"""Splits, augmentation and batches."""

import random

import numpy as np

from paw_train import augment, corpus
from paw_train.data import WINDOW, BatchMaker, DataOptions, Renderer, shapes_of
from paw_train.prompts import Prompts
from paw_train.workers import Loader


def _function(n: int, spec: str, **kw) -> corpus.Function:
    return corpus.parse({"id": f"f{n}", "spec": spec, "cases": [{"input": "a", "output": "b"}]} | kw)


def test_splits_are_stable_and_keep_twins_together():
    words = [f"w{i}" for i in range(400)]
    rng = random.Random(0)
    functions = [_function(n, " ".join(rng.sample(words, 12))) for n in range(300)]
    twin = _function(1000, functions[5].spec + " and one more")
    split = corpus.split(functions + [twin])
    where = {f.id: name for name, fs in split.items() for f in fs}
    assert where["f1000"] == where["f5"] and corpus.group_keys(functions + [twin])["f5"] == "f1000"
    again = corpus.split(list(reversed(functions)) + [twin])
    assert {f.id: name for name, fs in again.items() for f in fs} == where
    grown = corpus.split(functions + [twin, _function(2000, "nothing alike at all here")])
    assert {f.id: n for n, fs in grown.items() for f in fs if f.id != "f2000"} == where
    assert 2 <= len(split["valid"]) <= 30 and 2 <= len(split["test"]) <= 30
    assert corpus.split_of("dev-review-comment") == corpus.split_of("dev-review-comment")


def test_restyle_and_reorder_are_careful():
    rng = random.Random(0)
    text = "Route to card_lost, pin_change or other. Unknown payments are card_lost."
    new, mapping = augment.restyle(text, ("card_lost", "pin_change", "other"), rng)
    assert all(v in new for v in mapping.values()) and new.count(mapping["card_lost"]) == 2
    assert augment.restyle("Print lower case spam or ham", ("spam", "ham"), rng) is None
    assert augment.restyle("Is it on? No idea means no: yes or no", ("yes", "no"), rng) is None
    assert augment.restyle("good or bad", ("good", "ugly"), rng) is None
    out = {
        augment.reorder("Pick red, green or blue. red is hot.", ("red", "green", "blue"), random.Random(s))
        for s in range(20)
    }
    assert len(out) == 6 and all(o.endswith(". red is hot.") for o in out)
    assert augment.reorder("Pick red or blue; the first wins.", ("red", "blue"), rng) is None


def test_recode_is_a_bijection():
    for seed in range(200):
        made = augment.recode("Say spam or ham", ("spam", "ham"), random.Random(seed))
        if made:
            assert len(set(made[1].values())) == 2 and all(v in made[0] for v in made[1].values())


def test_noise_spares_what_matters():
    text = 'Print None or "Some Thing" for ERR_42, code {"a":1}; otherwise describe matters'
    for seed in range(100):
        out = augment.spec_noise(text, {"none", "otherwise"}, random.Random(seed))
        assert all(piece in out for piece in ("None", '"Some Thing"', "ERR_42", '{"a":1}', "otherwise"))


def test_sentences_move_and_examples_go():
    text = 'Print a or b. Say "x. Y" as it is. Never c.\nA list:\n- one\nInput: q. Output: a\nInput: r\nOutput: b'
    seen = {augment.shuffle_sentences(text, random.Random(s)) for s in range(40)}
    assert len(seen) == 6 and all(s.endswith("A list:\n- one\nInput: q. Output: a\nInput: r\nOutput: b") for s in seen)
    assert all(sorted(s) == sorted(text) for s in seen)
    assert augment.without_examples(text) == 'Print a or b. Say "x. Y" as it is. Never c.\nA list:\n- one'
    assert augment.without_examples("Print the larger one. Example: 3 and 4 give 4. Ties: either.") == "Print the larger one. Ties: either."
    assert augment.without_examples("Input: a\nOutput: b") == "Input: a\nOutput: b"
    assert augment.without_examples("Take the input: it is a name. Print its output form.") != ""


def test_task_outputs_follow_the_labels(toy_corpus):
    rates = augment.Rates(0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, wrap=0, override=0)  # these add answers
    for f in corpus.load([toy_corpus]):
        for seed in range(30):
            task = augment.sample_task(f, random.Random(seed), rates)
            assert {c.output for c in task.cases} <= set(task.choices) and task.cases
            assert not {c.input for c in task.examples} & {c.input for c in task.cases}


def test_windows_follow_from_the_seed(base, toy_corpus):
    functions = corpus.load([toy_corpus])
    options = DataOptions(shapes=tuple(shapes_of([256, 384], [128, 256], 1024)), prefix_tokens=4, max_cases=6)
    maker = BatchMaker(Renderer(base.tokenizer, Prompts()), functions, functions[:2], options)
    window, again = maker.window(1), maker.window(1)
    assert len(window) == WINDOW
    for a, b in zip(window, again):
        assert all(np.array_equal(a[k], b[k]) for k in a)
        assert {a["ids"].shape, a["enc_ids"].shape} in ({(4, 256), (4, 128)}, {(2, 384), (2, 256)})
        assert abs(float(a["weight"].sum()) - float(np.sqrt(np.bincount(a["cand"])[: int(a["cands"])]).mean())) < 1e-4
    assert not all(np.array_equal(a["src"], b["src"]) for a, b in zip(window, maker.window(1, rank=1)))
    loader = Loader(base.tokenizer, Prompts(), functions, functions[:2], options, step=WINDOW + 3, workers=2)
    got = next(iter(loader))
    loader.close()
    assert all(np.array_equal(got[k], window[3][k]) for k in got)
