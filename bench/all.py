#!/usr/bin/env python3
"""all.py [--seconds 480] [--only STEP,..] [--threads N] [--peers NAME,..] [--build build] [--retune]: run by all.sh.

Steps: roofline, tune, compare, bench. Each rewrites its part of results/PROCESSOR.json; then report.py and plots.py bring
docs/performance.md up to date. The peers' options are tuned once a processor (results/PROCESSOR.tuned.json) and again with
--retune. SECONDS are what all comparisons together may take; on a busy machine there are then fewer rounds.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time

import gguf

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.join(HERE, "results")
SMALL, LARGE = "smollm2-135m-q4_1", "qwen3-0.6b-q6_k"
SHARE = {SMALL: 0.15, LARGE: 0.35}  # of the seconds, for each of: without, with adapter
ROUNDS = {SMALL: 15, LARGE: 9}
STEPS = ["roofline", "tune", "compare", "bench"]
COPIES = 32
INPUT_30_BYTES = "I was charged twice for March."  # the random model's tokens are bytes


def processor():
    """What the system says of it; virtual machines often hide the product's name, not family and model."""
    facts = {}
    for line in open("/proc/cpuinfo"):
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    known = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "amx_int8", "asimddp", "i8mm")
    flags = (facts.get("flags") or facts.get("Features") or "").split()
    name = re.sub(r"\((R|TM)\)|CPU|Processor|@.*", "", facts.get("model name", os.uname().machine)).split()
    number = [facts[k] for k in ("cpu family", "model") if k in facts]
    return {"name": " ".join(name), "family_model": number, "instructions": [f for f in known if f in flags], "cores": os.cpu_count()}


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}, load {os.getloadavg()[0]:.1f}] {text}", flush=True)


def command(*words, **options):
    return subprocess.run([str(w) for w in words], check=True, text=True, **options)


def output_of(*words):
    return json.loads(command(*words, stdout=subprocess.PIPE).stdout)


class Model:
    """A model's file, its adapter, and a program over it."""

    def __init__(self, a, name):
        self.name, self.folder = name, os.path.join(a.build, "bench-data")
        os.makedirs(self.folder, exist_ok=True)
        self.lora, self.program = self.place("-adapter.gguf"), self.place(".paw")
        if name == LARGE:
            self.path = self.place("-random.gguf")
            self.make(self.path, "make_random_model.py", self.path)
        else:
            known = output_of(a.paw, "info", "--json")
            self.path = next(m["path"] for m in known if m["runtime_id"] == name)
        self.make(self.lora, "make_random_adapter.py", self.path, self.lora, "--program", self.program)

    def place(self, end):
        return os.path.join(self.folder, self.name + end)

    def make(self, path, script, *words):
        if not os.path.exists(path):
            say(f"making {path}")
            command(sys.executable, os.path.join(HERE, script), *words)

    def facts(self):
        """What a token costs: bytes of weights read for one alone, and multiply-adds."""
        r = gguf.GGUFReader(self.path)
        names = {t.name for t in r.tensors}
        used = [t for t in r.tensors if len(t.shape) > 1 and (t.name != "token_embd.weight" or "output.weight" not in names)]
        adapter = gguf.GGUFReader(self.lora).tensors
        arch = r.fields["general.architecture"].contents()
        get = lambda key: int(r.fields[f"{arch}.{key}"].contents())
        dim = get("attention.key_length") if f"{arch}.attention.key_length" in r.fields else get("embedding_length") // get("attention.head_count")
        return {
            "file_bytes": os.path.getsize(self.path),
            "weight_bytes": sum(int(t.n_bytes) for t in used),
            "multiply_adds": sum(int(t.n_elements) for t in used),
            "output_multiply_adds": next(int(t.n_elements) for t in used if t.name in ("output.weight", "token_embd.weight")),
            "adapter_bytes": sum(int(t.n_bytes) for t in adapter),
            "adapter_multiply_adds": sum(int(t.n_elements) for t in adapter),
            "kv_bytes_per_position": 4 * get("block_count") * get("attention.head_count_kv") * dim,
        }


