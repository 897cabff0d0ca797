"""Runs the families' validators and the rules that hold for every line."""
from collections import Counter
from .generate import generate


def problems_of(line, task):
    out = []
    cases = line["cases"]
    if not 30 <= len(line["spec"]) <= 1200 or len(line["spec_alt"]) < 2:
        out.append("wordings")
    if len({line["spec"], *line["spec_alt"]}) != 1 + len(line["spec_alt"]):
        out.append("repeated wording")
    if len({c["input"] for c in cases}) != len(cases):
        out.append("repeated input")
    counts = Counter(c["output"] for c in cases)
    if counts.most_common(1)[0][1] > .6 * len(cases):
        out.append("one output over 60 %")
    if len(task.heads) < 6 or len(set(task.heads)) < 6:
        out.append("fewer than 6 heads")
    for c in cases:
        o = c["output"]
        if not o or o != o.strip():
            out.append(f"bad output {o!r}")
        if len(o) > 320:
            out.append(f"long output {o!r}")
        if task.choices and o not in task.choices:
            out.append(f"outside choices {o!r}")
        try:
            good = task.check(c["input"], o)
        except Exception as e:  # a validator that fails is a finding like any other
            good = False
            o = f"{o} ({type(e).__name__}: {e})"
        if not good:
            out.append(f"validator: {c['input']!r} -> {o!r}")
    return out


def check(seed, count, only=None, cases=14, say=print):
    """Generate and validate; print what is wrong and a total. Returns the number of problems."""
    lines = bad = 0
    fams, specs = Counter(), Counter()
    for line, task in generate(seed, count, only, cases):
        lines += 1
        fams[line["id"].rsplit("-", 2)[0]] += 1
        specs[line["spec"]] += 1
        for p in problems_of(line, task):
            bad += 1
            say(f"{line['id']}: {p}")
    say(f"{lines} specs of {len(fams)} families, {len(specs)} different, {bad} problems")
    return bad
