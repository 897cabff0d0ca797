#!/usr/bin/env python3
"""Writes formats.bin: random blocks of every block format and the float32 values that the Python package gguf gives them.

    python make_formats.py [formats.bin]

The file, little-endian: for each format u32 type, u32 n (values), u32 size (bytes of the blocks), the blocks, n float32.
Scales are random finite halves, subnormal and negative ones among them; all other bits are random.
"""

import os
import struct
import sys

import gguf
import numpy as np

VALUES = 768
SCALES = {  # where the halves stand in a block
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}  # fmt: skip


def random_blocks(rng, name, count, size):
    blocks = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for at in SCALES.get(name, []):
        scale = (rng.standard_normal(count) * 10.0 ** rng.integers(-7, 1, count)).astype(np.float16)
        blocks[:, at : at + 2] = scale.view(np.uint8).reshape(count, 2)
    return blocks


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    rng = np.random.default_rng(20251128)
    with open(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "formats.bin"), "wb") as f:
        for name in ["F32", "F16", "BF16", *SCALES]:
            kind = gguf.GGMLQuantizationType[name]
            block, size = gguf.GGML_QUANT_SIZES[kind]
            if name in ("F32", "F16", "BF16"):
                values = rng.standard_normal(VALUES).astype(np.float32)
                data = values if name == "F32" else values.astype(np.float16) if name == "F16" else None
                data = (values.view(np.uint32) >> 16).astype(np.uint16) if data is None else data
                data = data.view(np.uint8)
            else:
                data = random_blocks(rng, name, VALUES // block, size).reshape(-1)
            values = gguf.quants.dequantize(data, kind).astype("<f4").reshape(-1)
            assert len(values) == VALUES and np.isfinite(values).all(), name
            f.write(struct.pack("<III", int(kind), VALUES, len(data)) + data.tobytes() + values.tobytes())


if __name__ == "__main__":
    main()