def comparison(a, model, lora, *words):
    peer = os.path.join(a.build, "peer_paw")
    adapter = ["--lora", model.lora] if lora else []
    return [sys.executable, os.path.join(HERE, "compare.py"), peer, model.path, "--threads", a.threads, "--peers", a.peers, *adapter, *words]


def kind(lora):
    return "adapter" if lora else "plain"


def tune(a, models):
    tuned = {}
    for m in models:
        for lora in (False, True):
            say(f"the peers' options: {m.name}, {kind(lora)}")
            part = m.place(f"-tuned-{kind(lora)}.json")
            command(*comparison(a, m, lora, "--tune", "--rounds", 5, "--seconds", a.seconds / 8, "--json", part))
            tuned.setdefault(m.name, {})[kind(lora)] = json.load(open(part))
    return tuned


def compare(a, models, tuned):
    out = []
    for m in models:
        for lora in (False, True):
            say(f"prefill and decode: {m.name}, {kind(lora)}")
            part, options = m.place("-part.json"), m.place("-options.json")
            json.dump(tuned.get(m.name, {}).get(kind(lora), {}), open(options, "w"))
            command(*comparison(a, m, lora, "--rounds", ROUNDS[m.name], "--seconds", a.seconds * SHARE[m.name], "--tuned", options, "--json", part))
            out.append({**json.load(open(part)), "model": m.name})
    return out


def compiled_programs(a, folder):
    """As many different programs as are loaded side by side, of the first specs of the corpus."""
    corpus = os.path.join(HERE, "..", "training", "corpus")
    specs = (json.loads(line)["spec"] for name in sorted(os.listdir(corpus)) if name.endswith(".jsonl") for line in open(os.path.join(corpus, name)))
    paths = [os.path.join(folder, f"program-{i}.paw") for i in range(COPIES)]
    for path, spec in zip(paths, specs):
        if not os.path.exists(path):
            command(a.paw, "compile", "--spec", spec, "-o", path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return paths


def bench(a, models):
    out = {}
    for m in models:
        say(f"paw bench: {m.name}")
        programs = compiled_programs(a, m.folder) if m.name == SMALL else []
        program = programs[0] if programs else m.program
        words = ["--base", m.path, "--threads", a.threads, "--rounds", 15, "--max-tokens", 4, "--prefill", 128, "--decode", 16]
        words += [] if programs else ["--input", INPUT_30_BYTES]
        out[m.name] = output_of(a.paw, "bench", "--program", program, *words, "--copies", COPIES, "--json", *programs)
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--build", default="build")
    ap.add_argument("--seconds", type=float, default=480)
    ap.add_argument("--only", default=",".join(STEPS))
    ap.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    ap.add_argument("--peers", default="llama.cpp,ik_llama.cpp")
    ap.add_argument("--retune", action="store_true")
    a = ap.parse_args()
    a.build, steps = os.path.abspath(a.build), a.only.split(",")
    a.paw = os.path.join(a.build, "paw")
    cpu = processor()
    slug = "-".join(re.findall(r"[a-z0-9]+", cpu["name"].lower()) + cpu["family_model"])
    path, tuned_path = (os.path.join(RESULTS, slug + end) for end in (".json", ".tuned.json"))
    os.makedirs(RESULTS, exist_ok=True)
    models = [Model(a, name) for name in (SMALL, LARGE)]
    start = time.monotonic()
    if "tune" in steps and (a.retune or not os.path.exists(tuned_path)):
        write(tuned_path, tune(a, models))
        start = time.monotonic()
    tuned = json.load(open(tuned_path)) if os.path.exists(tuned_path) else {}
    out = json.load(open(path)) if os.path.exists(path) else {}
    out.update(processor=cpu, threads=a.threads, models={m.name: m.facts() for m in models})
    if "roofline" in steps:
        say("roofline")
        out["roofline"] = output_of(os.path.join(a.build, "roofline"), a.threads, "--json")
    if "compare" in steps:
        out["compare"] = compare(a, models, tuned)
    if "bench" in steps:
        out["bench"] = bench(a, models)
    write(path, out)
    for script in ("report.py", "plots.py"):
        command(sys.executable, os.path.join(HERE, script))
    say(f"done in {(time.monotonic() - start) / 60:.1f} minutes: {path}")


def write(path, value):
    with open(path, "w") as f:
        json.dump(value, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
