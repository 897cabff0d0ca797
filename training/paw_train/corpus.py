"""Fuzzy functions from JSON lines, and their split into train, valid and test.

A split is decided by the hash of a group's smallest id, so it never depends on file order; specs that nearly repeat one
another (their word trigrams) form one group and so never lie on both sides.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Case:
    """One input and its reference output."""

    input: str
    output: str


@dataclass(frozen=True)
class Function:
    """One spec with its other wordings and cases; `choices` is empty unless every output is one of them."""

    id: str
    category: str
    wordings: tuple[str, ...]
    choices: tuple[str, ...]
    cases: tuple[Case, ...] = field(repr=False)

    @property
    def spec(self) -> str:
        return self.wordings[0]


def parse(record: dict) -> Function:
    """One JSON record -> Function; choices that do not cover the outputs are dropped."""
    cases = tuple(Case(c["input"], c["output"]) for c in record["cases"])
    choices = tuple(dict.fromkeys(record.get("choices") or ()))
    if any(c.output not in choices for c in cases):
        choices = ()
    wordings = (record["spec"], *(record.get("spec_alt") or ()))
    return Function(record["id"], record.get("category", ""), wordings, choices, cases)


def load(patterns: Iterable[str]) -> list[Function]:
    """All functions of the JSON-lines files that match the patterns (glob or comma-separated), repeated ids left out."""
    paths = [p for pattern in patterns for piece in pattern.split(",") if piece for p in sorted(glob.glob(piece))]
    if not paths:
        raise FileNotFoundError(f"no corpus file matches {list(patterns)}")
    found: dict[str, Function] = {}
    for path in paths:
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                if line.strip():
                    try:
                        function = parse(json.loads(line))
                    except (KeyError, TypeError, ValueError) as error:
                        print(f"{path}:{number}: skipped ({type(error).__name__}: {error})", flush=True)
                        continue
                    if function.cases:
                        found.setdefault(function.id, function)
    return list(found.values())


def _trigrams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9']+", text.lower())
    return {tuple(words[i : i + 3]) for i in range(len(words) - 2)} or {tuple(words)}


def group_keys(functions: Sequence[Function], limit: float = 0.45) -> dict[str, str]:
    """Function id -> key of its group of near-twins (the smallest id among them).

    Two functions are twins if more than `limit` of the word trigrams of one's spec occur in the other's wordings.
    """
    holders: dict[tuple[str, ...], list[int]] = {}
    for n, function in enumerate(functions):
        for gram in set().union(*(_trigrams(w) for w in function.wordings)):
            holders.setdefault(gram, []).append(n)
    parent = list(range(len(functions)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for n, function in enumerate(functions):
        grams = _trigrams(function.spec)
        shared: dict[int, int] = {}
        for gram in grams:
            for other in holders[gram]:
                shared[other] = shared.get(other, 0) + 1
        for other, count in shared.items():
            if other != n and count > limit * len(grams):
                parent[root(other)] = root(n)
    smallest: dict[int, str] = {}
    for n, function in enumerate(functions):
        r = root(n)
        smallest[r] = min(smallest.get(r, function.id), function.id)
    return {function.id: smallest[root(n)] for n, function in enumerate(functions)}


def split_of(key: str, share: float = 0.04) -> str:
    """The split of a group key: `share` of all keys each for valid and test."""
    u = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
    return "valid" if u < share else "test" if u < 2 * share else "train"


def frozen_splits(path: str = os.path.join(os.path.dirname(__file__), "..", "heldout.tsv")) -> dict[str, str]:
    """Ids that stay held out whatever the corpus becomes -> their split; empty without the file."""
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as f:
        rows = [line.split() for line in f if line.strip() and not line.startswith("#")]
    return {name: part for part, name in rows}


def split(functions: Sequence[Function], share: float | None = None) -> dict[str, list[Function]]:
    """Split functions by their groups. A frozen id keeps its split, and its near-twins go there with it.

    All others are for training if any function is frozen, else `share` (0.04) of the groups goes to valid and test each.
    """
    keys, frozen = group_keys(functions), frozen_splits()
    if share is None:
        share = 0.0 if any(f.id in frozen for f in functions) else 0.04
    group_split = {keys[f.id]: frozen[f.id] for f in functions if f.id in frozen}
    out: dict[str, list[Function]] = {name: [] for name in SPLITS}
    for function in functions:
        key = keys[function.id]
        out[frozen.get(function.id) or group_split.get(key) or split_of(key, share)].append(function)
    return out
