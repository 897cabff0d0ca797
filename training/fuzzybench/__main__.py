"""python3 -m fuzzybench --seed S --count N [--family NAME] [--cases 14] [--check] [--list]"""
import argparse
import json
import sys
from .check import check
from .generate import generate
from .registry import load


def main():
    p = argparse.ArgumentParser(prog="fuzzybench", description="training specs of mechanical fuzzy functions, outputs computed by code")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--count", type=int, default=100)
    p.add_argument("--family")
    p.add_argument("--cases", type=int, default=14)
    p.add_argument("--check", action="store_true", help="validate instead of writing")
    p.add_argument("--list", action="store_true", help="print the families")
    a = p.parse_args()
    table = load()
    if a.family and a.family not in table:
        p.error(f"no family {a.family!r}; --list names them")
    if a.cases < 4:
        p.error("at least 4 cases")
    if a.list:
        for f in table.values():
            print(f"{f.name}\t{f.category}")
        return 0
    if a.check:
        return 1 if check(a.seed, a.count, a.family, a.cases) else 0
    for line, _ in generate(a.seed, a.count, a.family, a.cases):
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(0)
