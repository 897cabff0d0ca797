#!/usr/bin/env python3
"""peer_ik_llama.py MODEL THREADS [ADAPTER|-] [OPTION=0|1 ..]: ik-llama-cpp-python's C interface, asked as peer.py says.

Options: repack (weights interleaved when loaded), flash_attn, merge_qkv, fused_up_gate, mmap, rope_cache. With an adapter three are off
whatever is asked: version 0.1.5 refuses flash_attn then, and with merge_qkv or fused_up_gate it leaves out the adapters of the layers
that it fuses (its logits are then those of another function, which compare.py would not let pass).
"""
import ctypes
import glob
import importlib.util
import os
from importlib.metadata import version

import peer


def load_library():
    """libllama needs libggml, which is in no place where the loader looks: load that first."""
    folder = os.path.join(os.path.dirname(importlib.util.find_spec("ik_llama_cpp").origin), "lib")
    for library in glob.glob(os.path.join(folder, "libggml*")):
        ctypes.CDLL(library, ctypes.RTLD_GLOBAL)
    from ik_llama_cpp import _ctypes_api

    return _ctypes_api


api = load_library()
lib = api._lib
LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
quiet = LOG(lambda level, text, data: None)

POINTER, INT, FLOAT = ctypes.c_void_p, ctypes.c_int32, ctypes.c_float
for name, result, parameters in (
    ("llama_log_set", None, [LOG, POINTER]),
    ("llama_lora_adapter_init", POINTER, [POINTER, ctypes.c_char_p]),
    ("llama_lora_adapter_set", INT, [POINTER, POINTER, FLOAT]),
    ("llama_kv_cache_seq_rm", ctypes.c_bool, [POINTER, INT, INT, INT]),
    ("llama_batch_get_one", api.llama_batch, [ctypes.POINTER(INT), INT, INT, INT]),
    ("llama_synchronize", None, [POINTER]),
    ("llama_n_vocab", INT, [POINTER]),
):
    function = getattr(lib, name)
    function.restype, function.argtypes = result, parameters


def load(path, threads, lora, chosen):
    lib.llama_log_set(quiet, None)
    api.llama_backend_init()
    m = api.llama_model_default_params()
    m.repack_tensors, m.merge_qkv, m.use_mmap = chosen["repack"], chosen["merge_qkv"], chosen["mmap"]
    m.flash_attn, m.n_gpu_layers = chosen["flash_attn"], 0
    model = api.llama_model_load_from_file(path.encode(), m)
    c = api.llama_context_default_params()
    assert (c.n_batch, c.n_ubatch, c.min_experts) == (2048, 512, -1), "the structures differ from this version's"
    c.n_ctx = c.n_batch = peer.MOST_TOKENS
    c.n_threads = c.n_threads_batch = threads
    c.flash_attn, c.fused_up_gate, c.rope_cache = chosen["flash_attn"], chosen["fused_up_gate"], chosen["rope_cache"]
    context = model and api.llama_init_from_model(model, c)
    if not context:
        raise SystemExit(f"{path}: ik_llama.cpp cannot load it")
    if lora is not None:
        adapter = lib.llama_lora_adapter_init(model, lora.encode())
        if not adapter or lib.llama_lora_adapter_set(context, adapter, 1.0) != 0:
            raise SystemExit(f"{lora}: ik_llama.cpp cannot load it")
    return model, context


def main():
    path, threads, lora = peer.arguments()
    chosen = peer.options({"repack": 1, "flash_attn": 1, "merge_qkv": 1, "fused_up_gate": 1, "mmap": 1, "rope_cache": 0})
    if lora is not None:
        chosen["flash_attn"] = chosen["merge_qkv"] = chosen["fused_up_gate"] = False
    model, context = load(path, threads, lora, chosen)
    n_vocab = lib.llama_n_vocab(model)

    def forward(tokens, start):
        array = (INT * len(tokens))(*tokens)
        if api.llama_decode(context, lib.llama_batch_get_one(array, len(tokens), start, 0)) != 0:
            raise SystemExit("llama_decode failed")
        lib.llama_synchronize(context)

    def keep(n):
        lib.llama_kv_cache_seq_rm(context, 0, n, -1)

    about = {"engine": "ik_llama.cpp", "version": "ik-llama-cpp-python " + version("ik-llama-cpp-python"), "options": chosen}
    peer.serve(about, forward, keep, lambda: api.llama_get_logits_ith(context, -1)[:n_vocab])


if __name__ == "__main__":
    main()
