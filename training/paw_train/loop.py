"""The training loop: from parsed options to a trained, evaluated and exported compiler."""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from dataclasses import fields, replace
from datetime import date

import torch
import torch.distributed as dist

from . import checkpoint, corpus
from .augment import Rates
from .base import Base, load_base
from .compiler import CompilerOptions, System
from .data import DataOptions, Renderer, Shape, fit, shapes_of
from .evaluate import EvalOptions, evaluate, read_suites, table
from .export import export_compiler, load_into
from .gguf_file import split_file
from .log import Log
from .machine import Group, choose_kernels, load_compile_cache, memory_gib, save_compile_cache
from .optimise import Average, Optimiser, parameter_groups
from .packing import Item, Row, pack
from .prompts import Prompts
from .schedule import Schedule
from .workers import Loader


def _to_device(device: torch.device, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {k: t.to(device, non_blocking=True) for k, t in tensors.items()}


def _prepare(pinned: bool):
    """Arrays -> (tensors in pinned memory, counts); runs in the loader's thread."""

    def prepare(batch: dict) -> tuple[dict[str, torch.Tensor], int, int]:
        cands, used = int(batch.pop("cands")), int(batch.pop("used"))
        tensors = {k: torch.from_numpy(a) for k, a in batch.items()}
        return ({k: t.pin_memory() for k, t in tensors.items()} if pinned else tensors), cands, used

    return prepare


class Trainer:
    """One run. Built from options; `train` goes to the end, then `finish` evaluates and exports."""

    def __init__(self, args: argparse.Namespace, started: float):
        self.args = args
        self.group = group = Group(args.device)
        self.device = group.device
        self.checkpoint_path = os.path.join(args.out, "checkpoint.pt")
        self.resumed = args.resume and os.path.exists(self.checkpoint_path)
        self.log = Log(args.out, silent=group.rank > 0, fresh=not self.resumed)
        self.log.started = started
        say = self.log.say
        if self.device.type == "cuda":
            choose_kernels(say)
        self.dtype = getattr(torch, args.dtype or ("bfloat16" if self.device.type == "cuda" else "float32"))
        self.base: Base = load_base(args.base)
        self.prompts = Prompts.of_options(vars(args))
        self.renderer = Renderer(self.base.tokenizer, self.prompts)
        torch.manual_seed(args.seed)
        options = CompilerOptions(
            args.mode,
            args.rank,
            args.bases,
            args.trunk,
            args.prefix_tokens,
            args.encoder,
            args.encoder_rank,
            not args.no_static,
            pool=args.pool,
        )
        self.system = System(self.base, options, self.dtype, args.attention)
        if args.init and not self.resumed:
            say(f"init from {args.init}: {load_into(self.system, args.init)}")
        self.system.place(self.device)
        if group.world > 1:
            for p in self.system.parameters():
                dist.broadcast(p.data, 0)
        lr = args.lr or (2e-3 if args.mode == "fixed" else 1e-3)
        encoder_lr = args.encoder_lr or (1e-4 if args.encoder == "full" else 2e-3)
        self.optimiser = Optimiser(parameter_groups(self.system, lr, encoder_lr, args.weight_decay, args.mapper_lr), args.clip)
        self.average = Average(self.optimiser.parameters, args.ema) if args.ema else None
        self.schedule = Schedule(args.steps, args.minutes, args.call_minutes, args.warmup, started=started)
        self.step = 0
        if self.resumed:
            self._resume()
        trained = sum(p.numel() for p in self.optimiser.parameters)
        sizes = {g["name"]: 0 for g in self.optimiser.adam.param_groups}
        for g in self.optimiser.adam.param_groups:
            sizes[g["name"]] += sum(p.numel() for p in g["params"])
        say(
            f"{args.mode}: {trained / 1e6:.2f} M trained values {sizes} on {group.world} x {self.device.type}, {self.dtype}"
        )
        self._read_data()

    # ------------------------------------------------------------ set-up

    def _read_data(self) -> None:
        a = self.args
        parts = corpus.split(corpus.load(a.corpus))
        train_on = a.train_on.split(",")
        functions = [f for name in train_on for f in parts[name]]
        if a.max_specs:
            functions = random.Random(1).sample(sorted(functions, key=lambda f: f.id), min(a.max_specs, len(functions)))
        generated = corpus.load(a.generated) if a.generated else []
        held_out = {s: parts[s] for s in ("valid", "test") if s not in train_on and parts[s]}
        self.suites = held_out | read_suites(a.suite)
        rates = Rates()
        rates = replace(
            rates,
            **{f.name: min(1.0, a.augment * getattr(rates, f.name)) for f in fields(rates) if f.name != "with_examples"},
        )
        self.data = DataOptions(
            shapes=tuple(
                shapes_of(*([int(n) for n in s.split(",")] for s in (a.lengths, a.encoder_lengths)), a.tokens)
            ),
            prefix_tokens=a.prefix_tokens,
            max_cases=a.max_cases,
            max_examples=a.max_examples,
            prompt_drop=a.prompt_drop if a.mode == "compiled" else 0.0,
            generated_share=a.generated_share if generated else 0.0,
            input_loss=a.input_loss,
            rates=replace(rates, with_examples=a.examples_share),
            seed=a.seed,
        )
        cores = len(os.sched_getaffinity(0))
        local = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
        workers = a.workers or max(1, min(4, (cores - 1) // local - 1))
        self.loader = Loader(
            self.base.tokenizer,
            self.prompts,
            functions,
            generated,
            self.data,
            self.step,
            self.group.rank,
            workers,
            _prepare(self.device.type == "cuda"),
        )
        self.log.say(
            f"{len(functions)} training specs, {sum(len(f.cases) for f in functions)} cases, {len(generated)} generated specs; "
            f"suites { ({k: len(v) for k, v in self.suites.items()}) }; {workers} data workers; shapes "
            + ", ".join(f"{s.rows}x{s.length} (encoder {s.encode})" for s in self.data.shapes)
        )

    def _resume(self) -> None:
        state = checkpoint.load(self.checkpoint_path)
        self.system.load_state_dict(state["weights"])
        self.optimiser.adam.load_state_dict(state["optimiser"])
        for group in self.optimiser.adam.param_groups:
            group["fused"] = True
        self.optimiser.skipped.fill_(state["skipped"])
        if self.average:
            for held, saved in zip(self.average.values, state["average"]):
                held.copy_(saved)
        self.step = state["step"]
        self.schedule.spent, self.schedule.done = state["minutes"], state["progress"]
        self.log.say(
            f"resumed at step {self.step}, progress {self.schedule.done:.3f}, {self.schedule.spent:.1f} minutes used"
        )

    def save(self, progress: float) -> None:
        """Write the checkpoint (rank 0)."""
        if self.group.rank == 0:
            checkpoint.save(
                self.checkpoint_path,
                {
                    "weights": self.system.state_dict(),
                    "optimiser": self.optimiser.adam.state_dict(),
                    "average": self.average.values if self.average else None,
                    "skipped": float(self.optimiser.skipped),
                    "step": self.step,
                    "progress": progress,
                    "minutes": self.schedule.elapsed(),
                    "options": self.system.options.to_dict(),
                    "args": vars(self.args),
                },
            )

    def compile(self) -> None:
        """Compile for every batch shape, on made-up batches, before the clock of the schedule starts."""
        if self.args.compile == "off" or (self.args.compile == "auto" and self.device.type != "cuda"):
            return
        torch._dynamo.config.recompile_limit = 64
        torch._dynamo.config.accumulated_recompile_limit = 1024
        load_compile_cache(self.args.compile_cache, self.log.say)
        for attempt in ("as asked", "with plain attention"):
            if attempt == "with plain attention" and self.args.attention == "sdpa":
                continue
            try:
                self.system.compile()
                for shape in self.data.shapes:
                    self._warm_up(shape)
                if self.group.rank == 0:
                    save_compile_cache(self.args.compile_cache, self.log.say)
                return
            except torch.OutOfMemoryError:
                raise
            except Exception as error:
                self.log.say(f"compiling {attempt} failed: {type(error).__name__}: {str(error)[:2000]}")
                self.system.uncompile()
                self.optimiser.adam.zero_grad(set_to_none=True)
        self.log.say("going on without compiling: slower, but not in vain")

    def _warm_up(self, shape: Shape) -> None:
        """Compile for one shape; compares the compiled loss with the plain one."""
        begun = time.time()
        tensors, cands, _ = _prepare(False)(_dummy(shape, self.data.prefix_tokens, self.base.hyper.vocab))
        batch = _to_device(self.device, tensors)
        for quantised in (False, True) if self.args.fake_quant < 1 else (False,):
            loss = self._loss(batch, cands, quantised)[0]
            loss.backward()
            self.optimiser.adam.zero_grad(set_to_none=True)
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        seconds, peak = time.time() - begun, memory_gib()
        with torch.no_grad():
            plain = float(self._loss(batch, cands, quantised)[0])
        off = abs(float(loss.detach()) - plain) / max(1e-6, abs(plain))
        self.log.say(
            f"compiled {shape.rows}x{shape.length} in {seconds:.1f} s, peak {peak:.1f} GiB, loss {plain:.4f}"
            + (f" but compiled {float(loss.detach()):.4f}: WRONG?" if off > 0.02 else "")
        )

    # ------------------------------------------------------------ training

    def _loss(self, batch: dict[str, torch.Tensor], cands: int, quantised: bool) -> tuple[torch.Tensor, torch.Tensor]:
        generator = None
        if self.args.adapter_dropout > 0:
            generator = torch.Generator(self.device)
            generator.manual_seed((self.args.seed * 1_000_003 + self.step) * 64 + self.group.rank)
        return self.system.loss(batch, cands, quantised, self.args.adapter_dropout, generator)

    def train(self) -> bool:
        """Run to the end of the schedule (True) or of this call (False)."""
        a, schedule = self.args, self.schedule
        self.compile()
        sums = torch.zeros(4, device=self.device)  # loss, exact, norm, intervals
        cases = tokens = 0
        waited, marked, saved = 0.0, time.time(), time.time()
        batches = iter(self.loader)
        schedule.begin()
        while True:
            progress = self.group.from_first(schedule.progress(self.step))
            ended = self.group.from_first(float(schedule.call_ended()))
            if progress >= 1 or ended:
                break
            begun = time.time()
            tensors, cands, used = next(batches)
            waited += time.time() - begun
            batch = _to_device(self.device, tensors)
            loss, exact = self._loss(batch, cands, progress >= a.fake_quant)
            loss.backward()
            if self.group.world > 1:
                self.optimiser.all_reduce(self.group.world)
            factor = schedule.rate(self.step, progress)
            norm = self.optimiser.step(factor)
            if self.average:
                self.average.update(self.step)
            sums += torch.stack((loss.detach(), exact, norm.detach(), torch.ones_like(exact))).nan_to_num(0.0, 0.0, 0.0)
            cases, tokens, self.step = cases + cands, tokens + used, self.step + 1
            if self.step % a.log_every == 0 or self.step <= 3:
                loss_sum, exact_sum, norm_sum, n = sums.tolist()
                sums.zero_()
                seconds = time.time() - marked
                row = {
                    "step": self.step,
                    "progress": progress,
                    "seconds": schedule.elapsed() * 60,
                    "loss": loss_sum / n,
                    "exact": exact_sum / n,
                    "grad_norm": norm_sum / n,
                    "skipped": int(self.optimiser.skipped),
                    "lr": factor * self.optimiser.adam.param_groups[0]["base_lr"],
                    "cases": cases * self.group.world,
                    "cases_s": cases * self.group.world / seconds,
                    "tokens_s": tokens * self.group.world / seconds,
                    "memory_gib": memory_gib(),
                    "wait_share": waited / seconds,
                }
                self.log.metrics(row)
                self.log.say(
                    f"step {self.step} ({100 * progress:.1f} %) loss {row['loss']:.4f} exact {row['exact']:.3f} "
                    f"norm {row['grad_norm']:.2f} lr {row['lr']:.2e} {row['cases_s']:.0f} cases/s {row['tokens_s']:.0f} tokens/s "
                    f"mem {row['memory_gib']:.1f} GiB wait {100 * row['wait_share']:.0f} %"
                    + (f" skipped {row['skipped']}" if row["skipped"] else "")
                )
                cases = tokens = 0
                waited, marked = 0.0, time.time()
            due = a.save_every and self.step % a.save_every == 0
            if due or (
                a.save_seconds and self.step % 10 == 0 and self.group.from_first(time.time() - saved) > a.save_seconds
            ):
                self.save(progress)
                saved = time.time()
            if a.eval_every and self.step % a.eval_every == 0:
                self.evaluate(quick=True)
                marked = time.time()
        self.loader.close()
        if not a.no_final_save:
            self.save(progress)
        self.log.say(
            f"{'trained' if progress >= 1 else 'call over'}: step {self.step}, {schedule.elapsed():.2f} minutes"
        )
        return progress >= 1

    def evaluate(self, quick: bool) -> dict:
        """Evaluate the averaged weights on all suites."""
        a = self.args
        options = EvalOptions(
            examples=(0,) if quick else (0, 4),
            specs=a.eval_specs if quick else 0,
            seconds=30.0 if quick else a.eval_seconds,
            tokens=a.eval_tokens or (32768 if self.device.type == "cuda" else 4096),
            quantised=a.fake_quant < 1,
        )
        if self.average:
            self.average.swap()
        try:
            results = evaluate(
                self.system,
                self.renderer,
                self.suites,
                options,
                self.device,
                self.group.rank,
                self.group.world,
                self.group.gather,
            )
        finally:
            if self.average:
                self.average.swap()
        self.log.evaluation(self.step, results)
        self.log.say(("quick " if quick else "final ") + "evaluation\n" + table(results))
        return results

    def finish(self) -> None:
        """Export, final evaluation, curves. Export comes first: it is what a run is for."""
        a = self.args
        if self.average:
            self.average.swap()
        if self.group.rank == 0:
            for form in [f for f in a.export.split(",") if f]:
                path = os.path.join(a.out, f"compiler-{form}.gguf")
                try:
                    snapshot = a.snapshot or f"{a.name}-{date.today():%Y%m%d}"
                    report = export_compiler(
                        path, self.system, self.base, self.prompts, a.name, snapshot, small=form == "small"
                    )
                    self.log.say(f"{path}: {report}")
                    if a.split_mib:
                        split_file(path, int(a.split_mib * 2**20))
                except Exception as error:  # the checkpoint still holds everything
                    self.log.say(f"export {form} failed: {type(error).__name__}: {error}")
        if self.average:
            self.average.swap()
        if a.eval_seconds and self.suites:
            results = self.evaluate(quick=False)
            if self.group.rank == 0:
                with open(os.path.join(a.out, "results.json"), "w", encoding="utf-8") as f:
                    json.dump({"step": self.step, "args": vars(a), "results": results}, f, indent=1)
        if self.group.rank == 0:
            try:
                from .plot import plot

                plot([a.out], os.path.join(a.out, "curves.png"))
            except Exception as error:
                self.log.say(f"no curves drawn: {error}")


def _dummy(shape: Shape, prefix_tokens: int, vocab: int) -> dict:
    """A full batch of made-up tokens of one shape, with about as many targets as real ones have."""
    rng = random.Random(0)
    draw = lambda n: [rng.randrange(3, vocab) for _ in range(n)]  # noqa: E731
    rows = []
    for _ in range(shape.rows):
        row = Row(draw(40), [], draw(shape.encode - prefix_tokens))
        row.items = fit(row, [Item(draw(20), [draw(7) + [2]]) for _ in range(12)], shape.length)
        rows.append(row)
    return pack(rows, shape.length, shape.encode, prefix_tokens)


def run(args: argparse.Namespace, started: float) -> None:
    """Everything that `train.py` promises."""
    torch.set_num_threads(max(1, int(os.environ.get("OMP_NUM_THREADS", "2"))))
    trainer = Trainer(args, started)
    try:
        if trainer.train():
            trainer.finish()
    finally:
        trainer.loader.close()
        trainer.group.close()
