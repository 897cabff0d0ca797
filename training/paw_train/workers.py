"""Batches made in background processes, in the order of their steps.

Plain pipes and threads: a worker builds window after window (its share of them), a thread of it sends what is ready, so that
building goes on meanwhile. If the trainer dies the pipe breaks and the worker ends. Workers never import PyTorch.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

from .corpus import Function
from .data import WINDOW, BatchMaker, DataOptions, Renderer
from .prompts import Prompts
from .tokenizer import Tokenizer


def _serve(
    pipe: Connection,
    vocabulary: tuple,
    prompts: Prompts,
    functions: Sequence[Function],
    generated: Sequence[Function],
    options: DataOptions,
    rank: int,
    first: int,
    stride: int,
) -> None:
    """Body of a worker: windows first, first + stride, ..."""
    ready: queue.Queue = queue.Queue(maxsize=2 * WINDOW)

    def send() -> None:
        try:
            while True:
                pipe.send(ready.get())
        except (BrokenPipeError, ConnectionError, EOFError, OSError):
            os._exit(0)

    threading.Thread(target=send, daemon=True).start()
    try:
        maker = BatchMaker(Renderer(Tokenizer(*vocabulary), prompts), functions, generated, options)
        index = first
        while True:
            for batch in maker.window(index, rank):
                ready.put(batch)
            index += stride
    except KeyboardInterrupt:
        os._exit(0)
    except BaseException:
        ready.put(traceback.format_exc())
        threading.Event().wait(30)


class Loader:
    """Iterates over batches from `step` on; `prepare` turns the arrays into what the trainer wants, in a thread here."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        prompts: Prompts,
        functions: Sequence[Function],
        generated: Sequence[Function],
        options: DataOptions,
        step: int = 0,
        rank: int = 0,
        workers: int = 2,
        prepare: Callable[[dict], Any] = lambda batch: batch,
        ahead: int = 4,
    ):
        first, self._skip = divmod(step, WINDOW)
        self._prepare = prepare
        self._out: queue.Queue = queue.Queue(maxsize=ahead)
        self._stop = threading.Event()
        self._processes, self._pipes = [], []
        context = multiprocessing.get_context("spawn")
        for n in range(max(1, workers)):
            mine, theirs = context.Pipe(duplex=False)
            args = (
                theirs,
                tokenizer.vocabulary,
                prompts,
                functions,
                generated,
                options,
                rank,
                first + n,
                max(1, workers),
            )
            process = context.Process(target=_serve, args=args, daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
            self._pipes.append(mine)
        threading.Thread(target=self._collect, daemon=True).start()

    def _put(self, item: Any) -> None:
        while not self._stop.is_set():
            try:
                return self._out.put(item, timeout=0.5)
            except queue.Full:
                continue

    def _collect(self) -> None:
        """Read windows from the workers in turn."""
        turn = 0
        try:
            while not self._stop.is_set():
                for _ in range(WINDOW):
                    batch = self._pipes[turn % len(self._pipes)].recv()
                    if isinstance(batch, str):
                        raise RuntimeError("a data worker failed:\n" + batch)
                    if self._skip:
                        self._skip -= 1
                        continue
                    self._put(self._prepare(batch))
                turn += 1
        except BaseException as error:
            if not self._stop.is_set():
                self._put(error)

    def __iter__(self) -> Iterator[Any]:
        while True:
            item = self._out.get()
            if isinstance(item, BaseException):
                raise RuntimeError("no more batches") from item
            yield item

    def close(self) -> None:
        """End the workers."""
        self._stop.set()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(timeout=5)
