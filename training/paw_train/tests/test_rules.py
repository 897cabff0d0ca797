"""Rules appended to specs, carried out on the cases."""

import json
import random

from paw_train.corpus import Case
from paw_train.rules import override, wrap

CASES = [Case("the bulb is out", "LIGHT"), Case("tap drips. all day", "WATER"), Case("no idea", "OTHER")]


def test_a_form_is_said_and_carried_out():
    seen = set()
    for seed in range(200):
        text, cases = wrap("Which trade should come?", CASES, random.Random(seed))
        assert "Which trade should come?" in text and len(text) > 30
        assert [c.input for c in cases] == [c.input for c in CASES]
        for old, new in zip(CASES, cases):
            assert old.output in new.output or old.output.lower() == new.output or old.output == new.output
        if cases[0].output.startswith("{"):
            (key, value), = json.loads(cases[0].output).items()
            assert value == "LIGHT" and key in text
        seen.add(cases[0].output)
    assert len(seen) > 30


def test_no_form_where_the_spec_shows_or_forbids_it():
    for spec in ("trade? e.g. LIGHT", "Trade, nothing else.", "trade as JSON", "bulb -> LIGHT"):
        assert wrap(spec, CASES, random.Random(3)) is None
    assert wrap("which", [Case("a", "x\ny")], random.Random(3)) is None


def test_an_exception_strikes_some_cases_and_leaves_the_others():
    struck_kinds = set()
    for seed in range(200):
        got = override("Which trade should come", CASES, ("LIGHT", "WATER", "OTHER"), random.Random(seed))
        text, cases = got
        changed = [(o, n) for o, n in zip(CASES, cases) if o.input != n.input]
        assert 1 <= len(changed) < len(cases) or len(changed) == 2
        outputs = {n.output for _, n in changed}
        assert len(outputs) == 1 and outputs.pop() in text
        for o, n in zip(CASES, cases):
            assert o.input in n.input or n.input == "" or o == n or "(" in n.input
        struck_kinds.add(len(changed[0][1].input) == 0)
    assert struck_kinds == {True, False}


def test_an_exception_stands_before_worked_examples_and_never_on_words_that_occur():
    spec = "Which trade?\nInput: x\nOutput: LIGHT"
    text, _ = override(spec, CASES, (), random.Random(1), at=spec.index("\nInput"))
    assert text.endswith("Output: LIGHT") and text.index("Input: x") > len("Which trade?") + 10
    same = [Case("TEST unicorn pineapple sandbox", "a")]
    for seed in range(60):
        got = override("s", same, (), random.Random(seed))
        if got:
            assert all(w not in got[0] for w in ("TEST", "unicorn", "pineapple", "sandbox"))
