"""Proper names of the corpus: words that stand capitalised inside sentences and never in lower case.

    python3 names.py corpus/*.jsonl > ../paw_train/names.txt

The trainer exchanges them where an answer copies them (`paw_train.values`).
"""

from __future__ import annotations

import json
import re
import sys

_INSIDE = re.compile(r"(?<=[a-z,] )([A-Z][a-z]{2,})\b(?![-'’.@_/])")
_LOWER = re.compile(r"\b[a-z]+\b")
# Capitalised by rule, and meant as what they are.
_CALENDAR = frozenset(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September "
    "October November December Christmas Easter".split()
)


def names(paths: list[str]) -> list[str]:
    """The names of all inputs, sorted."""
    capital: set[str] = set()
    lower: set[str] = set()
    for path in paths:
        with open(path, encoding="utf-8") as f:
            for line in f:
                record = json.loads(line)
                for text in (record["spec"], *(record.get("spec_alt") or ())):
                    lower.update(_LOWER.findall(text))
                for case in record["cases"]:
                    lower.update(_LOWER.findall(case["input"] + "\n" + case["output"]))
                    capital.update(_INSIDE.findall(case["input"]))
    return sorted(w for w in capital - _CALENDAR if w.lower() not in lower)


if __name__ == "__main__":
    print("\n".join(names(sys.argv[1:])))
