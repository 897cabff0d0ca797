#!/usr/bin/env python3
"""report.py: writes the tables of docs/performance.md between its markers, from results/*.json. Run by all.sh.

A block begins with <!-- bench: NAME --> and ends with <!-- end -->; NAME is a function here, and what stands between is replaced.
"""
import glob
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "..", "docs", "performance.md")
TITLES = {"smollm2-135m-q4_1": "SmolLM2-135M Q4_1", "qwen3-0.6b-q6_k": "Qwen3-0.6B Q6_K"}


def all_results():
    paths = (p for p in sorted(glob.glob(os.path.join(HERE, "results", "*.json"))) if not p.endswith(".tuned.json"))
    return [(os.path.basename(p)[: -len(".json")], json.load(open(p))) for p in paths]


def title(result):
    cpu = result["processor"]
    number = f" (family {cpu['family_model'][0]}, model {cpu['family_model'][1]})" if len(cpu["family_model"]) == 2 else ""
    best = next((label for key, label in INSTRUCTIONS if key in cpu["instructions"]), "no vector extension known here")
    return f"{cpu['name']}{number}, {best}, {result['threads']} threads"


INSTRUCTIONS = [("avx512_vnni", "AVX-512 VNNI"), ("avx512f", "AVX-512"), ("avx_vnni", "AVX-VNNI"), ("avx2", "AVX2"), ("asimddp", "NEON with dot products")]


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(r) + " |" for r in rows), ""]


def number(x):
    return f"{x:.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 else f"{x:.2f}"


def find(result, model, adapter):
    return next((c for c in result.get("compare", []) if c["model"] == model and c["adapter"] == adapter), None)


def best_peer(case):
    return max((s["median"] for name, s in case["tokens_per_s"].items() if name != "paw"), default=None)


# ---- blocks ----


def speed(results):
    """Every engine's medians, and paw's ratio to the better peer."""
    lines = []
    for slug, r in results:
        lines += [f"### {title(r)}", "", f"![speed](img/speed-{slug}.svg)", ""]
        for model in TITLES:
            for adapter in (False, True):
                c = find(r, model, adapter)
                if c is not None:
                    lines += speed_table(c, model, adapter)
    return lines


def speed_table(c, model, adapter):
    names = [e["engine"] for e in c["engines"]]
    head = [f"{TITLES[model]}{', with adapter' if adapter else ''}", *names, "paw / the better peer"]
    rows, wrong = [], {e["engine"] for e in c["engines"] if min(e["agreement"].values()) < 0.98}
    for case in c["cases"]:
        mark = lambda name: " †" if name in wrong and case["case"].startswith("prefill") else ""
        cells = [f"{number(s['median'])}{mark(name)} ({number(s['min'])} .. {number(s['max'])})" for name, s in case["tokens_per_s"].items()]
        best = best_peer(case)
        rows.append([case["case"], *cells, f"**{case['tokens_per_s']['paw']['median'] / best:.2f}**" if best else "-"])
    versions = "; ".join(f"{e['version']}" + (" (" + ", ".join(f"{k} {'on' if v else 'off'}" for k, v in e["options"].items()) + ")") for e in c["engines"][1:])
    note = f"{c['rounds']} rounds, load average {c['load_average'][0]:.1f} before and {c['load_average'][1]:.1f} after. {versions}."
    for e in c["engines"]:
        if e["engine"] in wrong:
            note += f" † wrong results: its logits after 48 tokens at once correlate by {e['agreement']['48']:.2f} with those of the other engines."
    return [*table(head, rows), note, ""]


def read_rate(r, size):
    """Bytes a second that can be read again and again of so many, between the sizes measured."""
    points = [(p["bytes"], p["bytes_per_s"]) for p in r["roofline"]["read"]]
    for (s0, r0), (s1, r1) in zip(points, points[1:]):
        if s0 <= size <= s1:
            return r0 + (r1 - r0) * (size - s0) / (s1 - s0)
    return points[0][1] if size < points[0][0] else points[-1][1]


