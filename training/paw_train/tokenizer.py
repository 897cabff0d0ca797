"""Byte-pair tokenizer built from the vocabulary and merges that lie in a GGUF file.

Only the pre-tokenizer named `smollm` is known: single digits, then GPT-2's byte-level pattern. Control tokens are parsed
inside text; no BOS token is ever added.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from tokenizers import AddedToken, decoders, models, pre_tokenizers  # noqa: E402
from tokenizers import Tokenizer as _Tokenizer

_CONTROL, _USER_DEFINED = 3, 4


class Tokenizer:
    """`ids(text)` and `text(ids)`; `vocabulary` is the plain data to build an equal one in another process."""

    def __init__(
        self, tokens: Sequence[str], merges: Sequence[str], types: Sequence[int], eos: int, pre: str = "smollm"
    ):
        if pre != "smollm":
            raise ValueError(f"pre-tokenizer {pre!r} is not known")
        self.vocabulary = (list(tokens), list(merges), list(types), int(eos), pre)
        self.eos = int(eos)
        self.size = len(tokens)
        pairs = [tuple(m.split(" ", 1)) for m in merges]
        self._bpe = _Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=pairs, fuse_unk=False))
        self._bpe.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )
        self._bpe.decoder = decoders.ByteLevel()
        special = [t for t, kind in zip(tokens, types) if kind in (_CONTROL, _USER_DEFINED)]
        self._bpe.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in special])

    @classmethod
    def from_metadata(cls, meta: dict[str, Any]) -> Tokenizer:
        """From the `tokenizer.ggml.*` keys of a GGUF file."""
        key = "tokenizer.ggml."
        tokens = meta[key + "tokens"]
        types = meta.get(key + "token_type") or [1] * len(tokens)
        return cls(tokens, meta[key + "merges"], types, meta[key + "eos_token_id"], meta.get(key + "pre", "smollm"))

    def ids(self, text: str) -> list[int]:
        """Tokens of a text, control tokens parsed."""
        return self._bpe.encode(text, add_special_tokens=False).ids

    def text(self, ids: Sequence[int]) -> str:
        """The text of tokens, control tokens left out."""
        return self._bpe.decode(list(ids), skip_special_tokens=True)
