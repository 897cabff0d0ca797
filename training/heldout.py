#!/usr/bin/env python3
"""heldout.py DIR: writes valid.jsonl and test.jsonl, suites for `paw eval`, from the corpus and heldout.tsv."""
import glob
import json
import os
import sys


def main() -> None:
    here, out = os.path.dirname(os.path.abspath(__file__)), sys.argv[1]
    with open(os.path.join(here, "heldout.tsv"), encoding="utf-8") as f:
        split_of = dict(reversed(line.rstrip("\n").split("\t")) for line in f if not line.startswith("#"))
    rows: dict[str, list[str]] = {"valid": [], "test": []}
    for path in sorted(glob.glob(os.path.join(here, "corpus", "*.jsonl"))):
        with open(path, encoding="utf-8") as f:
            for line in f:
                if line.strip() and (split := split_of.get(json.loads(line)["id"])):
                    rows[split].append(line if line.endswith("\n") else line + "\n")
    os.makedirs(out, exist_ok=True)
    for split, lines in rows.items():
        with open(os.path.join(out, split + ".jsonl"), "w", encoding="utf-8") as f:
            f.writelines(lines)
        print(f"{split}: {len(lines)} specs")


if __name__ == "__main__":
    main()
