"""A small GGUF v3 reader and writer: metadata and tensors, nothing about what they mean.

Shapes are given slowest dimension first throughout; the file stores them in the opposite order.
"""

from __future__ import annotations

import atexit
import mmap
import os
import shutil
import struct
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import quant

ALIGNMENT = 32
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_BOOL, _STRING, _ARRAY, _U32, _I32, _F32 = 7, 8, 9, 4, 5, 6


@dataclass(frozen=True)
class TensorInfo:
    """Where a tensor lies; `offset` counts from the start of the file."""

    kind: int
    shape: tuple[int, ...]
    offset: int


class GGUFFile:
    """A mapped GGUF file: `meta` holds the metadata, `info` the tensors; `tensor(name)` dequantises one."""

    def __init__(self, path: str | os.PathLike):
        with open(path, "rb") as f:
            self._map = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        self._at = 0
        magic, version, n_tensors, n_meta = self._unpack("<4sIQQ")
        if magic != b"GGUF" or version not in (2, 3):
            raise ValueError(f"{path}: not a GGUF v2 or v3 file")
        self.meta: dict[str, Any] = {}
        for _ in range(n_meta):
            key = self._string()
            self.meta[key] = self._value(self._unpack("<I")[0])
        found = []
        for _ in range(n_tensors):
            name = self._string()
            dims = self._unpack(f"<{self._unpack('<I')[0]}Q")
            found.append((name, tuple(reversed(dims)), *self._unpack("<IQ")))
        align = int(self.meta.get("general.alignment", ALIGNMENT))
        start = (self._at + align - 1) // align * align
        self.info = {name: TensorInfo(kind, shape, start + offset) for name, shape, kind, offset in found}

    def _unpack(self, form: str) -> tuple:
        values = struct.unpack_from(form, self._map, self._at)
        self._at += struct.calcsize(form)
        return values

    def _string(self) -> str:
        n = self._unpack("<Q")[0]
        text = self._map[self._at : self._at + n].decode("utf-8")
        self._at += n
        return text

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            of, n = self._unpack("<IQ")
            if of in _SCALARS:
                return list(self._unpack(f"<{n}{_SCALARS[of][1]}"))
            return [self._value(of) for _ in range(n)]
        return self._unpack(_SCALARS[kind])[0]

    def __contains__(self, name: str) -> bool:
        return name in self.info

    def tensor(self, name: str) -> np.ndarray:
        """The tensor as float32 (I32 tensors as int32)."""
        t = self.info[name]
        n = quant.byte_count(t.kind, t.shape)
        return quant.dequantise(np.frombuffer(self._map, np.uint8, n, t.offset), t.kind, t.shape)


def _meta_bytes(value: Any) -> bytes:
    """Type number and bytes of a metadata value: str, bool, int (u32), float (f32), list of str (string) or int (i32)."""
    if isinstance(value, bool):
        return struct.pack("<I?", _BOOL, value)
    if isinstance(value, str):
        raw = value.encode("utf-8")
        return struct.pack("<IQ", _STRING, len(raw)) + raw
    if isinstance(value, int):
        return struct.pack("<II", _U32, value)
    if isinstance(value, float):
        return struct.pack("<If", _F32, value)
    if isinstance(value, (list, tuple)):
        if value and isinstance(value[0], str):
            items = [v.encode("utf-8") for v in value]
            return struct.pack("<IIQ", _ARRAY, _STRING, len(items)) + b"".join(
                struct.pack("<Q", len(b)) + b for b in items
            )
        return struct.pack("<IIQ", _ARRAY, _I32, len(value)) + struct.pack(f"<{len(value)}i", *value)
    raise TypeError(f"no GGUF metadata type for {type(value)}")


def write_gguf(path: str | os.PathLike, meta: dict[str, Any], tensors: Iterable[tuple[str, np.ndarray, int]]) -> int:
    """Write a GGUF v3 file atomically; `tensors` are (name, values, format). Returns the size in bytes."""
    entries, blobs, offset = [], [], 0
    for name, values, kind in tensors:
        blob = quant.quantise(values, kind)
        raw = name.encode("utf-8")
        dims = tuple(reversed(values.shape))
        entries.append(
            struct.pack("<Q", len(raw)) + raw + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, offset)
        )
        blobs.append(blob)
        offset += (len(blob) + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(entries), len(meta))
    for key, value in meta.items():
        raw = key.encode("utf-8")
        head += struct.pack("<Q", len(raw)) + raw + _meta_bytes(value)
    head += b"".join(entries)
    temporary = f"{path}.tmp{os.getpid()}"
    with open(temporary, "wb") as f:
        f.write(head + bytes(-len(head) % ALIGNMENT))
        for blob in blobs:
            f.write(blob.tobytes() + bytes(-len(blob) % ALIGNMENT))
        f.flush()
        os.fsync(f.fileno())
        size = f.tell()
    os.replace(temporary, path)
    return size


def split_file(path: str | os.PathLike, part_bytes: int) -> list[Path]:
    """Copy a file into `path.part0`, `path.part1`, ... of at most `part_bytes` each."""
    parts = []
    with open(path, "rb") as f:
        while chunk := f.read(part_bytes):
            part = Path(f"{path}.part{len(parts)}")
            part.write_bytes(chunk)
            parts.append(part)
    return parts


def joined(spec: str) -> str:
    """`a.gguf`, or `a.part0,a.part1,...` in this order: the path of one whole file (a temporary one if there are pieces)."""
    names = [s for s in spec.split(",") if s]
    if len(names) == 1:
        return names[0]
    with tempfile.NamedTemporaryFile(prefix="paw-joined-", suffix=".gguf", delete=False) as out:
        for name in names:
            with open(name, "rb") as f:
                shutil.copyfileobj(f, out, 1 << 24)
    atexit.register(lambda: os.path.exists(out.name) and os.remove(out.name))
    return out.name