def limits(r, model, adapter):
    """{case: most tokens a second by the machine}: decode by reading, prefill by int8 multiply-adds."""
    m = r["models"][model]
    work = m["multiply_adds"] + (m["adapter_multiply_adds"] if adapter else 0)
    weights = m["weight_bytes"] + (m["adapter_bytes"] if adapter else 0)
    out = {}
    for n in (32, 128, 512):  # the output matrix serves the last token only
        per_token = work - m["output_multiply_adds"] * (n - 1) / n
        out[f"prefill {n}"] = r["roofline"]["int8"]["per_s"] / per_token
    for n in (128, 512):
        size = weights + n * m["kv_bytes_per_position"]
        out[f"decode after {n}"] = min(read_rate(r, size) / size, r["roofline"]["int8"]["per_s"] / work)
    return out


def roofline(results):
    lines = []
    for slug, r in results:
        if "roofline" not in r:
            continue
        f = r["roofline"]
        lines += [f"### {title(r)}", ""]
        lines += [f"int8 multiply-adds ({f['int8']['instructions']}): {f['int8']['per_s'] / 1e9:.0f} G/s. "
                  f"Float: fused {f['float_fused']['per_s'] / 1e9:.0f}, multiply then add {f['float']['per_s'] / 1e9:.0f} G/s. Reading: "
                  + ", ".join(f"{number(p['bytes_per_s'] / 1e9)} GB/s of {p['bytes'] >> 20} MiB" for p in f["read"] if p["bytes"] in (1 << 20, 16 << 20, 128 << 20, 512 << 20))
                  + ".", "", f"![roofline](img/roofline-{slug}.svg)", ""]  # fmt: skip
        rows = []
        for model in TITLES:
            for adapter in (False, True):
                c = find(r, model, adapter)
                most = limits(r, model, adapter)
                for case in c["cases"] if c is not None else []:
                    limit, paw, best = most[case["case"]], case["tokens_per_s"]["paw"]["median"], best_peer(case)
                    name = f"{TITLES[model]}{', adapter' if adapter else ''}: {case['case']}"
                    rows.append([name, number(limit), f"{number(paw)} ({100 * paw / limit:.0f} %)", f"{number(best)} ({100 * best / limit:.0f} %)" if best else "-"])
        lines += table(["tokens a second", "the machine's limit", "paw", "the better peer"], rows)
    return lines


def program(results):
    lines = []
    for _, r in results:
        rows = []
        for model, b in r.get("bench", {}).items():
            over = 100 * (b["programs_resident_mib"] / b["programs_own_mib"] - 1) if b["programs_own_mib"] else None
            rows.append([
                TITLES[model],
                f"{number(b['cold_start_ms'])} ms ({number(b['cold_start_ms_min'])} .. {number(b['cold_start_ms_max'])})",
                f"{b['call_tokens_input']} in, {b['call_tokens_generated']} out",
                f"{number(b['call_ms'])} ms",
                f"{number(b['program_load_ms'])} ms; first {number(b['program_first_load_ms'])} ms",
                f"{number(b['base_resident_mib'])} MiB",
                f"{number(b['programs_resident_mib'])} MiB" + (f" ({over:+.0f} %)" if over is not None else ""),
            ])  # fmt: skip
        if rows:
            lines += [f"### {title(r)}", ""]
            head = ["", "cold start", "tokens", "a call", "loading the program", "base in memory", f"with {b['programs']} programs"]
            lines += table(head, rows)
    return lines


BLOCKS = {"speed": speed, "roofline": roofline, "program": program}


def main():
    results = all_results()
    text = open(PAGE).read()

    def fill(match):
        return "\n".join([match[1], "", *BLOCKS[match[2]](results), "<!-- end -->"])

    new, n = re.subn(r"(<!-- bench: (\w+) -->).*?<!-- end -->", fill, text, flags=re.S)
    assert n == len(BLOCKS), f"{PAGE}: {n} blocks, not {len(BLOCKS)}"
    with open(PAGE, "w", newline="\n") as f:
        f.write(new)


if __name__ == "__main__":
    main()
