"""Values exchanged in cases, keys of records spelt otherwise."""

import json
import random

from paw_train import values
from paw_train.corpus import Case
from paw_train.values import rename_keys, swap_names, swap_values


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
    assert same("who", Case("Nora, norah@example.com", "Nora"))  # a part of another word
    assert same("Mr or Ms", Case("Nora Baker", "Ms Nora Baker"))
    assert same("the country", Case("in Fribourg", "Switzerland"))  # not copied


def test_names_keep_the_form_that_they_have_in_each_place():
    case = Case("Nora, nora@example.com, from Fribourg", "NORA in Fribourg")
    invented = 0
    for seed in range(20):
        got = swap_values(("who and where",), case, random.Random(seed))
        name, town = got.output.split(" in ")
        assert got.input == f"{name.capitalize()}, {name.lower()}@example.com, from {town}"
        assert name != "NORA" and town != "Fribourg"
        invented += name.capitalize() not in values._GIVEN
    assert 4 < invented < 16
    labels = Case("Nora from Fribourg is late", "late")
    swapped = {swap_names(("late or early",), labels, random.Random(seed)).input for seed in range(20)}
    assert len(swapped) > 10 and all(s.endswith("from Fribourg is late") for s in swapped)


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
