#!/usr/bin/env python3
"""examples_task.py OUT CORPUS...: the writing of examples from specs, as a fuzzy function of its own.

Its inputs are the wordings of the training specs, its outputs three of the spec's cases as a pseudo-program shows them: a
compiler trained on it is a pseudo-program head, which `docs/results.md` weighs. Written as functions of 12 cases each that
share one spec. Run from `training/`.
"""
from __future__ import annotations

import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from paw_train import corpus  # noqa: E402

SPEC = "Write three examples of the described function: an input that it may be given, and the output it must print for it."
SHOWN, LONGEST = 3, 800  # examples, characters of all of them


def example(case: corpus.Case) -> str:
    return f"Input: {case.input}\nOutput: {case.output}"


def examples_of(function: corpus.Function, rng: random.Random) -> str | None:
    """Three short cases, with as many different outputs as they can have; None where they are too long or have no line each."""
    cases = [c for c in function.cases if "\n" not in c.input + c.output]
    rng.shuffle(cases)
    cases.sort(key=lambda c: len(c.input) > 160)  # stable: short ones first, in random order
    chosen: list[corpus.Case] = []
    for fresh in (True, False):
        for c in cases:
            if len(chosen) < SHOWN and c not in chosen and (not fresh or c.output not in [d.output for d in chosen]):
                chosen.append(c)
    text = "\n".join(example(c) for c in chosen)
    return text if len(chosen) == SHOWN and len(text) <= LONGEST else None


def main() -> None:
    out, *files = sys.argv[1:]
    rng, cases = random.Random(13), []
    for f in corpus.split(corpus.load(files))["train"]:
        for wording in f.wordings:
            if (text := examples_of(f, rng)) is not None:
                cases.append({"input": wording, "output": text})
    rng.shuffle(cases)
    with open(out, "w", encoding="utf-8") as f:
        for n, at in enumerate(range(0, len(cases), 12)):
            row = {"id": f"examples-{n}", "category": "structured", "spec": SPEC, "cases": cases[at : at + 12]}
            f.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{out}: {len(cases)} cases")


if __name__ == "__main__":
    main()
