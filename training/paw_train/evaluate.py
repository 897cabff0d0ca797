"""Exact match of a compiler on suites of fuzzy functions, teacher-forced and packed.

Greedy decoding reproduces a reference if and only if every token of it (and its end) is the top one given those before, so
one pass per case says whether it would. Where the output is one of a closed set, the choices are also ranked by their total
log-probability. With K examples the first K cases are given to the compiler; the first four cases are never scored (unless
asked), so that rows with and without examples compare.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from . import corpus
from .compiler import System
from .corpus import Function
from .data import Renderer
from .packing import Item, Row, pack


@dataclass(frozen=True)
class EvalOptions:
    """How to evaluate."""

    examples: tuple[int, ...] = (0, 4)
    skip: int = 4  # leading cases never scored
    specs: int = 0  # functions a suite, 0: all
    seconds: float = 0.0  # for everything, 0: no limit
    tokens: int = 32768  # a batch
    row_length: int = 1024  # rows are filled up to it
    longest: int = 2048  # a single case may be as long as this
    max_choices: int = 100  # larger closed sets are not ranked
    quantised: bool = False  # adapters through Q4_0
    empty_prompt: bool = False  # the interpreter's prompt holds no spec


@dataclass
class _Job:
    """One case to score; `result` is (exact, ranked right or None)."""

    function: int
    item: Item
    reference: int
    closed: bool
    category: str = ""
    result: tuple[bool, bool | None] | None = None


def _jobs(functions: Sequence[Function], renderer: Renderer, skip: int, max_choices: int) -> list[_Job]:
    jobs = []
    for n, f in enumerate(functions):
        closed = 2 <= len(f.choices) <= max_choices
        candidates = [renderer.output(c) for c in f.choices] if closed else []
        for case in f.cases[skip:]:
            item = Item(renderer.input(case.input), candidates or [renderer.output(case.output)])
            jobs.append(_Job(n, item, f.choices.index(case.output) if closed else 0, bool(f.choices)))
    return jobs


def _texts(
    functions: Sequence[Function], renderer: Renderer, k: int, o: EvalOptions
) -> tuple[list[list[int]], list[list[int]]]:
    """Interpreter prefixes and encoder texts; examples are dropped from the end where they would not fit half a row."""
    prefixes, encodes = [], []
    for f in functions:
        for shown in range(min(k, len(f.cases)), -1, -1):
            examples = [(c.input, c.output) for c in f.cases[:shown]]
            prefix = renderer.prefix(f.spec, examples, o.empty_prompt)
            encode = renderer.encode(f.spec, examples)
            if max(len(prefix), len(encode)) <= o.longest // 2:
                break
        prefixes.append(prefix)
        encodes.append(encode[: o.longest // 2])
    return prefixes, encodes


def _rows(jobs: Sequence[_Job], prefixes: Sequence[list[int]], o: EvalOptions) -> list[tuple[Row, list[_Job]]]:
    """Jobs packed into rows of one function each; jobs that fit no row get the result False."""
    rows: list[tuple[Row, list[_Job]]] = []
    for job in jobs:
        prefix = prefixes[job.function]
        if len(prefix) + job.item.size > o.longest:
            job.result = (False, False if len(job.item.candidates) > 1 else None)
            continue
        last = rows[-1] if rows else None
        if last and last[1][0].function == job.function and last[0].size + job.item.size <= o.row_length:
            last[0].items.append(job.item)
            last[1].append(job)
        else:
            rows.append((Row(prefix, [job.item]), [job]))
    return rows


@torch.no_grad()
def _coefficients(
    system: System, encodes: Sequence[list[int]], device: torch.device, o: EvalOptions
) -> torch.Tensor | None:
    """Coefficients of all functions, [F, L, M, N, 2]."""
    if system.compiler.mapper is None or not encodes:
        return None
    prefix_tokens = system.options.prefix_tokens
    order = sorted(range(len(encodes)), key=lambda n: len(encodes[n]))
    out: list[torch.Tensor] = []
    at = 0
    while at < len(order):
        count = max(1, o.tokens // (_ceil(len(encodes[order[min(at + 63, len(order) - 1)]]) + prefix_tokens)))
        part = order[at : at + min(count, 64)]
        length = _ceil(len(encodes[part[-1]]) + prefix_tokens)
        batch = pack([Row((), [], encodes[n]) for n in part], 1, length, prefix_tokens)
        out.append(
            system.encode(
                torch.from_numpy(batch["enc_ids"]).to(device), torch.from_numpy(batch["enc_len"]).to(device).long()
            )
        )
        at += len(part)
    joined = torch.cat(out)
    return joined[torch.tensor(sorted(range(len(order)), key=lambda i: order[i]), device=device)]


def _ceil(n: int, to: int = 128) -> int:
    return (n + to - 1) // to * to


@torch.no_grad()
def _score(
    system: System,
    functions: Sequence[Function],
    renderer: Renderer,
    k: int,
    o: EvalOptions,
    device: torch.device,
    until: float,
) -> list[_Job]:
    """Score the functions' cases with k examples until the time is up; unscored jobs keep the result None.

    Functions are taken in a fixed random order, some at a time, so that what is scored in a short time is a fair sample.
    """
    functions = random.Random(0).sample(list(functions), len(functions))
    together = max(1, o.tokens // 512)
    scored: list[_Job] = []
    for at in range(0, len(functions), together):
        part = functions[at : at + together]
        jobs = _jobs(part, renderer, max(o.skip, k), o.max_choices)
        scored += jobs
        if not until or time.time() < until:
            _score_some(system, jobs, *_texts(part, renderer, k, o), o, device, until)
        for job in jobs:
            job.category = part[job.function].category
    return scored


def _score_some(
    system: System,
    jobs: Sequence[_Job],
    prefixes: Sequence[list[int]],
    encodes: Sequence[list[int]],
    o: EvalOptions,
    device: torch.device,
    until: float,
) -> None:
    """Fill in the jobs' results."""
    coefficients = _coefficients(system, encodes, device, o)
    by_length: dict[int, list[tuple[Row, list[_Job]]]] = {}
    for row, held in _rows(jobs, prefixes, o):
        by_length.setdefault(_ceil(row.size), []).append((row, held))
    batches = []
    for length, rows in by_length.items():
        count = max(1, o.tokens // length)
        batches += [(length, rows[i : i + count]) for i in range(0, len(rows), count)]
    random.Random(0).shuffle(batches)
    for length, rows in batches:
        if until and time.time() > until:
            return
        arrays = pack([row for row, _ in rows], length)
        cands = int(arrays["cands"])
        batch = {name: torch.from_numpy(a).to(device) for name, a in arrays.items()}
        index = torch.tensor([held[0].function for _, held in rows], device=device)
        lora = system.adapter(coefficients[index] if coefficients is not None else None, o.quantised)
        total, exact = (t.tolist() for t in system.scores(batch, lora, cands))
        at = 0
        for _, held in rows:
            for job in held:
                n = len(job.item.candidates)
                part = total[at : at + n]
                ranked = max(range(n), key=part.__getitem__) == job.reference if n > 1 else None
                job.result = (exact[at + job.reference], ranked)
                at += n


def _summary(done: Sequence[tuple[str, bool, bool, bool | None]]) -> dict:
    """(category, closed, exact, ranked) of scored cases -> figures in per cent."""
    share = lambda xs: round(100.0 * sum(xs) / len(xs), 2) if xs else None  # noqa: E731
    ranked = [(e, r) for _, _, e, r in done if r is not None]
    categories: dict[str, list[bool]] = {}
    for category, _, exact, _ in done:
        categories.setdefault(category, []).append(exact)
    return {
        "n": len(done),
        "em": share([e for _, _, e, _ in done]),
        "closed_n": sum(c for _, c, _, _ in done),
        "closed_em": share([e for _, c, e, _ in done if c]),
        "ranked_n": len(ranked),
        "ranked_em": share([e for e, _ in ranked]),
        "ranked": share([r for _, r in ranked]),
        "open_n": sum(not c for _, c, _, _ in done),
        "open_em": share([e for _, c, e, _ in done if not c]),
        "categories": {k: [len(v), share(v)] for k, v in sorted(categories.items())},
    }


def evaluate(
    system: System,
    renderer: Renderer,
    suites: dict[str, Sequence[Function]],
    options: EvalOptions,
    device: torch.device,
    rank: int = 0,
    world: int = 1,
    gather=None,
) -> dict[str, dict[str, dict]]:
    """{suite: {"K": figures}}. With several processes each scores its share and `gather(list) -> list of lists` joins them."""
    out: dict[str, dict[str, dict]] = {}
    started, plan = time.time(), [(name, k) for name in suites for k in options.examples]
    for at, (name, k) in enumerate(plan):
        functions = list(suites[name])
        if options.specs and len(functions) > options.specs:
            functions = random.Random(0).sample(functions, options.specs)
        mine, begun = functions[rank::world], time.time()
        left = options.seconds - (begun - started)
        until = begun + max(0.0, left) / (len(plan) - at) if options.seconds else 0.0
        jobs = _score(system, mine, renderer, k, options, device, until)
        done = [(j.category, j.closed, *j.result) for j in jobs if j.result]
        parts = gather((done, len(jobs))) if gather else [(done, len(jobs))]
        figures = _summary([d for part, _ in parts for d in part])
        figures["partial"] = sum(n for _, n in parts) > figures["n"]
        figures["seconds"] = round(time.time() - begun, 1)
        out.setdefault(name, {})[str(k)] = figures
    return out


def table(results: dict[str, dict[str, dict]]) -> str:
    """The figures as a text table."""
    lines = [f"{'suite':<14}{'K':>3}{'cases':>7}{'exact':>8}{'closed':>8}{'ranked':>8}{'open':>8}{'sec':>7}"]
    show = lambda v: f"{v:>8.1f}" if v is not None else f"{'-':>8}"  # noqa: E731
    for name, by_k in results.items():
        for k, f in by_k.items():
            cells = "".join(show(f[c]) for c in ("em", "closed_em", "ranked", "open_em"))
            lines.append(
                f"{name:<14}{k:>3}{f['n']:>7}{cells}{f['seconds']:>7.1f}{' (partial)' if f['partial'] else ''}"
            )
    return "\n".join(lines)


def read_suites(
    named: Sequence[str], patterns: Sequence[str] = (), splits: Sequence[str] = ()
) -> dict[str, list[Function]]:
    """NAME=FILE pairs, and splits of a corpus."""
    suites = {}
    for pair in named:
        name, _, path = pair.partition("=")
        suites[name] = corpus.load([path])
    if patterns and splits:
        parts = corpus.split(corpus.load(patterns))
        suites |= {s: parts[s] for s in splits if parts[s]}
    return suites


def main() -> None:
    from .export import load_system

    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--base", required=True, help="base model GGUF, or its pieces separated by commas")
    p.add_argument("--compiler", help="exported compiler GGUF (or pieces)")
    p.add_argument("--checkpoint", help="a training checkpoint instead")
    p.add_argument("--suite", action="append", default=[], help="NAME=FILE, repeatable")
    p.add_argument("--corpus", action="append", default=[], help="corpus files whose splits are evaluated")
    p.add_argument("--split", default="valid,test", help="splits of --corpus")
    p.add_argument("--examples", default="0,4", help="numbers of examples")
    p.add_argument("--score-all", action="store_true", help="score the first four cases too (where they are not given)")
    p.add_argument("--specs", type=int, default=0, help="at most so many functions a suite")
    p.add_argument("--seconds", type=float, default=0, help="time limit for everything")
    p.add_argument("--tokens", type=int, default=0, help="tokens a batch (default: 32768 on a GPU, 4096 otherwise)")
    p.add_argument(
        "--adapter-format", choices=("q4_0", "full"), default="q4_0", help="adapters as shipped, or unquantised"
    )
    p.add_argument("--empty-prompt", action="store_true", help="hide the spec from the interpreter")
    p.add_argument("--dtype", choices=("bfloat16", "float32"), help="default: bfloat16 on a GPU, float32 otherwise")
    p.add_argument("--out", help="write the figures as JSON")
    a = p.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = getattr(torch, a.dtype or ("bfloat16" if device.type == "cuda" else "float32"))
    system, renderer = load_system(a.base, a.compiler, a.checkpoint, dtype, device)
    options = EvalOptions(
        examples=tuple(int(k) for k in a.examples.split(",")),
        skip=0 if a.score_all else 4,
        specs=a.specs,
        seconds=a.seconds,
        tokens=a.tokens or (32768 if device.type == "cuda" else 4096),
        quantised=a.adapter_format == "q4_0",
        empty_prompt=a.empty_prompt,
    )
    results = evaluate(system, renderer, read_suites(a.suite, a.corpus, a.split.split(",")), options, device)
    print(table(results), flush=True)
    if a.out:
        with open(a.out, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)


if __name__ == "__main__":
    main()
