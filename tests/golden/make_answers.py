#!/usr/bin/env python3
"""Writes answers.json: what llama.cpp answers with our programs' adapters, on 50 inputs (answers_specs.json).

    python make_answers.py PAW MODEL.gguf      (needs llama-cpp-python)

PAW compiles each spec; the adapter and the prompt template are taken out of the `.paw` and run as the published client does:
prefix tokenised apart, input and suffix together, special tokens parsed, no BOS, greedy up to the end token, output stripped.
least_lead is the smallest distance between the best and the second-best logit on the way: below about half a unit two engines
with 8-bit activations may choose differently.
"""
import json
import os
import subprocess
import sys
import tempfile
import zipfile

import llama_cpp
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def answer(llm, prefix, suffix, text):
    tok = lambda s: llm.tokenize(s.encode(), add_bos=False, special=True)  # noqa: E731
    llm.reset()
    llm.eval(tok(prefix) + tok(text + suffix))
    out, lead = [], 1e9
    for _ in range(256):
        scores = llm.scores[llm.n_tokens - 1]
        token = int(scores.argmax())
        top = np.partition(scores, -2)[-2:]
        lead = min(lead, float(top[1] - top[0]))
        if token == llm.token_eos():
            break
        out.append(token)
        llm.eval([token])
    return llm.detokenize(out).decode("utf-8", "replace").strip(), lead


def main():
    paw, model = sys.argv[1:3]
    with open(os.path.join(HERE, "answers_specs.json"), encoding="utf-8") as f:
        specs = json.load(f)
    rows = []
    for s in specs:
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "p.paw")
            subprocess.run([paw, "compile", "--spec", s["spec"], "-o", path], check=True, stdout=subprocess.DEVNULL)
            with zipfile.ZipFile(path) as z:
                z.extract("adapter.gguf", d)
                prefix, suffix = z.read("prompt_template.txt").decode().split("{INPUT_PLACEHOLDER}")
            llm = llama_cpp.Llama(model, n_ctx=2048, lora_path=os.path.join(d, "adapter.gguf"), logits_all=True, verbose=False, n_threads=2)
            for text in s["inputs"]:
                said, lead = answer(llm, prefix, suffix, text)
                rows.append({"spec": s["spec"], "input": text, "answer": said, "least_lead": round(lead, 3)})
                print(json.dumps(rows[-1]["answer"]), flush=True)
    with open(os.path.join(HERE, "answers.json"), "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n]\n")


if __name__ == "__main__":
    main()
