"""Rows of tokens with a tree-shaped attention, and batches of them as NumPy arrays.

A row holds one spec: the prompt up to the input (the *prefix*, segment 0), then one segment a case. A token sees the prefix,
the segment that its own segment hangs from, and its own segment up to itself; so every case is computed as if it stood alone
behind the prefix. With several candidate outputs a case's input is one segment and each candidate a segment hanging from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

PAD_SEGMENT = -1


@dataclass
class Item:
    """One case as tokens: input with the prompt's rest, and the candidate outputs (each ends with the EOS token)."""

    input: Sequence[int]
    candidates: Sequence[Sequence[int]]
    learn: int = 0  # leading tokens of the input that may be learnt too

    @property
    def size(self) -> int:
        """Tokens that it takes in a row; a candidate's last token is only predicted, never read."""
        return len(self.input) + sum(len(c) - 1 for c in self.candidates)


@dataclass
class Row:
    """One spec's prefix, its items, and what the encoder reads (text tokens, without the prefix tokens)."""

    prefix: Sequence[int]
    items: list[Item] = field(default_factory=list)
    encode: Sequence[int] = ()

    @property
    def size(self) -> int:
        return len(self.prefix) + sum(i.size for i in self.items)


def _fill_row(
    row: Row, ids: np.ndarray, pos: np.ndarray, seg: np.ndarray, par: np.ndarray
) -> tuple[list[tuple[list[int], list[int]]], list[tuple[int, int]]]:
    """Write one row into its [T] arrays; returns, per candidate, where its tokens are predicted from and the tokens, and the
    same of each input token that may be learnt."""
    at = len(row.prefix)
    ids[:at], pos[:at], seg[:at], par[:at] = row.prefix, np.arange(at), 0, 0
    segment, out, inputs = 0, [], []
    last_of_prefix = at - 1

    def put(tokens: Sequence[int], start: int, number: int, parent: int) -> int:
        nonlocal at
        end = at + len(tokens)
        ids[at:end], pos[at:end], seg[at:end], par[at:end] = (
            tokens,
            np.arange(start, start + len(tokens)),
            number,
            parent,
        )
        at = end
        return end - len(tokens)

    for item in row.items:
        segment += 1
        own, start = segment, len(row.prefix)
        begin = put(item.input, start, own, 0)
        before = [last_of_prefix, *range(begin, begin + item.learn - 1)] if last_of_prefix >= 0 else []
        inputs += zip(before[: item.learn], item.input)
        last, after = begin + len(item.input) - 1, start + len(item.input)
        for candidate in item.candidates:
            if len(item.candidates) > 1:
                segment += 1
                first = put(candidate[:-1], after, segment, own)
            else:
                first = put(candidate[:-1], after, own, 0)
            out.append(([last, *range(first, first + len(candidate) - 1)], list(candidate)))
    return out, inputs


INPUT_TARGETS = 4096  # input tokens learnt in one batch, at most


def _some_inputs(inputs: Sequence[tuple[int, int]], seed: int) -> Sequence[tuple[int, int]]:
    """At most INPUT_TARGETS of them, the same for the same seed."""
    if len(inputs) <= INPUT_TARGETS:
        return inputs
    return [inputs[n] for n in np.random.default_rng(seed).choice(len(inputs), INPUT_TARGETS, replace=False)]


def pack(
    rows: Sequence[Row], length: int, encode_length: int = 0, prefix_tokens: int = 0, row_count: int = 0,
    input_weight: float = 0.0,
) -> dict[str, np.ndarray]:
    """Rows -> arrays of one batch. R = `row_count` (or the number of rows), T = `length`, E = `encode_length`, M = targets.

    ids, pos [R, T] int32; seg, par [R, T] int16: segments and their parents; pads are segment -1.
    src [M]: flat index (row * T + place) whose output predicts the target; tgt [M]: the token; cand [M]: which candidate, in
    row order; weight [M] float32: 1 / sqrt(tokens of the candidate) / candidates. M is padded to a multiple of 256 with
    weight 0 and cand = number of candidates; `cands` holds that number.
    With `input_weight` some of the tokens to be learnt of the inputs are targets too (cand as of the padding, weights that sum to it).
    enc_ids [R, E] int32, enc_len [R] int32: encoder text and its length, without the prefix tokens (room for them is kept).
    """
    count = row_count or len(rows)
    ids = np.zeros((count, length), np.int32)
    pos = np.zeros((count, length), np.int32)
    seg = np.full((count, length), PAD_SEGMENT, np.int16)
    par = np.full((count, length), PAD_SEGMENT, np.int16)
    src: list[int] = []
    tgt: list[int] = []
    sizes: list[int] = []
    inputs: list[tuple[int, int]] = []
    for n, row in enumerate(rows):
        if row.size > length:
            raise ValueError(f"a row of {row.size} tokens does not fit {length}")
        outputs, learnt = _fill_row(row, ids[n], pos[n], seg[n], par[n])
        inputs += [(n * length + p, t) for p, t in learnt]
        for places, tokens in outputs:
            src += [n * length + p for p in places]
            tgt += tokens
            sizes.append(len(tokens))
    lengths = np.array(sizes, np.int64)
    cand = np.repeat(np.arange(len(sizes)), lengths)
    weight = np.repeat(1.0 / np.sqrt(np.maximum(lengths, 1)) / max(1, len(sizes)), lengths)
    if input_weight and inputs:
        inputs = _some_inputs(inputs, int(ids.sum()))
        src += [p for p, _ in inputs]
        tgt += [t for _, t in inputs]
        cand = np.concatenate((cand, np.full(len(inputs), len(sizes))))
        weight = np.concatenate((weight, np.full(len(inputs), input_weight / len(inputs))))
    extra = -len(src) % 256
    batch = {
        "ids": ids,
        "pos": pos,
        "seg": seg,
        "par": par,
        "src": np.pad(np.array(src, np.int32), (0, extra)),
        "tgt": np.pad(np.array(tgt, np.int32), (0, extra)),
        "cand": np.pad(cand.astype(np.int32), (0, extra), constant_values=len(sizes)),
        "weight": np.pad(weight.astype(np.float32), (0, extra)),
        "cands": np.array(len(sizes)),
        "used": np.array(sum(r.size for r in rows)),
    }
    if encode_length:
        enc_ids = np.zeros((count, encode_length), np.int32)
        enc_len = np.zeros(count, np.int32)
        for n, row in enumerate(rows):
            if len(row.encode) + prefix_tokens > encode_length:
                raise ValueError(
                    f"an encoder text of {len(row.encode)} + {prefix_tokens} tokens does not fit {encode_length}"
                )
            enc_ids[n, : len(row.encode)] = row.encode
            enc_len[n] = len(row.encode)
        batch |= {"enc_ids": enc_ids, "enc_len": enc_len}
    return batch
