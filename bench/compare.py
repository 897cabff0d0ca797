#!/usr/bin/env python3
"""compare.py PEER_PAW MODEL.gguf [--lora ADAPTER.gguf] [--json OUT.json] [...]

Prefill and decode of libpaw beside llama.cpp and ik_llama.cpp on the same file, with the same number of threads. The engines
run side by side in one run and take turns, in another order each round; a figure is the median over the rounds, and a ratio
that of medians. All engines must compute the same: their logits are compared first, an engine that computes something else is
left out, and one that does so only in batches of 32 tokens and more is shown with a warning. bench/peers.sh makes the interpreter for --python, with both peers built for this processor.

--tune tries the peers' options instead (paw has none) and prints, and with --json keeps, the best of each peer: --tuned reads
it, so that the peers run at their best on this processor.
"""
import argparse
import itertools
import json
import math
import os
import statistics
import subprocess
import sys
import time

CASES = [("prefill", 32, 0), ("prefill", 128, 0), ("prefill", 512, 0), ("decode", 0, 128), ("decode", 0, 512)]
TUNING_CASES = [("prefill", 128, 0), ("prefill", 512, 0), ("decode", 0, 128)]
PEERS = {"llama.cpp": "peer_llama_cpp.py", "ik_llama.cpp": "peer_ik_llama.py"}
CHOICES = {  # what --tune tries, in all combinations
    "llama.cpp": {"flash_attn": [0, 1], "repack": [0, 1]},
    "ik_llama.cpp": {"repack": [0, 1], "flash_attn": [0, 1], "merge_qkv": [0, 1], "mmap": [1], "fused_up_gate": [1]},
}
CHECKED = (24, 48)  # engines take other paths for batches of 32 and more
SAME = 0.98  # least correlation of logits: quantised activations differ a little between engines, a missing adapter much more
REST_S = 0.03  # between turns, so that an engine's waiting threads are asleep when the next one starts
FEWEST_ROUNDS = 3


class Engine:
    def __init__(self, name, command):
        self.name, self.values = name, {}
        self.p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        first = self.p.stdout.readline()
        if not first:
            raise RuntimeError(f"{name} did not start: {' '.join(command)}")
        self.about = json.loads(first)

    def ask(self, request):
        self.p.stdin.write(request + "\n")
        self.p.stdin.flush()
        line = self.p.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended at \"{request}\"")
        return json.loads(line)

    def median(self, name):
        return statistics.median(self.values[name])

    def close(self):
        self.p.stdin.close()
        self.p.wait()


def peer(a, name, options):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), PEERS[name])
    words = [f"{k}={v:d}" for k, v in options.items()]
    return Engine(name, [a.python, script, a.model, str(a.threads), a.lora or "-", *words])


def correlation(x, y):
    x, y = ([v - statistics.fmean(z) for v in z] for z in (x, y))
    return sum(p * q for p, q in zip(x, y)) / math.sqrt(sum(p * p for p in x) * sum(q * q for q in y))


def same_function(engines):
    """Those whose logits go with the first one's after a small batch; after a larger one it is only said, and shown (Engine.agreement)."""
    wanted = {n: engines[0].ask(f"logits {n}") for n in CHECKED}
    kept = []
    for e in engines:
        e.agreement = {n: round(correlation(wanted[n], e.ask(f"logits {n}")), 4) for n in CHECKED}
        if e.agreement[CHECKED[1]] < SAME:
            print(f"{e.name} computes something else (correlation of logits after {CHECKED} tokens: {list(e.agreement.values())})", file=sys.stderr)
        if e.agreement[CHECKED[0]] >= SAME:
            kept.append(e)
        else:
            print(f"left out: {e.name} {e.about['options']}", file=sys.stderr)
            e.close()
    return kept


def request(case, decode):
    kind, n, after = case
    return f"{kind} {n or decode} {after}"


def label(case):
    kind, n, after = case
    return f"{kind} {n}" if kind == "prefill" else f"decode after {after}"


