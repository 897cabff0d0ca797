"""Compilers as GGUF files (`docs/compiler-format.md`): export of a trained one, import of an exported one.

A compiler of mode `fixed` becomes a valid file whose bases are zero: its programs all get the static part.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from . import checkpoint, quant
from .base import MODULES, Base, load_base
from .compiler import POOL_EPS, CompilerOptions, StackedLora, System
from .data import Renderer
from .gguf_file import GGUFFile, joined, split_file, write_gguf
from .prompts import CHOICES_SPEC, Prompts

KEY = "paw-compiler."


@dataclass(frozen=True)
class Formats:
    """Block format of each group of tensors; what does not divide into blocks falls back to F16, vectors are F32."""

    bases: int = quant.Q8_0
    static: int = quant.Q8_0
    encoder: int = quant.Q8_0
    head: int = quant.Q8_0
    trunk: int = quant.F16
    prefix: int = quant.F16
    bias: int = quant.F32

    @classmethod
    def small(cls) -> Formats:
        """The form that is shipped."""
        return cls(static=quant.Q4_0, encoder=quant.Q4_0, head=quant.Q4_0, bias=quant.F16)


def _fits(kind: int, value: np.ndarray) -> int:
    return kind if value.shape[-1] % quant.LAYOUT[kind][0] == 0 else quant.F16


def _array(t: Tensor) -> np.ndarray:
    return t.detach().float().cpu().numpy()


def _lora_tensors(prefix: str, lora: StackedLora, kind: int) -> Iterator[tuple[str, np.ndarray, int]]:
    for i in range(lora.layers):
        for stem in MODULES:
            for side, values in (("lora_a", lora.a[stem]), ("lora_b", lora.b[stem])):
                value = _array(values[i])
                yield f"{prefix}blk.{i}.{stem}.weight.{side}", value, _fits(kind, value)


def _tensors(system: System, formats: Formats) -> Iterator[tuple[str, np.ndarray, int]]:
    c = system.compiler
    if c.mapper is None:
        yield from _inert_mapper(system)
    else:
        yield "prefix_embd.weight", _array(c.prefix), formats.prefix
        if c.encoder_lora is not None:
            yield from _lora_tensors("enc.", c.encoder_lora, formats.encoder)
        m = c.mapper
        yield "mapper.layer_weight", _array(m.layer_logits.softmax(0)), quant.F32
        yield "mapper.trunk.weight", _array(m.trunk.weight), formats.trunk
        yield "mapper.trunk.bias", _array(m.trunk.bias), quant.F32
        head = _array(m.head.weight)
        yield "mapper.coeff_head.weight", head, _fits(formats.head, head)
        yield "mapper.coeff_head.bias", _array(m.head.bias), formats.bias
        for stem in MODULES:
            for side, values in (("a_bases", m.a_bases[stem]), ("b_bases", m.b_bases[stem])):
                value = _array(values)
                yield f"mapper.{stem}.{side}", value, _fits(formats.bases, value)
    if c.static is not None:
        yield from _lora_tensors("adapter.", c.static, formats.static)


def _inert_mapper(system: System) -> Iterator[tuple[str, np.ndarray, int]]:
    """A smallest mapper (one base, all zero) for compilers of mode fixed."""
    hyper, rank = system.interpreter.hyper, system.options.rank
    yield "prefix_embd.weight", np.zeros((1, hyper.hidden), np.float32), quant.F16
    yield "mapper.trunk.weight", np.zeros((1, hyper.hidden), np.float32), quant.F16
    yield "mapper.trunk.bias", np.zeros(1, np.float32), quant.F32
    count = hyper.layers * len(MODULES) * 2
    yield "mapper.coeff_head.weight", np.zeros((count, 1), np.float32), quant.F16
    yield "mapper.coeff_head.bias", np.zeros(count, np.float32), quant.F32
    for stem in MODULES:
        n_in, n_out = hyper.shapes()[stem]
        for side, shape in (("a_bases", (1, rank, n_in)), ("b_bases", (1, n_out, rank))):
            value = np.zeros(shape, np.float32)
            yield f"mapper.{stem}.{side}", value, _fits(quant.Q8_0, value)


def _group_of(name: str) -> str:
    if name.startswith("enc."):
        return "encoder"
    if name.startswith("adapter."):
        return "static"
    if name.endswith("_bases"):
        return "bases"
    return name.split(".")[1] if name.startswith("mapper.") else "prefix"


def runtime_id(base: Base) -> str:
    """Runtime of a base model, e.g. smollm2-135m-q4_1."""
    words = base.name.lower().split()
    return "-".join(words[:2] + ([base.quantisation] if base.quantisation else []))


INTERPRETERS = {"smollm2-135m": "HuggingFaceTB/SmolLM2-135M-Instruct"}


def export_compiler(
    path: str,
    system: System,
    base: Base,
    prompts: Prompts,
    name: str,
    snapshot: str,
    small: bool = False,
    formats: Formats | None = None,
    more: dict[str, Any] | None = None,
) -> str:
    """Write the compiler file, with `more` keys (named without the prefix); returns a line on its sizes."""
    o, fixed = system.options, system.compiler.mapper is None
    if not fixed and o.encoder == "full":
        raise ValueError("a fully trained encoder has no place in a compiler file; train with --encoder lora")
    if not fixed and o.pool != "prefix":
        raise ValueError(f"compiler files know no pooling {o.pool!r}; train with --pool prefix")
    formats = formats or (Formats.small() if small else Formats())
    runtime = runtime_id(base)
    meta: dict[str, Any] = {
        "general.architecture": "paw-compiler",
        "general.name": name,
        "general.license": "apache-2.0",
        KEY + "format_version": 1,
        KEY + "snapshot": snapshot,
        KEY + "base.runtime_id": runtime,
        KEY + "base.sha256": base.sha256,
        KEY + "interpreter.runtime_id": runtime,
        KEY + "interpreter.name": next((v for k, v in INTERPRETERS.items() if runtime.startswith(k)), base.name),
        KEY + "interpreter.architecture": "llama",
        KEY + "interpreter.block_count": base.hyper.layers,
        KEY + "pseudo.strategy": "template",
        **prompts.metadata(KEY),
        KEY + "prefix_count": 1 if fixed else o.prefix_tokens,
        KEY + "layer_map": list(range(base.hyper.layers)),
        KEY + "final_norm": o.final_norm,
        KEY + "pool.rms_eps": POOL_EPS,
        KEY + "rank": o.rank,
        KEY + "alpha": o.alpha,
        KEY + "base_count": 1 if fixed else o.bases,
        KEY + "modules": list(MODULES),
        KEY + "encoder.lora_rank": o.encoder_rank if system.compiler.encoder_lora is not None else 0,
        KEY + "encoder.lora_alpha": float(o.encoder_rank) if system.compiler.encoder_lora is not None else 0.0,
        KEY + "training.mode": o.mode,
        **{KEY + key: value for key, value in (more or {}).items()},
    }
    tensors = list(_tensors(system, formats))
    sizes: dict[str, int] = {}
    for tensor, value, kind in tensors:
        sizes[_group_of(tensor)] = sizes.get(_group_of(tensor), 0) + quant.byte_count(kind, value.shape)
    total = write_gguf(path, meta, tensors)
    parts = ", ".join(f"{k} {v / 1e6:.2f}" for k, v in sorted(sizes.items(), key=lambda kv: -kv[1]))
    return f"{total / 1e6:.2f} MB ({parts})"


def options_of(f: GGUFFile) -> CompilerOptions:
    """Options that a compiler file was trained with."""
    get = lambda key, default=None: f.meta.get(KEY + key, default)  # noqa: E731
    fixed = get("training.mode", "compiled") == "fixed"
    return CompilerOptions(
        mode="fixed" if fixed else "compiled",
        rank=get("rank"),
        bases=get("base_count"),
        trunk=f.info["mapper.trunk.weight"].shape[0],
        prefix_tokens=get("prefix_count"),
        encoder="lora" if get("encoder.lora_rank", 0) else "frozen",
        encoder_rank=get("encoder.lora_rank", 0) or 32,
        static="adapter.blk.0.attn_q.weight.lora_a" in f,
        final_norm=get("final_norm"),
    )


def _fill_lora(lora: StackedLora, f: GGUFFile, prefix: str, scale: float) -> None:
    for i in range(lora.layers):
        for stem in MODULES:
            lora.a[stem].data[i] = torch.from_numpy(f.tensor(f"{prefix}blk.{i}.{stem}.weight.lora_a"))
            lora.b[stem].data[i] = scale * torch.from_numpy(f.tensor(f"{prefix}blk.{i}.{stem}.weight.lora_b"))


def import_compiler(f: GGUFFile, system: System) -> list[str]:
    """Fill a system's compiler from a file, as far as the two have parts of the same shape; returns what was taken."""
    if f.meta.get("general.architecture") != "paw-compiler" or f.meta.get(KEY + "format_version") != 1:
        raise ValueError("not a paw-compiler file of version 1")
    theirs, ours, c = options_of(f), system.options, system.compiler
    modules = f.meta[KEY + "modules"]
    if list(modules) != list(MODULES) or f.meta[KEY + "interpreter.block_count"] != system.interpreter.hyper.layers:
        raise ValueError("the compiler file is for another interpreter")
    if abs(f.meta[KEY + "pool.rms_eps"] - POOL_EPS) > 1e-9 or list(f.meta[KEY + "layer_map"]) != list(
        range(system.interpreter.hyper.layers)
    ):
        raise ValueError("the compiler file pools states in a way that the trainer does not know")
    scale = f.meta[KEY + "alpha"] / theirs.rank
    taken = []
    if c.static is not None and theirs.static and theirs.rank == ours.rank:
        _fill_lora(c.static, f, "adapter.", scale)
        taken.append("static")
    if c.mapper is not None and theirs.mode == "fixed":  # start from what the fixed adapter does
        c.mapper.head.bias.data.zero_()
        c.mapper.head.weight.data *= 0.1
    if c.mapper is None or theirs.mode == "fixed":
        return taken
    if theirs.prefix_tokens == ours.prefix_tokens:
        c.prefix.data.copy_(torch.from_numpy(f.tensor("prefix_embd.weight")))
        taken.append("prefix")
    if c.encoder_lora is not None and theirs.encoder == "lora" and theirs.encoder_rank == ours.encoder_rank:
        _fill_lora(c.encoder_lora, f, "enc.", f.meta[KEY + "encoder.lora_alpha"] / theirs.encoder_rank)
        taken.append("encoder")
    if (theirs.rank, theirs.bases, theirs.trunk) == (ours.rank, ours.bases, ours.trunk):
        m = c.mapper
        put = lambda p, name: p.data.copy_(torch.from_numpy(f.tensor(name)).view_as(p))  # noqa: E731
        if "mapper.layer_weight" in f:
            m.layer_logits.data.copy_(torch.from_numpy(f.tensor("mapper.layer_weight")).clamp(min=1e-9).log())
        put(m.trunk.weight, "mapper.trunk.weight")
        put(m.trunk.bias, "mapper.trunk.bias")
        put(m.head.weight, "mapper.coeff_head.weight")
        put(m.head.bias, "mapper.coeff_head.bias")
        for stem in MODULES:
            put(m.a_bases[stem], f"mapper.{stem}.a_bases")
            m.b_bases[stem].data.copy_(scale * torch.from_numpy(f.tensor(f"mapper.{stem}.b_bases")))
        taken.append("mapper")
    return taken


