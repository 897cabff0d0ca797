"""Training of compilers: from hand-written fuzzy functions to one `paw-compiler` GGUF file.

Modules that the data workers import (`tokenizer`, `prompts`, `corpus`, `augment`, `packing`, `data`, `workers`) use NumPy
only, so that a worker process starts in a moment; everything that needs PyTorch lives in the others.
"""
