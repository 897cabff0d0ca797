"""Values exchanged in cases, keys of records spelt otherwise."""

import json
import random

from paw_train.corpus import Case
from paw_train.values import rename_keys, swap_values


def test_names_and_numbers_change_in_input_and_output_alike():
    case = Case("Ask Nora about parcel 48213 today", "Nora 48213")
    changed = 0
    for seed in range(20):
        got = swap_values(("who and which parcel",), case, random.Random(seed))
        name, number = got.output.split()
        assert got.input == f"Ask {name} about parcel {number} today"
        assert len(number) == 5 and number[0] == "4"
        changed += name != "Nora" and number != "48213"
    assert changed > 15


def test_values_stay_where_they_may_matter():
    rng = random.Random(1)
    same = lambda spec, case: swap_values((spec,), case, rng) == case  # noqa: E731
    assert same("print the initials", Case("Nora came", "Nora"))
    assert same("which parcel", Case("parcels 483 and 512", "995"))  # a sum
    assert same("the year", Case("built in 1984", "1984"))
    assert same("who? Nora is the boss", Case("Nora came", "Nora"))
    assert same("who", Case("Nora, nora@example.com", "Nora"))


def test_keys_are_renamed_in_spec_and_outputs():
    spec = 'Make {"to":"...","gift":"..."} of it'
    cases = [Case("a teapot for Kim", '{"to":"Kim","gift":"teapot"}')]
    renamed = [r for seed in range(20) if (r := rename_keys(spec, cases, random.Random(seed)))]
    assert len(renamed) > 10
    for text, (case,) in renamed:
        to, gift = json.loads(case.output)
        assert text == f'Make {{"{to}":"...","{gift}":"..."}} of it' and (to, gift) != ("to", "gift")
        assert json.loads(case.output)[to] == "Kim"


def test_keys_that_the_spec_does_not_show_stay():
    assert rename_keys("JSON with to and gift", [Case("x", '{"to":"Kim"}')], random.Random(0)) is None
    assert rename_keys("a=N b=N", [Case("x", "a=1 c=2")], random.Random(0)) is None
