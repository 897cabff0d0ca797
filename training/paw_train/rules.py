"""Augmentation of what a spec asks for: one more rule about the form of every answer, or an exception that overrides the rest.

Both are appended in words to a hand-written spec and carried out exactly on its cases, so that the references stay right. They
teach that a sentence of the spec counts even where the rest of it was seen before.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence

from .corpus import Case

Ruled = tuple[str, list[Case]]  # a spec text and its cases

# A spec that shows outputs, or that forbids what a form would add.
_SHOWS = re.compile(r"\boutputs?:|\binput:|->|=>|→|e\.g\.|for example|example|such as|\blike\b|:\s*\"", re.I)
_FORBIDS = re.compile(
    r"nothing else|nothing more|no other|no quot|no punct|no extra|no full stop|no period|without|json|yaml|xml|csv|quot|bracket|"
    r"\bonly\b.{0,20}\b(number|digit|word)",
    re.I,
)
_CASED = re.compile(r"lower|upper|capital|\bcaps?\b|\bcase\b|title|exact|verbatim|spell|as written|as it stands", re.I)

_WORDS = ("Answer", "Result", "Output", "Verdict", "Reply", "Value", "OUT", "Decision", "res", "Final")
_KEYS = ("answer", "result", "label", "output", "value", "out", "reply", "verdict", "field", "text", "a")
_TAGS = ("answer", "out", "result", "a", "value", "x")
_TAILS = ("[auto]", "(end)", "//", "#done", "| ok", "--", "[bot]", "(draft)", "/v1")


def _form(rng: random.Random) -> tuple[Sequence[str], Callable[[str], str], str]:
    """Wordings of a rule, what it does to an answer, and characters that answers must not hold for it to be clear."""
    word, key, tag, tail = rng.choice(_WORDS), rng.choice(_KEYS), rng.choice(_TAGS), rng.choice(_TAILS)
    forms: tuple[tuple[Sequence[str], Callable[[str], str], str], ...] = (
        (
            ("Put the answer in double quotes.", "Wrap what you print in double quotes.", "Double quotes around the answer."),
            lambda o: f'"{o}"',
            '"',
        ),
        (
            ("Put the answer in square brackets.", "Square brackets around the answer, please.", "Format: [ANSWER]"),
            lambda o: f"[{o}]",
            "[]",
        ),
        (
            ("Put the answer in round brackets.", "The answer goes in parentheses."),
            lambda o: f"({o})",
            "()",
        ),
        (
            (f"Wrap the answer in <{tag}> and </{tag}>.", f"Give the answer inside <{tag}></{tag}> tags."),
            lambda o: f"<{tag}>{o}</{tag}>",
            "<>",
        ),
        (
            (f'Start the answer with "{word}: ".', f"Write it as {word}: followed by the answer.", f"Format: {word}: ANSWER"),
            lambda o: f"{word}: {o}",
            "",
        ),
        (
            (f"Print it as {key}=ANSWER.", f"Put {key}= directly in front of the answer."),
            lambda o: f"{key}={o}",
            "=",
        ),
        (
            (
                f'Return it as JSON with the single key "{key}".',
                f'Answer with a JSON object {{"{key}": "ANSWER"}}.',
                f"Reply in JSON, one key named {key}, whose value is the answer as a string.",
            ),
            lambda o: json.dumps({key: o}, ensure_ascii=False),
            "",
        ),
        (("End the answer with an exclamation mark.", "Put a ! after the answer."), lambda o: o + "!", "!?."),
        (("End the answer with a semicolon.", "Put ; right after the answer."), lambda o: o + ";", ";"),
        (('Begin the line with "- ", like an item of a list.', "Print it as a bullet: a hyphen, a space, the answer."), lambda o: "- " + o, ""),
        (("Make the answer bold with two asterisks on each side.", "Put ** before and after the answer."), lambda o: f"**{o}**", "*"),
        (("Put the answer in backticks.", "Backticks around the answer."), lambda o: f"`{o}`", "`"),
        ((f"After the answer add a space and {tail}", f"Finish the line with a space and then {tail}"), lambda o: f"{o} {tail}", ""),
        (
            (f"First print a line that says {word}, then the answer on the next line.", f"Two lines: {word}, and below it the answer."),
            lambda o: f"{word}\n{o}",
            "",
        ),
        (("Print the answer in capital letters.", "ANSWER IN CAPITALS.", "All upper case, please."), str.upper, "\0"),
        (("Print the answer in lower case.", "Everything in small letters."), str.lower, "\0"),
    )
    return rng.choice(forms)


def wrap(text: str, cases: Sequence[Case], rng: random.Random) -> Ruled | None:
    """The spec with a rule on the form of the answer, carried out on all outputs; None where it might contradict the spec."""
    if _SHOWS.search(text) or _FORBIDS.search(text) or any("\n" in c.output or not c.output for c in cases):
        return None
    wordings, change, clash = _form(rng)
    if clash == "\0" and _CASED.search(text):
        return None
    if any(ch in c.output for c in cases for ch in clash):
        return None
    new = [Case(c.input, change(c.output)) for c in cases]
    if len({c.output for c in new}) < len({c.output for c in cases}):
        return None
    rule = rng.choice(wordings)
    place = rng.random()
    if place < 0.25:
        return f"{rule} {text}", new
    if text[-1:] not in ".!?:)\"'`":
        text += "."
    return text + ("\n" if place > 0.75 else " ") + rule, new


# ---------------------------------------------------------------- exceptions

_STARTS = ("TEST", "DRAFT:", "FYI", "[auto]", "Fwd:", "##", "//", "zz", "COPY:", "OLD:", ">>", "Reminder:", "Note to self:")
_ENDS = ("(copy)", "END", "--", "thx", "[void]", "###", "(resend)", "ignore pls", "~")
_HOLDS = ("unicorn", "pineapple", "sandbox", "rehearsal", "zebra", "Project Falcon", "placeholder", "trial run", "blue folder", "xyzzy")
_INSTEAD = ("SKIP", "IGNORED", "n/a", "HOLD", "unknown", "-", "see human", "OTHER", "X", "not applicable", "PASS", "void", "0")

_SAY = {
    "start": (
        "If the input starts with {t}, print {x} whatever else it says.",
        "Exception: anything starting with {t} gets {x}.",
        "Inputs that begin with {t} are always {x}.",
        "{t} at the start means {x}, no matter what follows.",
    ),
    "end": (
        "If the input ends with {t}, print {x} instead.",
        "Exception: whatever ends in {t} is {x}.",
        "{t} at the very end means {x}, no matter what comes before.",
    ),
    "hold": (
        "If {t} is mentioned, print {x} instead.",
        "Exception: anything that mentions {t} gets {x}.",
        "Whatever mentions {t} is {x}; this beats every other rule.",
    ),
    "blank": (
        "If the input is empty, print {x}.",
        "Empty input: {x}.",
        "Nothing given? Then answer {x}.",
    ),
}


def _insert(text: str, what: str, rng: random.Random) -> str:
    """`what` put into the text as an aside."""
    ends = [m.end() for m in re.finditer(r"[.!?;,](?= )", text)]
    if ends and rng.random() < 0.5:
        at = rng.choice(ends)
        return f"{text[:at]} ({what}){text[at:]}"
    return rng.choice((f"{text} ({what})", f"{what} - {text}", f"{text} {what}"))


def override(text: str, cases: Sequence[Case], choices: Sequence[str], rng: random.Random, at: int | None = None) -> Ruled | None:
    """The spec with an exception that some of the cases then fall under; it is put at `at` (the end unless given)."""
    kind = rng.choices(("start", "end", "hold", "blank"), (4, 2, 4, 1))[0]
    trigger = rng.choice({"start": _STARTS, "end": _ENDS, "hold": _HOLDS, "blank": ("",)}[kind])
    instead = rng.choice(choices) if choices and rng.random() < 0.4 else rng.choice(_INSTEAD)
    low = trigger.lower()
    if not cases or (low and (low in text.lower() or any(low in c.input.lower() for c in cases))):
        return None
    if kind == "blank" and (re.search(r"empty|blank|nothing", text, re.I) or any(not c.input.strip() for c in cases)):
        return None
    make = {
        "start": lambda i: f"{trigger} {i}",
        "end": lambda i: f"{i} {trigger}",
        "hold": lambda i: _insert(i, trigger, rng),
        "blank": lambda i: "",
    }[kind]
    hit = 1 if kind == "blank" else max(1, round(len(cases) * rng.uniform(0.15, 0.5)))
    struck = set(rng.sample(range(len(cases)), min(hit, len(cases))))
    new = [Case(make(c.input), instead) if n in struck else c for n, c in enumerate(cases)]
    quote = rng.choice(("{}", '"{}"', "'{}'", "{}"))
    rule = rng.choice(_SAY[kind]).format(t=quote.format(trigger), x=instead)
    at = len(text) if at is None else at
    head, tail = text[:at].rstrip(), text[at:]
    if head and head[-1] not in ".!?:)\"'`":
        head += "."
    return head + rng.choice((" ", "\n")) + rule + ("\n" + tail if tail else ""), new
