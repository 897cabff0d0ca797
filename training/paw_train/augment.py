"""Augmentation of fuzzy functions: the same task said otherwise, with outputs that stay determined.

Everything takes a `random.Random`, so that a step's rows follow from its seed alone. What could make a reference wrong is
left out rather than guessed: an augmentation that is not certain to be unambiguous returns nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .corpus import Case, Function
from .rules import override, wrap
from .values import rename_keys, swap_names, swap_values


@dataclass(frozen=True)
class Rates:
    """Share of rows that get each augmentation (where it applies)."""

    recode: float = 0.15  # a mapping of the labels to codes is appended in words
    restyle: float = 0.15  # labels change case or separator, in the spec and in the outputs
    reorder: float = 0.3  # a list of all labels in the spec is shuffled
    spec_noise: float = 0.2
    input_noise: float = 0.1
    shuffle: float = 0.1  # sentences of a line change places
    no_example: float = 0.3  # worked examples at the end of the spec are left out
    with_examples: float = 0.5
    rename_keys: float = 0.3  # keys of records are spelt otherwise, in the spec and in the outputs
    swap_values: float = 0.5  # per case: other names in input and output, and other numbers where the answers are open
    wrap: float = 0.12  # a rule on the form of the answer is added
    override: float = 0.12  # an exception is added, and some cases fall under it


# ---------------------------------------------------------------- labels

_STYLE_WORDS = re.compile(
    r"lower|upper|capital|\bcaps?\b|\bcase\b|snake|kebab|camel|hyphen|dash|underscore|letter|spell|exact|verbatim|quote|"
    r"\bword\b|\bas is\b|as written",
    re.I,
)
_ORDER_WORDS = re.compile(
    r"\b(first|second|third|last|earli\w+|later|order\w*|respectively|top|preced\w+|priorit\w+|rank\w*|scale|left|right|"
    r"above|below|before|after|previous|next|from .{1,20} to|in turn|position|index|number\w*|wins?|beats?|highest|lowest|"
    r"higher|lower|->|=>)",
    re.I,
)
_FUNCTION_WORDS = frozenset(
    "a an and as at be by do for from has have i if in is it its me my no not of off on one or so some that the this to up us "
    "we what when which who will with you your all any are can none other new open good bad low high same".split()
)


def _finder(labels: Sequence[str]) -> re.Pattern[str]:
    """Matches any label at word boundaries, the longest first."""
    longest = sorted(labels, key=len, reverse=True)
    return re.compile(r"(?<![\w-])(?:" + "|".join(re.escape(x) for x in longest) + r")(?![\w-]|\.\w)")


def _pieces(label: str) -> list[str]:
    return [p for p in re.split(r"[\s_-]+", label) if p]


_STYLES: dict[str, Callable[[str], str]] = {
    "upper": lambda s: s.upper(),
    "lower": lambda s: s.lower(),
    "title": lambda s: re.sub(r"[A-Za-z]+", lambda m: m[0].capitalize(), s),
    "kebab": lambda s: "-".join(_pieces(s)).lower(),
    "snake": lambda s: "_".join(_pieces(s)).lower(),
    "space": lambda s: " ".join(_pieces(s)).lower(),
    "upper_snake": lambda s: "_".join(_pieces(s)).upper(),
    "camel": lambda s: "".join(p.capitalize() for p in _pieces(s)),
}


def restyle(text: str, choices: Sequence[str], rng: random.Random) -> tuple[str, dict[str, str]] | None:
    """Rename all labels to another case or separator style in the text: (new text, label -> new label), or None if unsafe.

    Unsafe: a label that the text does not spell, one that is an everyday word used more than once, a text that speaks of
    spelling, labels that would coincide or that are not made of plain words.
    """
    if not 2 <= len(choices) <= 20 or _STYLE_WORDS.search(text):
        return None
    if not all(re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(?:[ _-][A-Za-z0-9]+)*", c) and len(c) > 1 for c in choices):
        return None
    seen = [m[0] for m in _finder(choices).finditer(text)]
    for c in choices:
        uses = seen.count(c)
        if uses == 0 or (uses > 1 and c.lower() in _FUNCTION_WORDS) or uses > 4:
            return None
        # The label in another case elsewhere is an everyday use of the word: renaming would tear the two apart.
        if c.lower() in _FUNCTION_WORDS and len(re.findall(rf"(?<!\w){re.escape(c)}(?!\w)", text, re.I)) > 1:
            return None
    names = list(_STYLES)
    rng.shuffle(names)
    for name in names:
        mapping = {c: _STYLES[name](c) for c in choices}
        if len({v.lower() for v in mapping.values()}) == len(choices) and any(k != v for k, v in mapping.items()):
            new = _finder(choices).sub(lambda m: mapping[m[0]], text)
            if all(_finder([v]).search(new) for v in mapping.values()):
                return new, mapping
    return None


_WORD_CODES = (
    "red blue green amber violet white black teal coral olive alpha beta gamma delta omega sigma kappa oak pine elm birch maple "
    "fox owl hare wolf lynx crow swan north south east west spring summer autumn winter iron tin zinc copper circle square star"
).split()


def _codes(count: int, choices: Sequence[str], rng: random.Random) -> list[str] | None:
    """Fresh distinct names for `count` labels."""
    kind = rng.choice(("number", "number0", "letter", "small", "prefixed", "word", "word", "WORD", "initials", "roman"))
    if kind == "number":
        out = [str(i + 1) for i in range(count)]
    elif kind == "number0":
        out = [str(i) for i in range(count)]
    elif kind == "letter":
        out = [chr(65 + i) for i in range(count)]
    elif kind == "small":
        out = [chr(97 + i) for i in range(count)]
    elif kind == "prefixed":
        stem = rng.choice(("L", "C", "T", "K", "cat", "code-", "Q", "type_", "X"))
        out = [f"{stem}{i + 1}" for i in range(count)]
    elif kind in ("word", "WORD"):
        out = rng.sample(_WORD_CODES, count)
        if kind == "WORD":
            out = [w.upper() for w in out]
    elif kind == "initials":
        width = rng.choice((2, 3))
        out = [re.sub(r"[^A-Za-z]", "", c)[:width].upper() for c in choices]
    else:
        out = "I II III IV V VI VII VIII IX X".split()[:count]
    if rng.random() < 0.5 and kind != "initials":
        rng.shuffle(out)
    ok = len(set(out)) == count and all(out) and not {x.lower() for x in out} & {c.lower() for c in choices}
    return out if ok else None


_RECODE_FORMS: tuple[tuple[str, str, str], ...] = (
    (" Use these codes instead: ", "{0} = {1}", "; "),
    (" Print {all} instead of the names.", "{1} for {0}", ", "),
    ("\nCodes to print: ", "{0} -> {1}", ", "),
    (" Output codes, not names: ", "{1} for {0}", ", "),
    ("\n\nWrite the answer as a code.\n", "{0}: {1}", "\n"),
    (" In the output write ", '"{1}" for {0}', ", "),
    (" But answer with ", "{1} when it would be {0}", ", "),
)


def recode(text: str, choices: Sequence[str], rng: random.Random) -> tuple[str, dict[str, str]] | None:
    """Append a mapping of labels to codes in words: (new text, label -> code), or None."""
    if not 2 <= len(choices) <= 8 or any(re.search(r"[\n;=:,]|->", c) for c in choices):
        return None
    order = list(choices)
    rng.shuffle(order)
    codes = _codes(len(order), order, rng)
    if codes is None:
        return None
    mapping = dict(zip(order, codes))
    lead, item, separator = rng.choice(_RECODE_FORMS)
    shown = separator.join(item.format(c, mapping[c]) for c in (order if rng.random() < 0.5 else choices))
    body = text.rstrip() if text.rstrip()[-1:] in ".!?:;)\"'" else text.rstrip() + "."
    if "{all}" in lead:
        return body + lead.replace("{all}", shown), mapping
    return body + lead + shown + ("" if separator == "\n" else "."), mapping


_SEPARATOR = re.compile(r"\s*(?:,|/|\||;|, ?or|, ?and|\bor\b|\band\b|\n[-*•]?)\s*")


def reorder(text: str, choices: Sequence[str], rng: random.Random) -> str | None:
    """Shuffle a list that names every choice once, separators kept in place; None if there is no such list or order matters."""
    if len(choices) < 2 or _ORDER_WORDS.search(text):
        return None
    found = list(_finder(choices).finditer(text))
    n = len(choices)
    for at in range(len(found) - n + 1):
        run = found[at : at + n]
        if {m[0] for m in run} != set(choices):
            continue
        if not all(_SEPARATOR.fullmatch(text[a.end() : b.start()]) for a, b in zip(run, run[1:])):
            continue
        shuffled = [m[0] for m in run]
        rng.shuffle(shuffled)
        out, last = [], 0
        for m, label in zip(run, shuffled):
            out += [text[last : m.start()], label]
            last = m.end()
        return "".join(out) + text[last:]
    return None


# ---------------------------------------------------------------- noise


def _typo(word: str, rng: random.Random) -> str:
    """One slip inside a word of at least four letters."""
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + rng.choice("abcdefghiklmnoprstuwy") + word[at + 1 :]


def _plain_words(text: str, protected: set[str], shortest: int = 1) -> list[tuple[int, int]]:
    """Spans of words that are nothing but letters (bar punctuation around), outside quotes and code, not in `protected`."""
    shielded = [
        m.span()
        for m in re.finditer(r"\"[^\"]*\"|“[^”]*”|`[^`]*`|(?<!\w)'[^']*'(?!\w)|\{[^}]*\}|\[[^\]]*\]|<[^>]*>", text)
    ]
    spans = []
    for m in re.finditer(r"\S+", text):
        core = re.fullmatch(r"\(?([A-Za-z]+)[.,;:!?)]*", m[0])
        if not core or any(a < m.end() and m.start() < b for a, b in shielded):
            continue
        word = core[1]
        if len(word) < shortest or word.lower() in protected or (len(word) > 1 and word[1:] != word[1:].lower()):
            continue
        spans.append((m.start() + core.start(1), m.start() + core.end(1)))
    return spans


def _edit(text: str, spans: Sequence[tuple[int, int]], change: Callable[[str], str]) -> str:
    for a, b in sorted(spans, reverse=True):
        text = text[:a] + change(text[a:b]) + text[b:]
    return text


def spec_noise(text: str, protected: set[str], rng: random.Random) -> str:
    """Typos, lower case, shouting or missing punctuation; never in protected words, quotes, code or numbers."""
    kind = rng.choice(("typo", "typo", "lower", "shout", "shout", "bare"))
    if kind == "typo":
        spans = [s for s in _plain_words(text, protected, 5) if text[s[0] : s[1]].islower()]
        return _edit(text, rng.sample(spans, min(len(spans), rng.randint(1, 3))), lambda w: _typo(w, rng))
    if kind == "bare":
        return re.sub(r"(?<=[a-z])[.!](?=\s|$)", "", text)
    spans = _plain_words(text, protected)
    return _edit(text, spans, str.lower if kind == "lower" else str.upper)


def input_noise(text: str, rng: random.Random) -> str:
    """A typo or two, or another case, in an input."""
    kind = rng.choice(("typo", "typo", "lower", "upper"))
    if kind == "typo":
        spans = [s for s in _plain_words(text, set(), 6) if text[s[0] : s[1]].islower()]
        return _edit(text, rng.sample(spans, min(len(spans), rng.randint(1, 2))), lambda w: _typo(w, rng))
    return _edit(text, _plain_words(text, set()), str.lower if kind == "lower" else str.upper)


# ---------------------------------------------------------------- sentences

_WORKED = re.compile(r"(?:\n\s*|(?<=[.!?:])\s+)(?:examples?:?\s*)?input\s*:.*\Z", re.I | re.S)
_FOR_EXAMPLE = re.compile(r"(?:e\.g\.|for example|for instance|examples?\b)", re.I)
_SENTENCE_END = re.compile(r"(?<=[a-z0-9)\"'][.!?])\s+(?=[A-Z\"'(])")


def _sentences(line: str) -> list[str]:
    """The line cut at the ends of sentences that do not lie in double quotes."""
    out, at = [], 0
    for m in _SENTENCE_END.finditer(line):
        if line.count('"', 0, m.start()) % 2 == 0:
            out.append(line[at : m.start()])
            at = m.end()
    return [*out, line[at:]]


def _worked_at(text: str) -> int:
    """Where the worked examples (Input: ... Output: ...) at the end of a spec begin; its length if there are none."""
    found = _WORKED.search(text)
    return found.start() if found and "output" in found[0].lower() else len(text)


def without_examples(text: str) -> str:
    """The spec without worked examples and without sentences that begin as one; the text itself if nothing would be left."""
    lines = []
    for line in text[: _worked_at(text)].split("\n"):
        lines.append(" ".join(s for s in _sentences(line) if not _FOR_EXAMPLE.match(s)))
    out = "\n".join(lines).strip()
    return out if len(out) >= 20 else text


def shuffle_sentences(text: str, rng: random.Random) -> str:
    """The sentences of each line in another order; worked examples at the end stay there."""
    at = _worked_at(text)
    lines = []
    for line in text[:at].split("\n"):
        sentences = _sentences(line)
        if len(sentences) > 1 and sentences[-1][-1:] not in ".!?":
            sentences[-1] += "."
        rng.shuffle(sentences)
        lines.append(" ".join(sentences))
    return "\n".join(lines) + text[at:]


# ---------------------------------------------------------------- one row's task

_NOISY_INPUT = frozenset(("classification", "routing"))
_CASE_MATTERS = re.compile(
    r"lower|upper|capital|\bcaps?\b|\bcase\b|spell|typo|shout|letter|grammar|punctuat|exact", re.I
)


@dataclass(frozen=True)
class Task:
    """What one row is built from: a spec text, the examples shown to the compiler, the cases to answer, the labels (before a rule
    on the form of answers or an exception is added)."""

    spec: str
    examples: tuple[Case, ...]
    cases: tuple[Case, ...]
    choices: tuple[str, ...]


def sample_task(function: Function, rng: random.Random, rates: Rates, max_examples: int = 6) -> Task:
    """One augmented reading of a function; its cases come in random order."""
    text = rng.choice(function.wordings)
    mapping: Mapping[str, str] = {}
    if function.choices:
        draw, changed = rng.random(), None
        if draw < rates.recode:
            changed = recode(text, function.choices, rng)
        elif draw < rates.recode + rates.restyle:
            changed = restyle(text, function.choices, rng)
        if rng.random() < rates.reorder and not (changed and draw < rates.recode):
            base, labels = changed if changed else (text, None)
            shuffled = reorder(base, list(labels.values()) if labels else function.choices, rng)
            if shuffled is not None:
                changed = (shuffled, labels or {})
        if changed:
            text, mapping = changed
    choices = tuple(mapping.get(c, c) for c in function.choices)
    given = list(function.cases)
    if not function.choices and rng.random() < rates.rename_keys:
        text, given = rename_keys(text, given, rng) or (text, given)
    if rng.random() < rates.no_example:
        text = without_examples(text)
    if rng.random() < rates.shuffle:
        text = shuffle_sentences(text, rng)
    if rng.random() < rates.spec_noise:
        outputs = " ".join(mapping.get(c.output, c.output) for c in function.cases)
        protected = set(re.findall(r"[a-z]+", (outputs + " " + " ".join(choices + function.choices)).lower()))
        text = spec_noise(text, protected, rng)
    noisy = (
        bool(choices)
        and function.category in _NOISY_INPUT
        and rng.random() < rates.input_noise
        and not any(_CASE_MATTERS.search(w) for w in function.wordings)
    )
    cases = [Case(c.input, mapping.get(c.output, c.output)) for c in given]
    swap = swap_names if function.choices else swap_values
    cases = [swap(function.wordings, c, rng) if rng.random() < rates.swap_values else c for c in cases]
    if noisy:
        cases = [Case(input_noise(c.input, rng), c.output) if rng.random() < 0.5 else c for c in cases]
    if rng.random() < rates.wrap:
        text, cases = wrap(text, cases, rng) or (text, cases)
    if rng.random() < rates.override:
        text, cases = override(text, cases, choices, rng, _worked_at(text)) or (text, cases)
    rng.shuffle(cases)
    shown = 0
    if rng.random() < rates.with_examples:
        shown = min(rng.randint(1, max(1, max_examples)), len(cases) - 1) if max_examples else 0
    return Task(text, tuple(cases[:shown]), tuple(cases[shown:]), choices)
