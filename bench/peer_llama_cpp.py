#!/usr/bin/env python3
"""peer_llama_cpp.py MODEL THREADS [ADAPTER|-] [flash_attn=0|1] [repack=0|1]: llama-cpp-python's C interface, asked as peer.py says."""
import ctypes

import llama_cpp as L

import peer

quiet = L.llama_log_callback(lambda level, text, data: None)


def load(path, threads, lora, chosen):
    L.llama_log_set(quiet, ctypes.c_void_p(0))
    L.llama_backend_init()
    m = L.llama_model_default_params()
    m.use_extra_bufts = chosen["repack"]
    model = L.llama_model_load_from_file(path.encode(), m)
    c = L.llama_context_default_params()
    c.n_ctx = c.n_batch = peer.MOST_TOKENS
    c.n_ubatch = 512
    c.n_threads = c.n_threads_batch = threads
    c.flash_attn_type = int(chosen["flash_attn"])
    context = model and L.llama_init_from_model(model, c)
    if not context:
        raise SystemExit(f"{path}: llama.cpp cannot load it")
    if lora is not None:
        adapter = L.llama_adapter_lora_init(model, lora.encode())
        if not adapter or L.llama_set_adapters_lora(context, (L.llama_adapter_lora_p_ctypes * 1)(adapter), 1, (ctypes.c_float * 1)(1)) != 0:
            raise SystemExit(f"{lora}: llama.cpp cannot load it")
    return model, context


def main():
    path, threads, lora = peer.arguments()
    chosen = peer.options({"flash_attn": 0, "repack": 1})
    model, context = load(path, threads, lora, chosen)
    memory = L.llama_get_memory(context)
    n_vocab = L.llama_vocab_n_tokens(L.llama_model_get_vocab(model))

    def forward(tokens, start):
        array = (ctypes.c_int32 * len(tokens))(*tokens)
        if L.llama_decode(context, L.llama_batch_get_one(array, len(tokens))) != 0:
            raise SystemExit("llama_decode failed")
        L.llama_synchronize(context)

    def keep(n):
        L.llama_memory_seq_rm(memory, 0, n, -1)

    about = {"engine": "llama.cpp", "version": "llama-cpp-python " + L.__version__, "options": chosen}
    peer.serve(about, forward, keep, lambda: L.llama_get_logits_ith(context, -1)[:n_vocab])


if __name__ == "__main__":
    main()
