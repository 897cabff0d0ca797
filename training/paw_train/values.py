"""Augmentation of the values in inputs and outputs: other names and numbers, other spellings of a record's keys.

A model that has seen a case often enough knows its output by heart; with values that change, only copying them is right. As in
`augment`, what is not certain to leave the references right is left alone.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from .corpus import Case

# Given names that are rarely anything else (no April, Mark, Rose, Will).
_NAMES = (
    "Aisha Ahmed Alice Alina Amir Ana Andrea Anita Anna Arjun Astrid Bea Ben Carla Carlos Chloe Clara Daniel David Diego Dina "
    "Elena Elif Emil Emma Eva Farid Felix Fiona Greta Hanna Hannah Helen Hugo Ines Ingrid Ivan Jakub Jana Jonas Julia Kai Karim "
    "Karl Kenji Lars Laura Lea Leila Lena Leo Liam Lina Lucas Lucia Luis Luka Maja Marco Maria Marta Martin Maya Mei Mia Miguel "
    "Mila Mira Mohamed Nadia Nia Nils Nina Noah Nora Olga Oliver Omar Oscar Pablo Paolo Paul Pedro Petra Priya Rafael Raj Ravi "
    "Rosa Ruth Samir Sana Sara Sarah Selma Simon Sofia Stefan Sven Tariq Theo Thomas Tim Tobias Tomas Vera Victor Wei Yara Yuki "
    "Yusuf Zoe"
).split()
_NAME = re.compile(r"\b(?:" + "|".join(_NAMES) + r")\b")
_NUMBER = re.compile(r"(?<![\d.,:/-])\d{3,}(?![\d.,:/-]*\d)")
_YEAR = re.compile(r"(?:1[89]|20|21)\d\d")
# Tasks that look at how a value is written, or at its order among others.
_FORM = re.compile(
    r"initial|letter|alphabet|sort|order|rhym|length|shortest|longest|upper|lower|capital|case|digit|check ?sum|round|even|odd|"
    r"divis|multipl|sum|total|add|differ|larg|small|high|low|great|least|most|max|min|more|less|than|over|under|above|below|between|"
    r"range|prefix|start|begin|end",
    re.I,
)


def _new_number(old: str, rng: random.Random) -> str:
    """As many digits and the same first one: a size stays about what it was."""
    return old[0] + "".join(rng.choice("0123456789") for _ in old[1:])


def _mapping(found: Sequence[str], draw: Callable[[str], str], taken: str) -> dict[str, str]:
    """A fresh value for each of `found`, none of which occurs in `taken`; nothing where two come out alike."""
    new = {old: draw(old) for old in dict.fromkeys(found)}
    if len(set(new.values())) < len(new) or any(v in taken for v in new.values()):
        return {}
    return new


def _swap(case: Case, pattern: re.Pattern[str], new: dict[str, str]) -> Case:
    put = lambda text: pattern.sub(lambda m: new.get(m[0], m[0]), text)  # noqa: E731
    return Case(put(case.input), put(case.output))


def _other_names(case: Case, known: str, rng: random.Random) -> Case:
    """Names that stand in both input and output, exchanged in both."""
    found = [n for n in _NAME.findall(case.output) if re.search(rf"\b{n}\b", case.input)]
    both = case.input + case.output
    # An address made of the name, or a name that the spec speaks of, must stay.
    found = [n for n in found if n not in known and n.lower() not in both and n.upper() not in both]
    return _swap(case, _NAME, _mapping(found, lambda _: rng.choice(_NAMES), both + known))


def _other_numbers(case: Case, rng: random.Random) -> Case:
    """Numbers of three digits or more that stand in both, no years, when every digit of the output is copied."""
    found = [n for n in _NUMBER.findall(case.output) if not _YEAR.fullmatch(n)]
    if set(re.findall(r"\d+", case.output)) - set(re.findall(r"\d+", case.input)):
        return case
    if any(case.input.count(n) != len(re.findall(rf"(?<!\d){n}(?!\d)", case.input)) for n in found):
        return case
    if any(n not in _NUMBER.findall(case.input) for n in found):
        return case
    return _swap(case, _NUMBER, _mapping(found, lambda n: _new_number(n, rng), case.input + case.output))


def swap_values(wordings: Sequence[str], case: Case, rng: random.Random) -> Case:
    """The case with other names and numbers; itself where the spec cares for how they are written."""
    known = "\n".join(wordings)
    if _FORM.search(known):
        return case
    case = _other_names(case, known, rng)
    return case if re.search(r"\d", known) else _other_numbers(case, rng)


# ---------------------------------------------------------------- keys

_QUOTED_KEY = re.compile(r'"([A-Za-z_]\w*)"(?=\s*:)')
_EQUALS_KEY = re.compile(r"\b([A-Za-z_]\w*)(?==)")
_KEY_FORMS: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.capitalize,
    lambda k: k + "_value",
    lambda k: k + "_1",
    lambda k: "x_" + k,
    lambda k: "the_" + k,
    lambda k: "my" + k[:1].upper() + k[1:],
    lambda k: k + "Field",
    lambda k: "_" + k,
    lambda k: k[:1],
    lambda k: k[:3],
    lambda k: k[::-1],
)


def rename_keys(text: str, cases: Sequence[Case], rng: random.Random) -> tuple[str, list[Case]] | None:
    """Keys of records (`"key": ...` or `key=...`) spelt otherwise, in the text and in all outputs; None where they have none.

    Only if each key of the outputs stands in the text in that very form, so that the text goes on saying what to print.
    """
    for pattern in (_QUOTED_KEY, _EQUALS_KEY):
        keys = list(dict.fromkeys(k for c in cases for k in pattern.findall(c.output)))
        if not keys or not all(pattern.search(c.output) for c in cases):
            continue
        if set(keys) - set(pattern.findall(text)):
            return None
        shown = list(dict.fromkeys(pattern.findall(text)))
        form = rng.choice(_KEY_FORMS)
        new = {k: form(k) for k in shown}
        if len(set(new.values())) < len(new) or any(v in text for v in new.values() if len(v) > 1):
            return None
        quote = '"{}"' if pattern is _QUOTED_KEY else "{}"
        put = lambda t: pattern.sub(lambda m: quote.format(new.get(m[1], m[1])), t)  # noqa: E731, B023
        return put(text), [Case(c.input, put(c.output)) for c in cases]
    return None
