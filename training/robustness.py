#!/usr/bin/env python3
"""robustness.py SUITE.jsonl DIR: the suite with its specs damaged, one file a kind of damage, for `paw eval`.

typos.jsonl: every tenth longer word has a slip; shouting.jsonl: upper case; reordered.jsonl: the sentences of each line shuffled;
bare.jsonl: worked examples left out; all.jsonl: all of it. Words that the outputs are made of, quotes and code stay as they are.
Specs that a kind leaves as they are stay in, so that the figures compare with the clean suite's.
"""
from __future__ import annotations

import json
import os
import random
import re
import sys

from paw_train import augment


def _protected(record: dict) -> set[str]:
    texts = [c["output"] for c in record["cases"]] + list(record.get("choices") or ())
    return set(re.findall(r"[a-z]+", " ".join(texts).lower()))


def typos(spec: str, record: dict, rng: random.Random) -> str:
    spans = augment._plain_words(spec, _protected(record), 5)
    spans = [s for s in spans if spec[s[0] : s[1]].islower()]
    chosen = rng.sample(spans, (len(spans) + 5) // 10)
    return augment._edit(spec, chosen, lambda word: augment._typo(word, rng))


def shouting(spec: str, record: dict, rng: random.Random) -> str:
    return augment._edit(spec, augment._plain_words(spec, _protected(record)), str.upper)


def reordered(spec: str, record: dict, rng: random.Random) -> str:
    return augment.shuffle_sentences(spec, rng)


def bare(spec: str, record: dict, rng: random.Random) -> str:
    return augment.without_examples(spec)


def everything(spec: str, record: dict, rng: random.Random) -> str:
    for damage in (bare, reordered, typos, shouting):
        spec = damage(spec, record, rng)
    return spec


KINDS = {"typos": typos, "shouting": shouting, "reordered": reordered, "bare": bare, "all": everything}


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as f:
        records = [json.loads(line) for line in f if line.strip()]
    os.makedirs(sys.argv[2], exist_ok=True)
    for name, damage in KINDS.items():
        changed = 0
        with open(os.path.join(sys.argv[2], name + ".jsonl"), "w", encoding="utf-8") as out:
            for record in records:
                spec = damage(record["spec"], record, random.Random(f"{name}/{record['id']}"))
                changed += spec != record["spec"]
                out.write(json.dumps({**record, "spec": spec}, ensure_ascii=False) + "\n")
        print(f"{name}: {changed} of {len(records)} specs changed")


if __name__ == "__main__":
    main()
