"""Train a compiler: the command line. The work is in `loop.py`, imported late so that data workers stay light."""

from __future__ import annotations

import argparse
import time

STARTED = time.time()


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="paw_train.train", description="Train a compiler of fuzzy functions.")
    g = p.add_argument_group("data")
    g.add_argument("--base", required=True, help="base model GGUF, or its pieces separated by commas")
    g.add_argument("--corpus", action="append", required=True, help="JSON-lines files (glob), repeatable")
    g.add_argument("--generated", action="append", default=[], help="generated families (JSON lines), training only")
    g.add_argument("--generated-share", type=float, default=0.2, help="share of rows drawn from --generated")
    g.add_argument("--train-on", default="train", help="splits trained on, e.g. train,valid,test for a final run")
    g.add_argument("--max-specs", type=int, default=0, help="use at most so many training specs (for curves)")
    g.add_argument("--lengths", default="384,640,1024", help="row lengths")
    g.add_argument("--encoder-lengths", default="192,256,512", help="encoder lengths that go with them")
    g.add_argument("--tokens", type=int, default=65536, help="interpreter tokens a step and process")
    g.add_argument("--max-cases", type=int, default=12, help="cases a row")
    g.add_argument("--max-examples", type=int, default=6, help="user examples a row")
    g.add_argument("--examples-share", type=float, default=0.5, help="share of rows with user examples")
    g.add_argument("--augment", type=float, default=1.0, help="factor of all augmentation rates; 0: none")
    g.add_argument(
        "--prompt-drop", type=float, default=0.0, help="share of rows whose interpreter prompt holds no spec"
    )
    g.add_argument("--input-twice", action="store_true", help="the interpreter reads the input twice")
    g.add_argument(
        "--input-loss", type=float, default=0.0, help="weight of the mean NLL of input tokens beside that of the outputs"
    )
    g.add_argument("--workers", type=int, default=0, help="data processes a training process (default: by CPU count)")

    g = p.add_argument_group("compiler")
    g.add_argument("--mode", choices=("fixed", "compiled"), default="compiled")
    g.add_argument("--rank", type=int, default=32)
    g.add_argument("--bases", type=int, default=32)
    g.add_argument("--trunk", type=int, default=1024)
    g.add_argument("--prefix-tokens", type=int, default=16)
    g.add_argument(
        "--pool",
        choices=("prefix", "text", "final"),
        default="prefix",
        help="the mapper reads the mean over prefix tokens and layers, over the text's tokens and layers, or over prefix tokens"
        " after the last layer; only the first can be exported",
    )
    g.add_argument("--encoder", choices=("lora", "full", "frozen"), default="lora")
    g.add_argument("--encoder-rank", type=int, default=32)
    g.add_argument("--no-static", action="store_true", help="adapters come from the mapper alone")
    g.add_argument("--init", help="start from an exported compiler (fixed -> compiled takes its static part)")

    g = p.add_argument_group("optimisation")
    g.add_argument("--steps", type=int, default=0)
    g.add_argument(
        "--minutes", type=float, default=0.0, help="wall-clock length of the run, loading and compiling included"
    )
    g.add_argument("--call-minutes", type=float, default=0.0, help="end this call earlier, with a checkpoint to resume")
    g.add_argument("--lr", type=float, default=0.0, help="static part and mapper (default: 1e-3, mode fixed 2e-3)")
    g.add_argument(
        "--encoder-lr", type=float, default=0.0, help="default: 2e-3 for LoRA and prefix, 1e-4 for --encoder full"
    )
    g.add_argument("--mapper-lr", type=float, default=0.0, help="trunk and head of the mapper (default: as --lr)")
    g.add_argument("--weight-decay", type=float, default=0.01)
    g.add_argument("--warmup", type=int, default=60, help="steps")
    g.add_argument("--clip", type=float, default=1.0)
    g.add_argument("--ema", type=float, default=0.999, help="decay of the averaged weights; 0: none")
    g.add_argument(
        "--fake-quant", type=float, default=1.0, help="share of the run after which adapters go through Q4_0; 1: never"
    )
    g.add_argument("--adapter-dropout", type=float, default=0.0, help="probability of dropping a rank component")
    g.add_argument("--seed", type=int, default=0)

    g = p.add_argument_group("running")
    g.add_argument("--out", required=True, help="folder of log, figures, checkpoint and exported compiler")
    g.add_argument("--resume", action="store_true", help="go on from the folder's checkpoint if there is one")
    g.add_argument("--save-every", type=int, default=0, help="steps between checkpoints; 0: by time only")
    g.add_argument("--save-seconds", type=float, default=120, help="seconds between checkpoints; 0: by steps only")
    g.add_argument("--no-final-save", action="store_true", help="write no checkpoint at the end")
    g.add_argument("--log-every", type=int, default=20)
    g.add_argument(
        "--compile", choices=("auto", "on", "off"), default="auto", help="torch.compile of the layer function"
    )
    g.add_argument("--compile-cache", help="file to keep compiled code in: read if it exists, written after compiling")
    g.add_argument("--attention", choices=("sdpa", "flex"), default="sdpa")
    g.add_argument("--dtype", choices=("bfloat16", "float32"), help="default: bfloat16 on a GPU, float32 otherwise")
    g.add_argument("--device", help="default: a GPU if there is one")

    g = p.add_argument_group("evaluation and export")
    g.add_argument(
        "--suite", action="append", default=[], help="NAME=FILE, repeatable; held-out splits are always evaluated"
    )
    g.add_argument("--eval-every", type=int, default=0, help="steps between quick evaluations")
    g.add_argument("--eval-specs", type=int, default=40, help="specs a suite in quick evaluations")
    g.add_argument("--eval-seconds", type=float, default=90, help="time limit of the final evaluation; 0: skip it")
    g.add_argument(
        "--eval-tokens", type=int, default=0, help="tokens a batch (default: 32768 on a GPU, 4096 otherwise)"
    )
    g.add_argument("--export", default="full", help="comma list of forms to export: full, small; empty: none")
    g.add_argument("--split-mib", type=float, default=0, help="also write the exports in pieces of so many MiB")
    g.add_argument("--name", default="paw-compact", help="name of the compiler")
    g.add_argument("--snapshot", default="", help="snapshot string (default: name and date)")
    return p


def main() -> None:
    args = parser().parse_args()
    if not (args.steps or args.minutes):
        parser().error("give --steps or --minutes")
    from .loop import run

    run(args, STARTED)


if __name__ == "__main__":
    main()
