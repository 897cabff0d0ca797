#!/usr/bin/env python3
"""similar.py FILE...: specs of FILE that nearly repeat another spec of the corpus, and inputs or specs that repeat a suite.

Similarity is the share of a spec's word trigrams that another spec also has (containment), over all wordings.
Options: --suite S.jsonl (also compare with that suite's specs and inputs), --limit 0.45 (1: the suite alone counts).
The exit status is 1 when something is listed.
"""
import argparse
import glob
import json
import os
import re
import sys


def words(s):
    return re.findall(r"[a-z0-9']+", s.lower())


def grams(s, n):
    t = words(s)
    return {tuple(t[i:i + n]) for i in range(len(t) - n + 1)} or {tuple(t)}


def load(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


class Index:
    def __init__(self, n):
        self.n, self.of = n, {}

    def add(self, key, text):
        for g in grams(text, self.n):
            self.of.setdefault(g, set()).add(key)

    def nearest(self, text, own=None):
        g, hit = grams(text, self.n), {}
        for x in g:
            for k in self.of.get(x, ()):
                if k != own:
                    hit[k] = hit.get(k, 0) + 1
        k = max(hit, key=hit.get, default=None)
        return k, (hit[k] / len(g) if k is not None else 0.0)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("files", nargs="+")
    ap.add_argument("--suite", action="append", default=[])
    ap.add_argument("--limit", type=float, default=0.45)
    a = ap.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    corpus = Index(3)
    for p in sorted(set(glob.glob(os.path.join(here, "*.jsonl")) + [os.path.abspath(f) for f in a.files])):
        for d in load(p):
            for w in [d["spec"]] + d.get("spec_alt", []):
                corpus.add(d["id"], w)
    suite_spec, suite_input = Index(5), Index(5)
    for p in a.suite:
        for d in load(p):
            suite_spec.add(d["id"], d["spec"])
            for c in d["cases"]:
                if len(words(c["input"])) >= 6:
                    suite_input.add(d["id"], c["input"])
    bad = 0
    for p in a.files:
        for d in load(p):
            k, s = corpus.nearest(d["spec"], own=d["id"])
            if s > a.limit:
                bad += 1
                print(f"{d['id']} ~ {k} ({s:.2f})")
            for w in [d["spec"]] + d.get("spec_alt", []):
                k, s = suite_spec.nearest(w)
                if s > 0.4:
                    bad += 1
                    print(f"{d['id']} spec ~ suite {k} ({s:.2f})")
            for c in d["cases"]:
                if len(words(c["input"])) >= 6:
                    k, s = suite_input.nearest(c["input"])
                    if s > 0.5:
                        bad += 1
                        print(f"{d['id']} input ~ suite {k} ({s:.2f}): {c['input'][:80]}")
    print(f"{bad} near-copies")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
