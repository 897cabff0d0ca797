"""Augmentation of the values in inputs and outputs: other names and numbers, other spellings of a record's keys.

A model that has seen a case often enough knows its output by heart; with values that change, only copying them is right. As in
`augment`, what is not certain to leave the references right is left alone.
"""

from __future__ import annotations

import functools
import os
import random
import re
from collections.abc import Callable, Iterator, Sequence

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
_GIVEN = frozenset(_NAMES)
_WORD = re.compile(r"\b[A-Za-z]{2,}\b")


def _read_names() -> frozenset[str]:
    """Proper names of the corpus: people, towns, brands (`corpus/names.py` writes them)."""
    with open(os.path.join(os.path.dirname(__file__), "names.txt"), encoding="utf-8") as f:
        return frozenset(f.read().split())


_PROPER = _read_names()
# Syllables that make names nobody has seen: a name from a short list can be learnt by heart, one of these only copied.
_ONSETS = "b br c ch d dr f g gr h j k kr l m n p pr qu r s sh st t th tr v w y z".split()
_VOWELS = "a e i o u ai ea ie oa ou ee".split()
_CODAS = ["", "", "", *"ck d k l ld m n nd ng r rn rt s sk ss t th x".split()]
_NUMBER = re.compile(r"(?<![\d.,:/-])\d{3,}(?![\d.,:/-]*\d)")
_YEAR = re.compile(r"(?:1[89]|20|21)\d\d")
# Tasks that look at how a name is written, at its order among others, or at who bears it.
_NAME_MATTERS = re.compile(
    r"initial|letter|alphabet|sort|rhym|length|shortest|longest|spell|syllable|typo|language|origin|gender|pronoun|salutation|"
    r"\b(?:mr|mrs|ms|sir|he|she|him|his|her|they|them|their)\b",
    re.I,
)
# The same of a number.
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


def _new_name(rng: random.Random) -> str:
    """A given name, or as often one made of two or three syllables."""
    if rng.random() < 0.5:
        return rng.choice(_NAMES)
    syllables = (rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.choice((2, 2, 3))))
    return "".join(syllables).capitalize()


def _forms(name: str) -> tuple[str, str, str]:
    return name, name.lower(), name.upper()


def _names_of(case: Case, proper: bool) -> Iterator[str]:
    """Given names of the input, and if `proper` other names that the output copies; in the form Anna.

    Left out where one is a part of another word or mixes upper and lower case.
    """
    both = case.input + "\n" + case.output
    lower, words = both.lower(), _WORD.findall(both)
    copied = set(_WORD.findall(case.output))
    for name in dict.fromkeys(w.capitalize() for w in _WORD.findall(case.input)):
        if name not in _GIVEN and not (proper and name in _PROPER and copied.intersection(_forms(name))):
            continue
        forms = [w for w in words if w.capitalize() == name]
        if len(forms) == lower.count(name.lower()) and set(forms) <= set(_forms(name)):
            yield name


def _other_names(case: Case, known: str, proper: bool, rng: random.Random) -> Case:
    """Other names in input and output, each in the forms (Anna, anna, ANNA) that it has there; none that the spec speaks of."""
    said = known.lower()
    found = [name for name in _names_of(case, proper) if name.lower() not in said]
    new = _mapping(found, lambda _: _new_name(rng), case.input + case.output + known)
    return _swap(case, _WORD, {a: b for old, name in new.items() for a, b in zip(_forms(old), _forms(name), strict=True)})


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


@functools.lru_cache(maxsize=None)
def _swappable(wordings: Sequence[str]) -> tuple[bool, bool]:
    """Whether a function does not mind other names, and other numbers."""
    known = "\n".join(wordings)
    return not _NAME_MATTERS.search(known), not _FORM.search(known) and not re.search(r"\d", known)


def swap_names(wordings: tuple[str, ...], case: Case, rng: random.Random) -> Case:
    """The case with other given names; itself where the spec cares for how they are written or whose they are."""
    return _other_names(case, "\n".join(wordings), False, rng) if _swappable(wordings)[0] else case


def swap_values(wordings: tuple[str, ...], case: Case, rng: random.Random) -> Case:
    """The case with other names of all kinds and other numbers; each as it was where the spec cares for how they are written."""
    names, numbers = _swappable(wordings)
    if names:
        case = _other_names(case, "\n".join(wordings), True, rng)
    return _other_numbers(case, rng) if numbers else case


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