def measure(engines, cases, a):
    """
    Rounds of all cases and engines until there are a.rounds, or a.seconds are over and there are FEWEST_ROUNDS; at twice that
    time one round must do. Returns the number of rounds.
    """
    for e in engines:  # wakes threads and brings files and buffers in; not counted
        e.ask("prefill 128 0")
        e.ask("decode 4 128")
    start, done = time.monotonic(), 0
    spent = lambda: time.monotonic() - start
    while done < a.rounds and spent() < (a.seconds if done >= FEWEST_ROUNDS else 2 * a.seconds if done > 0 else math.inf):
        for case in cases:
            if done > 0 and spent() > 2 * a.seconds:  # a round that a busy machine does not let end
                return done
            turn = done % len(engines)
            for e in engines[turn:] + engines[:turn]:
                time.sleep(REST_S)
                e.values.setdefault(label(case), []).append(e.ask(request(case, a.decode))[a.cpu])
        done += 1
        if sys.stderr.isatty():
            print(f"\rround {done} of {a.rounds}, {spent():.0f} s", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return done


def spread(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def results(engines, a, rounds, load):
    out = {"model": os.path.basename(a.model), "adapter": a.lora is not None, "threads": a.threads, "rounds": rounds, "cpu_time": a.cpu}
    out["load_average"] = [load, os.getloadavg()[0]]
    out["engines"] = [{**e.about, "agreement": e.agreement} for e in engines]
    out["cases"] = []
    for name in engines[0].values:
        case = {"case": name, "tokens_per_s": {e.name: spread(e.values[name]) for e in engines}}
        case["ratio"] = {e.name: engines[0].median(name) / e.median(name) for e in engines[1:]}
        out["cases"].append(case)
    return out


def show(out):
    names = [e["engine"] for e in out["engines"]]
    print(f"{out['model']}{' with adapter' if out['adapter'] else ''}, {out['threads']} threads, {out['rounds']} rounds, tokens a second{' of processor time' if out['cpu_time'] else ''}: median (min .. max)")
    for e in out["engines"]:
        print(f"  {e['engine']}: {e['version']} {' '.join(f'{k}={v:d}' for k, v in e['options'].items())}")
    print(f"{'':<18}" + "".join(f"{n:>28}" for n in names) + "".join(f"{'/ ' + n:>16}" for n in names[1:]))
    for c in out["cases"]:
        cells = [f"{s['median']:.1f} ({s['min']:.1f} .. {s['max']:.1f})" for s in c["tokens_per_s"].values()]
        print(f"{c['case']:<18}" + "".join(f"{x:>28}" for x in cells) + "".join(f"{r:>16.2f}" for r in c["ratio"].values()))


def compare(a):
    tuned = json.load(open(a.tuned)) if a.tuned else {}
    load = os.getloadavg()[0]
    engines = [Engine("paw", [a.paw, a.model, str(a.threads), a.lora or "-"])]
    engines += [peer(a, name, tuned.get(name, {})) for name in a.peers.split(",") if name]
    engines = same_function(engines)
    out = results(engines, a, measure(engines, CASES, a), load)
    for e in engines:
        e.close()
    show(out)
    return out


def tune(a):
    best = {}
    for name in a.peers.split(","):
        choices = CHOICES[name]
        all_of_them = [dict(zip(choices, values)) for values in itertools.product(*choices.values())]
        engines = [peer(a, name, options) for options in all_of_them]
        unique = {json.dumps(e.about["options"]): e for e in engines}.values()  # some options exclude others
        for e in engines:
            if e not in unique:
                e.close()
        engines = same_function([Engine("paw", [a.paw, a.model, str(a.threads), a.lora or "-"]), *unique])
        engines.pop(0).close()
        measure(engines, TUNING_CASES, a)
        score = lambda e: math.prod(e.median(label(c)) for c in TUNING_CASES)
        for e in sorted(engines, key=score, reverse=True):
            print(name, " ".join(f"{k}={v:d}" for k, v in e.about["options"].items()), *(f"{label(c)}: {e.median(label(c)):.1f}" for c in TUNING_CASES), sep="  ")
            e.close()
        best[name] = {k: int(v) for k, v in max(engines, key=score).about["options"].items()}
    return best


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("paw", help="build/peer_paw")
    ap.add_argument("model")
    ap.add_argument("--lora", help="adapter file; default: none")
    ap.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    ap.add_argument("--rounds", type=int, default=9)
    ap.add_argument("--seconds", type=float, default=1e9, help="no further round after so many, but at least 3 rounds")
    ap.add_argument("--decode", type=int, default=32, help="tokens of each decode case")
    ap.add_argument("--cpu", action="store_true", help="tokens a second of processor time: for a busy machine, with --threads 1")
    ap.add_argument("--peers", default=",".join(PEERS))
    ap.add_argument("--python", default=sys.executable, help="interpreter that has the peers")
    ap.add_argument("--tune", action="store_true")
    ap.add_argument("--tuned", help="options of the peers, as --tune keeps them")
    ap.add_argument("--json", help="file for the results")
    a = ap.parse_args()
    out = tune(a) if a.tune else compare(a)
    if a.json:
        with open(a.json, "w") as f:
            json.dump(out, f, indent=1)
            f.write("\n")


if __name__ == "__main__":
    main()
