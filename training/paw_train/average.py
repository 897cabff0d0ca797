"""The mean of several exported compilers of one shape: runs that started from the same weights average to a better one.

    python3 -m paw_train.average --base BASE.gguf --out MEAN.gguf A.gguf B.gguf [--weights 1,1] [--small]

Means are taken of the values as the files hold them, then written in the formats asked for.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

import torch

from .base import Base
from .compiler import System
from .export import KEY, Formats, export_compiler, import_compiler, options_of
from .gguf_file import GGUFFile, joined
from .prompts import Prompts

CARRIED = ("choices.spec", "choice_temperature")  # keys that an export does not write by itself


def mean_of(paths: Sequence[str], weights: Sequence[float], base: Base) -> tuple[System, Prompts, dict]:
    """A system whose trained parts are the weighted mean of the files'; its prompt forms and further keys are the first file's.

    ValueError if the files' shapes, bases or prompt forms differ, or the weights do not suit.
    """
    if len(weights) != len(paths) or not sum(weights) > 0:
        raise ValueError(f"{len(weights)} weights that sum to {sum(weights):g} for {len(paths)} compilers")
    total = float(sum(weights))
    files = [GGUFFile(joined(p)) for p in paths]
    for path, f in zip(paths, files):
        if f.meta[KEY + "base.sha256"] != base.sha256:
            raise ValueError(f"{path}: trained on another base model file")
        if options_of(f) != options_of(files[0]):
            raise ValueError(f"{path}: {options_of(f)}, but {paths[0]}: {options_of(files[0])}")
        if Prompts.from_metadata(f.meta, KEY) != Prompts.from_metadata(files[0].meta, KEY):
            raise ValueError(f"{path}: its prompts differ from those of {paths[0]}")
    mean, part = (System(base, options_of(files[0]), torch.float32) for _ in range(2))
    for p in mean.compiler.parameters():
        p.data.zero_()
    for f, weight in zip(files, weights):
        import_compiler(f, part)
        for p, q in zip(mean.compiler.parameters(), part.compiler.parameters(), strict=True):
            p.data.add_(q.data, alpha=weight / total)
    more = {key: files[0].meta[KEY + key] for key in CARRIED if KEY + key in files[0].meta}
    return mean, Prompts.from_metadata(files[0].meta, KEY), more


def main() -> None:
    from .base import load_base

    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("compilers", nargs="+", help="compiler files (or pieces joined by commas)")
    p.add_argument("--base", required=True, help="base model GGUF, or its pieces separated by commas")
    p.add_argument("--out", required=True, help="compiler file to write")
    p.add_argument("--weights", help="comma list, one a compiler (default: all the same)")
    p.add_argument("--small", action="store_true", help="write the shipped form")
    p.add_argument("--name", default="paw-compact")
    p.add_argument("--snapshot", default="", help="default: the name of --out")
    a = p.parse_args()
    weights = [float(w) for w in a.weights.split(",")] if a.weights else [1.0] * len(a.compilers)
    base = load_base(a.base)
    system, prompts, more = mean_of(a.compilers, weights, base)
    snapshot = a.snapshot or os.path.basename(a.out).removesuffix(".gguf")
    formats = Formats.small() if a.small else Formats()
    print(a.out, export_compiler(a.out, system, base, prompts, a.name, snapshot, formats=formats, more=more))


if __name__ == "__main__":
    main()
