#!/usr/bin/env python3
"""choices_task.py OUT [--held-out] CORPUS...: the reading of closed sets out of specs, as a fuzzy function of its own.

Its inputs are the wordings of the corpus's specs, its outputs their labels, one a line, or `open`. It is how a compiler learns
to find closed sets (`docs/typed-functions.md`). Written as functions of 12 cases each that share one spec, from the training
split; with --held-out from the other splits, in one function for each of valid and test. Run from `training/`.
"""
from __future__ import annotations

import json
import os
import random
import sys
from dataclasses import replace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from paw_train import augment, corpus  # noqa: E402
from paw_train.prompts import CHOICES_SPEC  # noqa: E402

MOST = 40  # labels of a set that is learnt


def labels_in_order(text: str, choices) -> list[str]:
    """The labels, in the order in which the text first names them; those that it does not name come last."""
    at = {c: m.start() for c in choices if (m := augment._finder([c]).search(text))}
    return sorted(choices, key=lambda c: (c not in at, at.get(c, 0), choices.index(c)))


def answer(text: str, choices) -> str:
    return "\n".join(labels_in_order(text, list(choices))) if choices else "open"


def readings(function: corpus.Function, rng: random.Random):
    """(wording, choices): each as it stands, and of each closed one another reading with labels renamed or reordered."""
    rates = augment.Rates(recode=0.15, restyle=0.4, reorder=0.5, spec_noise=0.25, input_noise=0, with_examples=0)
    for wording in function.wordings:
        yield wording, function.choices
        if function.choices and rng.random() < 0.6 or rng.random() < 0.15:
            one = replace(function, wordings=(wording,))
            task = augment.sample_task(one, rng, rates)
            if task.spec != wording:
                yield task.spec, task.choices


def cases_of(functions, rng: random.Random) -> list[dict]:
    made = {}
    for f in functions:
        if len(f.choices) <= MOST and not any("\n" in c for c in f.choices):
            for text, choices in readings(f, rng):
                made.setdefault(text, answer(text, choices))
    return [{"input": k, "output": v} for k, v in made.items()]


def main() -> None:
    args = sys.argv[1:]
    held_out = "--held-out" in args
    out, *files = [a for a in args if a != "--held-out"]
    parts, rng = corpus.split(corpus.load(files)), random.Random(7)
    with open(out, "w", encoding="utf-8") as f:
        for name in ("valid", "test") if held_out else ("train",):
            cases = cases_of(parts[name], rng)
            if held_out:
                cases = [{"input": w, "output": answer(w, g.choices)} for g in parts[name] for w in g.wordings]
            else:
                rng.shuffle(cases)
            size = len(cases) if held_out else 12
            for n, at in enumerate(range(0, len(cases), size)):
                row = {"id": f"choices-{name}-{n}", "category": "extraction", "spec": CHOICES_SPEC, "cases": cases[at : at + size]}
                f.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{out}: {len(cases)} cases in the last part")


if __name__ == "__main__":
    main()