def load_into(system: System, path: str) -> str:
    """`--init`: take what fits from an exported compiler; says what that was."""
    taken = import_compiler(GGUFFile(joined(path)), system)
    if not taken:
        raise ValueError(f"{path}: nothing in it has the shape of this compiler")
    return ", ".join(taken)


def load_system(
    base_spec: str, compiler: str | None, checkpoint_path: str | None, dtype: torch.dtype, device: torch.device
) -> tuple[System, Renderer]:
    """A system ready to evaluate, from an exported compiler or from a checkpoint's averaged weights."""
    base = load_base(base_spec)
    if compiler:
        f = GGUFFile(joined(compiler))
        if f.meta[KEY + "base.sha256"] != base.sha256:
            raise ValueError("the compiler was trained on another base model file")
        options = options_of(f)
        system = System(base, options, dtype)
        import_compiler(f, system)
        prompts = Prompts.from_metadata(f.meta, KEY)
    elif checkpoint_path:
        system, prompts = system_of_checkpoint(base, checkpoint_path, dtype)
    else:
        raise ValueError("give a compiler file or a checkpoint")
    return system.place(device), Renderer(base.tokenizer, prompts)


def system_of_checkpoint(base: Base, path: str, dtype: torch.dtype = torch.float32) -> tuple[System, Prompts]:
    """A system with the averaged weights of a checkpoint (the plain ones if none were averaged), and its prompt forms."""
    state = checkpoint.load(path)
    system = System(base, CompilerOptions(**state["options"]), dtype)
    system.load_state_dict(state["weights"])
    if state["average"]:
        from .optimise import parameter_groups

        ordered = [p for g in parameter_groups(system, 1, 1, 0) for p in g["params"]]
        for p, v in zip(ordered, state["average"], strict=True):
            p.data.copy_(v)
    return system, Prompts.of_options(state["args"])


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--base", required=True, help="base model GGUF, or its pieces separated by commas")
    p.add_argument("--checkpoint", help="checkpoint of a run")
    p.add_argument("--compiler", help="or an exported compiler, to write it in other formats")
    p.add_argument("--out", required=True, help="compiler file to write")
    p.add_argument(
        "--small", action="store_true", help="the shipped form: Q4_0 encoder, head and static part, Q8_0 bases"
    )
    for group in ("bases", "static", "encoder", "head", "trunk", "prefix", "bias"):
        p.add_argument(f"--{group}", choices=("F32", "F16", "Q8_0", "Q4_0"), help=f"format of {group}")
    p.add_argument("--name", default="paw-compact")
    p.add_argument("--snapshot", default="")
    p.add_argument("--reads-choices", action="store_true", help="it was trained on corpus/choices_task.py")
    p.add_argument("--choice-temperature", type=float, help="what scores of closed sets are divided by")
    p.add_argument("--split-mib", type=float, default=0, help="also write it in pieces of so many MiB")
    a = p.parse_args()
    base = load_base(a.base)
    if a.checkpoint:
        system, prompts = system_of_checkpoint(base, a.checkpoint)
    else:
        system, renderer = load_system(a.base, a.compiler, None, torch.float32, torch.device("cpu"))
        prompts = renderer.prompts
    formats = Formats.small() if a.small else Formats()
    chosen = {
        g: quant.TYPES[getattr(a, g)]
        for g in ("bases", "static", "encoder", "head", "trunk", "prefix", "bias")
        if getattr(a, g)
    }
    more = {"choices.spec": CHOICES_SPEC} if a.reads_choices else {}
    if a.choice_temperature:
        more["choice_temperature"] = a.choice_temperature
    snapshot = a.snapshot or os.path.basename(a.out).removesuffix(".gguf")
    print(a.out, export_compiler(a.out, system, base, prompts, a.name, snapshot, formats=replace(formats, **chosen), more=more))
    if a.split_mib:
        for part in split_file(a.out, int(a.split_mib * 2**20)):
            print(part)


if __name__ == "__main__":
    main()
