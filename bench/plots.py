#!/usr/bin/env python3
"""plots.py: draws docs/img/speed-*.svg and roofline-*.svg from results/*.json. Run by all.sh; needs matplotlib."""
import os
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "paw", "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
import matplotlib.pyplot as plt  # noqa: E402

from report import HERE, TITLES, all_results, find, limits, title  # noqa: E402

IMAGES = os.path.join(HERE, "..", "docs", "img")
COLOURS = {"paw": "#1b6ca8", "ik_llama.cpp": "#e08e45", "llama.cpp": "#9aa5b1"}
LIMIT = "#444444"


def save(figure, name):
    figure.savefig(os.path.join(IMAGES, name), metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)


def bars(ax, c, most, kind):
    """Medians of the cases of one kind, with lines from the least to the most, and a dash for the machine's limit over each group."""
    names, cases = [e["engine"] for e in c["engines"]], [case for case in c["cases"] if case["case"].startswith(kind)]
    width = 0.8 / len(names)
    for i, name in enumerate(names):
        s = [case["tokens_per_s"][name] for case in cases]
        x = [k + (i - (len(names) - 1) / 2) * width for k in range(len(s))]
        middle = [v["median"] for v in s]
        error = [[v["median"] - v["min"] for v in s], [v["max"] - v["median"] for v in s]]
        ax.bar(x, middle, width * 0.92, color=COLOURS[name], label=name, yerr=error, error_kw={"lw": 0.7, "ecolor": "#333333"})
    for k, case in enumerate(cases):
        if case["case"] in most:
            ax.hlines(most[case["case"]], k - 0.42, k + 0.42, color=LIMIT, lw=1, ls=(0, (3, 2)), label="the machine's limit" if k == 0 else None)
    ax.set_xticks(range(len(cases)), [case["case"] for case in cases])
    ax.grid(axis="y", lw=0.3)


def plot_speed(slug, r):
    runs = [(m, lora) for m in TITLES for lora in (False, True) if find(r, m, lora)]
    if not runs:
        return
    figure, axes = plt.subplots(2, len(runs), figsize=(3.4 * len(runs), 5), squeeze=False)
    for column, (model, lora) in enumerate(runs):
        for ax, kind in zip(axes[:, column], ("prefill", "decode")):
            bars(ax, find(r, model, lora), limits(r, model, lora) if "roofline" in r else {}, kind)
        axes[0][column].set_title(TITLES[model] + (", with adapter" if lora else ""), fontsize=9)
    for ax in axes[:, 0]:
        ax.set_ylabel("tokens a second")
    figure.suptitle(title(r), fontsize=10)
    figure.tight_layout()
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, ncols=len(labels), loc="upper center", bbox_to_anchor=(0.5, 0.02), fontsize=8)
    save(figure, f"speed-{slug}.svg")


def plot_roofline(slug, r):
    """What can be read of a set of bytes again and again; and what decoding reads: bytes of a token times tokens a second."""
    if "roofline" not in r:
        return
    figure, ax = plt.subplots(figsize=(6, 3.4))
    points = r["roofline"]["read"]
    ax.plot([p["bytes"] / 2**20 for p in points], [p["bytes_per_s"] / 1e9 for p in points], color=LIMIT, marker=".", lw=1, label="reading alone")
    seen = set()
    for model in TITLES:
        c = find(r, model, False)
        for case in c["cases"] if c else []:
            if case["case"] != "decode after 128":
                continue
            m = r["models"][model]
            size = m["weight_bytes"] + 128 * m["kv_bytes_per_position"]
            for name, s in case["tokens_per_s"].items():
                label = None if name in seen else name + ", decode after 128"
                ax.plot(size / 2**20, s["median"] * size / 1e9, "o", color=COLOURS[name], ms=6, label=label)
                seen.add(name)
            ax.axvline(size / 2**20, color="#bbbbbb", lw=0.5, zorder=0)
            ax.annotate(TITLES[model] + " ", (size / 2**20, 0.02), xycoords=("data", "axes fraction"), fontsize=7, rotation=90, ha="right", va="bottom")
    ax.set_xscale("log", base=2)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("MiB read again and again")
    ax.set_ylabel("GB/s, all threads together")
    ax.grid(lw=0.3)
    ax.legend(frameon=False, fontsize=7)
    ax.set_title(title(r), fontsize=9)
    save(figure, f"roofline-{slug}.svg")


def main():
    os.makedirs(IMAGES, exist_ok=True)
    for slug, r in all_results():
        plot_speed(slug, r)
        plot_roofline(slug, r)


if __name__ == "__main__":
    sys.exit(main())
