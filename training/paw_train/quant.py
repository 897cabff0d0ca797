"""Block formats of GGUF tensors in NumPy: dequantise what we read, quantise what we write.

Every format quantises along the last axis in blocks of 32 (F32, F16 and BF16: of 1). The quantisers give the bytes that
ggml's reference quantisers give.
"""

from __future__ import annotations

import numpy as np

F32, F16, Q4_0, Q4_1, Q8_0, I32, BF16 = 0, 1, 2, 3, 8, 26, 30
NAMES = {F32: "F32", F16: "F16", Q4_0: "Q4_0", Q4_1: "Q4_1", Q8_0: "Q8_0", I32: "I32", BF16: "BF16"}
TYPES = {v: k for k, v in NAMES.items()}
LAYOUT = {
    F32: (1, 4),
    F16: (1, 2),
    Q4_0: (32, 18),
    Q4_1: (32, 20),
    Q8_0: (32, 34),
    I32: (1, 4),
    BF16: (1, 2),
}  # values, bytes


def byte_count(kind: int, shape: tuple[int, ...]) -> int:
    """Bytes of a tensor of `shape` (slowest dimension first) in format `kind`."""
    values, size = LAYOUT[kind]
    if shape and shape[-1] % values:
        raise ValueError(f"a row of {shape[-1]} values does not divide into {NAMES[kind]} blocks of {values}")
    return int(np.prod(shape, dtype=np.int64)) // values * size


def _half(raw: np.ndarray) -> np.ndarray:
    """[n, 2] bytes -> [n, 1] float32."""
    return np.ascontiguousarray(raw).view(np.float16).astype(np.float32)


def dequantise(raw: np.ndarray, kind: int, shape: tuple[int, ...]) -> np.ndarray:
    """Bytes of a tensor -> float32 (int32 for I32) of `shape`."""
    raw = np.ascontiguousarray(raw).view(np.uint8).reshape(-1)
    if kind == I32:
        return raw.view(np.int32).reshape(shape).copy()
    if kind == F32:
        return raw.view(np.float32).reshape(shape).copy()
    if kind == F16:
        return raw.view(np.float16).astype(np.float32).reshape(shape)
    if kind == BF16:
        return (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(shape)
    if kind not in LAYOUT:
        raise ValueError(f"tensor format {kind} is not supported")
    blocks = raw.reshape(-1, LAYOUT[kind][1])
    d = _half(blocks[:, :2])
    if kind == Q8_0:
        return (blocks[:, 2:].view(np.int8).astype(np.float32) * d).reshape(shape)
    nibbles = blocks[:, 2:] if kind == Q4_0 else blocks[:, 4:]
    q = np.concatenate((nibbles & 15, nibbles >> 4), axis=1).astype(np.float32)
    if kind == Q4_0:
        return ((q - 8.0) * d).reshape(shape)
    return (q * d + _half(blocks[:, 2:4])).reshape(shape)


def _quantise_q8_0(x: np.ndarray) -> np.ndarray:
    """[n, 32] float32 -> [n, 34] bytes; rounds half away from zero."""
    d = np.abs(x).max(axis=1, keepdims=True) / np.float32(127)
    with np.errstate(divide="ignore"):
        inverse = np.where(d == 0, np.float32(0), np.float32(1) / d)
    y = x * inverse
    q = (np.sign(y) * np.floor(np.abs(y) + np.float32(0.5))).astype(np.int8)
    return np.concatenate((d.astype(np.float16).view(np.uint8), q.view(np.uint8)), axis=1)


def _quantise_q4_0(x: np.ndarray) -> np.ndarray:
    """[n, 32] float32 -> [n, 18] bytes; the value of largest magnitude becomes -8 exactly."""
    largest = np.take_along_axis(x, np.abs(x).argmax(axis=1)[:, None], axis=1)
    d = largest / np.float32(-8)
    with np.errstate(divide="ignore"):
        inverse = np.where(d == 0, np.float32(0), np.float32(1) / d)
    q = np.trunc(x.astype(np.float64) * inverse.astype(np.float64) + 8.5).clip(0, 15).astype(np.uint8)
    packed = q[:, :16] | (q[:, 16:] << 4)
    return np.concatenate((d.astype(np.float16).view(np.uint8), packed), axis=1)


def quantise(x: np.ndarray, kind: int) -> np.ndarray:
    """float32 tensor -> its bytes (uint8, flat) in format `kind`."""
    if kind == I32:
        return np.ascontiguousarray(x, np.int32).view(np.uint8).reshape(-1)
    x = np.ascontiguousarray(x, np.float32)
    byte_count(kind, x.shape)
    if kind == F32:
        return x.view(np.uint8).reshape(-1)
    if kind == F16:
        return x.astype(np.float16).view(np.uint8).reshape(-1)
    if kind in (Q8_0, Q4_0):
        rows = x.reshape(-1, 32)
        pack = _quantise_q8_0 if kind == Q8_0 else _quantise_q4_0
        step = 1 << 16  # bounds the float64 intermediates
        parts = [pack(rows[i : i + step]) for i in range(0, len(rows), step)]
        return np.concatenate(parts).reshape(-1)
    raise ValueError(f"writing {NAMES.get(kind, kind)} is not supported")
