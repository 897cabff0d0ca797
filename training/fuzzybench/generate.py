"""Draws families and cases and writes spec lines. The same arguments give the same bytes."""
import random
from .registry import load
from .twists import twist
from .wording import wordings


class Barren(Exception):
    """A family could not give enough different cases."""


def draw_cases(r, task, count):
    """`count` cases with distinct inputs, no output over its share, in mixed order."""
    if task.choices:
        share = max(2, -(-count * 3 // (2 * len(task.choices))))
    else:
        share = max(2, count * 3 // 10)
    cap = min(share, int(count * .6))
    hard = int(count * .6)
    few = max(1, count // 4)
    cases, seen, per, tries = [], set(), {}, 0
    while len(cases) < count:
        tries += 1
        if tries > count * 60:
            cap, few = hard, hard
        if tries > count * 150:
            raise Barren("too few different cases")
        i, o = task.case(r)
        i = i.strip(" ")
        if i in seen or not i.strip() or not o.strip() or o != o.strip():
            continue
        if per.get(o, 0) >= (few if o in task.rare else cap):
            continue
        seen.add(i)
        per[o] = per.get(o, 0) + 1
        cases.append((i, o))
    return cases


def make_line(fam, seed, n, count=14, used=None):
    """The n-th spec of a family: a dict in the corpus's form."""
    for salt in range(12):
        r = random.Random(f"{seed}/{fam.name}/{n}/{salt}")
        task = twist(r, fam, fam.make(r))
        try:
            cases = draw_cases(r, task, count + 2)
        except Barren:
            continue
        spare, cases = cases[:2], cases[2:]
        outs = [o for _, o in cases]
        if max(outs.count(o) for o in set(outs)) > .6 * count:
            continue
        short = [c for c in spare if len(c[0]) < 160 and len(c[1]) < 120] if task.example else []
        texts = wordings(r, task.heads, task.rules, short)
        if len(set(texts)) < 3 or not all(30 <= len(t) <= 1200 for t in texts):
            continue
        if used is not None:
            if texts[0] in used:
                continue
            used.add(texts[0])
        line = {"id": f"gen-{fam.name}-{seed}-{n}", "category": fam.category, "spec": texts[0], "spec_alt": texts[1:]}
        if task.choices:
            line["choices"] = list(task.choices)
        line["cases"] = [{"input": i, "output": o} for i, o in cases]
        return line, task
    raise Barren(f"{fam.name} {seed} {n}")


def generate(seed, count, only=None, cases=14):
    """Yield (line, task) for `count` specs, families in turn, their order mixed anew each round."""
    table = load()
    names = [only] if only else list(table)
    used, number = {}, {}
    done = turn = misses = 0
    while done < count:
        order = names[:]
        random.Random(f"{seed}/order/{turn}").shuffle(order)
        turn += 1
        for name in order:
            if done >= count:
                return
            n = number.get(name, 0)
            number[name] = n + 1
            try:
                yield make_line(table[name], seed, n, cases, used.setdefault(name, set()))
            except Barren:
                misses += 1
                if misses > 20 * len(names):
                    raise
                continue
            misses = 0
            done += 1
