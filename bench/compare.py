#!/usr/bin/env python3
"""compare.py PEER_PAW MODEL.gguf [--lora ADAPTER.gguf] [--threads 2] [--rounds 9] [--python PYTHON]

Prefill and decode of libpaw beside llama-cpp-python on the same file, with the same threads, alternating in one run: medians
and the ratio of medians (paw / peer). PYTHON is an interpreter that has llama-cpp-python built for this machine
(CMAKE_ARGS=-DGGML_NATIVE=ON; on a processor with AMX add -mno-amx-tile -mno-amx-int8 -mno-amx-bf16 to CFLAGS and CXXFLAGS,
version 0.3.36 crashes there otherwise).
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

CASES = [("prefill", 32, 0), ("prefill", 128, 0), ("prefill", 512, 0), ("decode", 64, 128), ("decode", 64, 512)]


class Paw:
    def __init__(self, command):
        self.p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, kind, n, after):
        self.p.stdin.write(f"{kind} {n} {after}\n")
        self.p.stdin.flush()
        return float(self.p.stdout.readline())


class Peer:
    def __init__(self, command):
        self.p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.about = json.loads(self.p.stdout.readline())

    def ask(self, kind, n, after):
        request = {"prefill": n} if kind == "prefill" else {"decode": n, "after": after}
        self.p.stdin.write(json.dumps(request) + "\n")
        self.p.stdin.flush()
        return json.loads(self.p.stdout.readline())["tokens_per_s"]


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("paw")
    ap.add_argument("model")
    ap.add_argument("--lora")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--rounds", type=int, default=9)
    ap.add_argument("--python", default=sys.executable)
    a = ap.parse_args()
    rest = [a.model, str(a.threads)] + ([a.lora] if a.lora else [])
    here = os.path.dirname(os.path.abspath(__file__))
    paw, peer = Paw([a.paw] + rest), Peer([a.python, os.path.join(here, "peer_llama_cpp.py")] + rest)
    print(f"{peer.about['engine']} {peer.about['version']}, {a.threads} threads, {a.rounds} rounds{', with adapter' if a.lora else ''}")
    print(f"{'case':<22}{'paw':>10}{'peer':>10}{'ratio':>8}")
    for kind, n, after in CASES:
        ours, theirs = [], []
        for _ in range(a.rounds):
            ours.append(paw.ask(kind, n, after))
            theirs.append(peer.ask(kind, n, after))
        o, t = statistics.median(ours), statistics.median(theirs)
        label = f"{kind} {n}" + (f" after {after}" if after else "")
        print(f"{label:<22}{o:>10.1f}{t:>10.1f}{o / t:>8.2f}", flush=True)
    for e in (paw, peer):
        e.p.stdin.close()
        e.p.wait()


if __name__ == "__main__":
    main()
