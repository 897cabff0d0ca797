"""peer.py: what compare.py's peers share: lines on standard input are requests, each answered by one line of JSON.

First the peer says, unasked, what it is: {"engine": .., "version": .., "options": ..}. Then
    prefill N    computes N tokens from nothing                -> [tokens a second, tokens a second of processor time]
    decode N M   computes N tokens one by one after M tokens   -> the same
    logits N     logits after N tokens, 64 of them             -> [..]; compare.py sees by them that all compute the same
The first M tokens are kept between requests where they are there already, as they are the same for all.
"""
import json
import sys
import time

MOST_TOKENS = 2048
TOKENS = [(i * 7919) % 40000 + 3 for i in range(MOST_TOKENS)]


def options(names):
    """The options after MODEL, THREADS and ADAPTER ("-": none): NAME=0 or NAME=1, with defaults."""
    given = dict(word.split("=", 1) for word in sys.argv[4:])
    unknown = set(given) - set(names)
    if unknown:
        sys.exit(f"no option {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    return {name: bool(int(given.get(name, default))) for name, default in names.items()}


def arguments():
    return sys.argv[1], int(sys.argv[2]), None if sys.argv[3:4] in ([], ["-"]) else sys.argv[3]


def serve(about, forward, keep, logits):
    """forward(tokens, start) appends tokens at position start; keep(n) forgets those from n on; logits() are the last token's."""
    length = 0

    def bring(n):
        nonlocal length
        keep(min(n, length))
        if length < n:
            forward(TOKENS[length:n], length)
        length = n

    print(json.dumps(about), flush=True)
    for line in sys.stdin:
        kind, n, *after = line.split()
        n, answer = int(n), None
        bring(int(after[0]) if after else 0)
        start, start_cpu = time.perf_counter(), time.process_time()
        if kind == "decode":
            for i in range(n):
                forward(TOKENS[length : length + 1], length)
                length += 1
        else:
            bring(n)
        seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
        if kind == "logits":
            all_of_them = logits()
            answer = [all_of_them[i * len(all_of_them) // 64] for i in range(64)]
        print(json.dumps([n / seconds, n / cpu] if answer is None else answer), flush=True)
