#!/usr/bin/env python3
"""Prefill and decode of llama-cpp-python on a model file, as JSON lines on standard output: one line a request on standard input.

Requests: {"prefill": N} or {"decode": N, "after": M}; the answer is {"tokens_per_s": x}. Kept running so that compare.py can
alternate between engines inside one run.
"""
import json
import sys
import time

import llama_cpp


def main() -> None:
    path, threads = sys.argv[1], int(sys.argv[2])
    lora = sys.argv[3] if len(sys.argv) > 3 else None
    llm = llama_cpp.Llama(path, n_ctx=2048, n_threads=threads, n_threads_batch=threads, n_batch=512, n_ubatch=512, lora_path=lora,
                          verbose=False)
    print(json.dumps({"engine": "llama-cpp-python", "version": llama_cpp.__version__}), flush=True)
    tokens = [(i * 7919) % 40000 + 3 for i in range(2048)]
    for line in sys.stdin:
        r = json.loads(line)
        llm.reset()
        if "prefill" in r:
            n = r["prefill"]
            start = time.perf_counter()
            llm.eval(tokens[:n])
        else:
            llm.eval(tokens[: r["after"]])
            n = r["decode"]
            start = time.perf_counter()
            for i in range(n):
                llm.eval([tokens[i]])
        seconds = time.perf_counter() - start
        print(json.dumps({"tokens_per_s": n / seconds}), flush=True)


if __name__ == "__main__":
    main()
