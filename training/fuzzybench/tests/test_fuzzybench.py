"""Run from training/: python3 -m pytest fuzzybench/tests -q"""
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TRAINING = HERE.parent.parent
sys.path.insert(0, str(TRAINING))

from fuzzybench.check import problems_of  # noqa: E402
from fuzzybench.generate import generate, make_line  # noqa: E402
from fuzzybench.registry import load  # noqa: E402

FAMILIES = load()


def run(*args):
    return subprocess.run([sys.executable, "-m", "fuzzybench", *args], cwd=TRAINING, capture_output=True, check=True).stdout


def test_enough_families():
    assert len(FAMILIES) >= 120


def test_same_bytes_for_same_arguments():
    args = ("--seed", "7", "--count", str(len(FAMILIES)))
    first = run(*args)
    assert first == run(*args)
    assert first != run("--seed", "8", "--count", str(len(FAMILIES)))


def test_a_family_alone_gives_the_same_lines_as_in_a_full_run():
    full = {line["id"]: line for line, _ in generate(3, 2 * len(FAMILIES))}
    name = sorted(FAMILIES)[0]
    for line, _ in generate(3, 2, name):
        assert full[line["id"]] == line


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_family(name):
    used = set()
    for n in range(12):
        line, task = make_line(FAMILIES[name], 11, n, used=used)
        assert problems_of(line, task) == []
    r = random.Random(name)
    assert len(set(FAMILIES[name].make(r).heads)) >= 6


def test_corpus_check_passes(tmp_path):
    out = tmp_path / "gen.jsonl"
    out.write_bytes(run("--seed", "5", "--count", "400"))
    r = subprocess.run([sys.executable, str(TRAINING / "corpus" / "check.py"), str(out)], capture_output=True, text=True)
    assert r.returncode == 0
    assert "400 specs" in r.stdout and " 0 problems" in r.stdout, r.stdout


def test_lines_have_the_corpus_form():
    for raw in run("--seed", "2", "--count", "60", "--cases", "16").splitlines():
        d = json.loads(raw)
        assert set(d) - {"choices"} == {"id", "category", "spec", "spec_alt", "cases"}
        assert len(d["cases"]) == 16 and len(d["spec_alt"]) >= 2
