"""From fuzzy functions to training batches. What a batch holds follows from (seed, step, rank) alone.

Steps are made in windows: a window draws specs without repetition, sorts their rows by the length that they need, and cuts
exactly `WINDOW` batches from them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from .augment import Rates, Task, sample_task
from .corpus import Function
from .packing import Item, Row, pack
from .prompts import Prompts
from .tokenizer import Tokenizer

WINDOW = 32  # batches


@dataclass(frozen=True)
class Shape:
    """One batch shape: rows of `length` tokens, encoder texts of `encode` tokens (prefix tokens included)."""

    length: int
    encode: int
    rows: int


def shapes_of(lengths: Sequence[int], encode_lengths: Sequence[int], token_budget: int) -> list[Shape]:
    """Batch shapes, shortest first, each of about `token_budget` interpreter tokens."""
    if len(lengths) != len(encode_lengths):
        raise ValueError("--lengths and --encoder-lengths must be equally many")
    return [Shape(t, e, max(1, token_budget // t)) for t, e in sorted(zip(lengths, encode_lengths))]


@dataclass(frozen=True)
class DataOptions:
    """Everything besides the corpus that decides what batches look like."""

    shapes: tuple[Shape, ...]
    prefix_tokens: int = 16
    max_cases: int = 12
    max_examples: int = 6
    prompt_drop: float = 0.0
    generated_share: float = 0.0
    input_loss: float = 0.0
    rates: Rates = field(default_factory=Rates)
    seed: int = 0


class Renderer:
    """Texts of functions as tokens; token lists of repeated texts are kept."""

    def __init__(self, tokenizer: Tokenizer, prompts: Prompts, keep: int = 300_000):
        self.tokenizer, self.prompts, self._keep = tokenizer, prompts, keep
        self._known: dict[str, list[int]] = {}

    def _ids(self, text: str) -> list[int]:
        ids = self._known.get(text)
        if ids is None:
            ids = self.tokenizer.ids(text)
            if len(self._known) < self._keep:
                self._known[text] = ids
        return ids

    def input(self, text: str) -> list[int]:
        """Input and the rest of the prompt, tokenised together."""
        return self._ids(self.prompts.filled(text))

    def learn(self, text: str) -> int:
        """How many leading tokens of `input` are the input's own; the last may join the template's and is left out."""
        return len(self._ids(text)) - 1

    def output(self, text: str) -> list[int]:
        """An output with its end token."""
        return self._ids(text) + [self.tokenizer.eos]

    def prefix(self, spec: str, examples: Sequence[tuple[str, str]], empty: bool = False) -> list[int]:
        """The interpreter's prompt up to the input; `empty` leaves the pseudo-program without a body."""
        pseudo = self.prompts.empty_pseudo if empty else self.prompts.pseudo(spec, examples)
        return self.tokenizer.ids(self.prompts.prefix(pseudo))

    def encode(self, spec: str, examples: Sequence[tuple[str, str]]) -> list[int]:
        """What the encoder reads before its prefix tokens."""
        return self.tokenizer.ids(self.prompts.encode(self.prompts.pseudo(spec, examples), spec))


def fit(row: Row, items: Sequence[Item], length: int) -> list[Item]:
    """The items, in order, that fit behind the row's prefix; one that is too long is passed over."""
    room, chosen = length - len(row.prefix), []
    for item in items:
        if item.size <= room:
            chosen.append(item)
            room -= item.size
    return chosen


class BatchMaker:
    """Makes windows of batches from training functions."""

    def __init__(
        self, renderer: Renderer, functions: Sequence[Function], generated: Sequence[Function], options: DataOptions
    ):
        if not functions:
            raise ValueError("no training functions")
        self.renderer, self.functions, self.generated, self.options = renderer, functions, generated, options
        self.dropped = 0

    def row(self, task: Task, empty: bool) -> tuple[Row, int] | None:
        """A task as a row that holds all its items (at most max_cases), and the index of the shape that suits it best.

        Examples are dropped from the end while encoder text or prefix are too long. None if no case fits any shape.
        """
        o, r = self.options, self.renderer
        items = [
            Item(r.input(c.input), [r.output(c.output)], r.learn(c.input) if o.input_loss else 0)
            for c in task.cases[: o.max_cases]
        ]
        for shown in range(len(task.examples), -1, -1):
            examples = [(c.input, c.output) for c in task.examples[:shown]]
            encode = r.encode(task.spec, examples)
            row = Row(r.prefix(task.spec, examples, empty), items, encode)
            counts = [
                len(fit(row, items, s.length)) if len(encode) + o.prefix_tokens <= s.encode else 0 for s in o.shapes
            ]
            most = max(counts)
            if most and (most > 1 or shown == 0 or len(items) == 1):
                return row, next(n for n, c in enumerate(counts) if c >= 0.7 * most)
        return None

    def _draw(self, rng: random.Random) -> Iterator[Function]:
        """An endless stream of functions: every one once before any repeats; generated ones mixed in by their share."""
        while True:
            order = list(range(len(self.functions)))
            rng.shuffle(order)
            for n in order:
                while self.generated and rng.random() < self.options.generated_share:
                    yield rng.choice(self.generated)
                yield self.functions[n]

    def window(self, index: int, rank: int = 0) -> list[dict[str, np.ndarray]]:
        """The batches of steps index * WINDOW ... index * WINDOW + WINDOW - 1 of one rank."""
        o = self.options
        rng = random.Random(f"{o.seed}/{rank}/{index}")
        held: list[list[Row]] = [[] for _ in o.shapes]
        for function in self._draw(rng):
            task = sample_task(function, rng, o.rates, o.max_examples)
            made = self.row(task, rng.random() < o.prompt_drop)
            if made is None:
                self.dropped += 1
                if self.dropped > 100_000:
                    raise RuntimeError("hardly any function fits the lengths given")
                continue
            held[made[1]].append(made[0])
            if self._batches_in([len(h) for h in held]) >= WINDOW:
                break
        batches = []
        for n, shape in enumerate(o.shapes):  # what is left over moves on to the next longer shape
            rng.shuffle(held[n])
            whole = len(held[n]) // shape.rows * shape.rows
            batches += [self._pack(held[n][i : i + shape.rows], shape) for i in range(0, whole, shape.rows)]
            if n + 1 < len(o.shapes):
                held[n + 1] += held[n][whole:]
        rng.shuffle(batches)
        return batches[:WINDOW]

    def _batches_in(self, counts: list[int]) -> int:
        total = left = 0
        for count, shape in zip(counts, self.options.shapes):
            whole, left = divmod(count + left, shape.rows)
            total += whole
        return total

    def _pack(self, rows: Sequence[Row], shape: Shape) -> dict[str, np.ndarray]:
        fitted = [Row(r.prefix, fit(r, r.items, shape.length), r.encode) for r in rows]
        o = self.options
        return pack(fitted, shape.length, shape.encode, o.prefix_tokens, input_weight=o.input_loss)
