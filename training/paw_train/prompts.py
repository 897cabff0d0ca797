"""The texts that encoder and interpreter read, rendered from templates: one definition for training, export and tests.

A template is split at its placeholders before anything is filled in, so that a spec may hold braces of any kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

INPUT = "{INPUT_PLACEHOLDER}"


def _fill(template: str, values: dict[str, str]) -> str:
    """Replace each `{name}` of `values` in the template, once each and never inside what was filled in."""
    out, rest = [], template
    while rest:
        at, name = min(((rest.find("{" + n + "}"), n) for n in values if "{" + n + "}" in rest), default=(-1, ""))
        if at < 0:
            break
        out += [rest[:at], values[name]]
        rest = rest[at + len(name) + 2 :]
    return "".join(out) + rest


TWICE = (
    "<|im_start|>user\n{pseudo}\n\n[INPUT]\n{INPUT_PLACEHOLDER}\n[END_INPUT]\n[AGAIN]\n{INPUT_PLACEHOLDER}\n[END_INPUT]"
    "<|im_end|>\n<|im_start|>assistant\n"
)  # the second copy is read with the whole first one in view


# The task of reading closed sets out of specs (`corpus/choices_task.py`); a compiler trained on it says so (`choices.spec`).
CHOICES_SPEC = (
    "List the answers that the described function may give, one a line, spelt as it must print them. "
    "Print open if the answers are no closed set."
)


@dataclass(frozen=True)
class Prompts:
    """The prompt forms of one compiler; the field names are the metadata keys with `.` written `_`."""

    pseudo_template: str = "[PSEUDO_PROGRAM]\nTask: {spec}\n{examples}[END_PSEUDO_PROGRAM]"
    pseudo_examples_header: str = "Examples:\n"
    pseudo_example: str = "Input: {input}\nOutput: {output}\n"
    encode_template: str = "<|im_start|>user\n{pseudo}<|im_end|>\n<|im_start|>assistant\n"
    prompt_template: str = (
        "<|im_start|>user\n{pseudo}\n\n[INPUT]\n{INPUT_PLACEHOLDER}\n[END_INPUT]<|im_end|>\n<|im_start|>assistant\n"
    )
    empty_pseudo: str = "[PSEUDO_PROGRAM]\n[END_PSEUDO_PROGRAM]"  # training only: a prompt that holds no spec

    def pseudo(self, spec: str, examples: Sequence[tuple[str, str]] = ()) -> str:
        """The pseudo-program of a spec and the user's (input, output) examples."""
        shown = "".join(_fill(self.pseudo_example, {"input": i, "output": o}) for i, o in examples)
        return _fill(
            self.pseudo_template, {"spec": spec, "examples": self.pseudo_examples_header + shown if shown else ""}
        )

    def encode(self, pseudo: str, spec: str = "") -> str:
        """What the encoder reads before its prefix tokens."""
        return _fill(self.encode_template, {"pseudo": pseudo, "spec": spec})

    def prefix(self, pseudo: str) -> str:
        """The interpreter's prompt up to the input."""
        return _fill(self.prompt_template.split(INPUT)[0], {"pseudo": pseudo})

    @property
    def suffix(self) -> str:
        """The interpreter's prompt after the (last) input."""
        return self.prompt_template.split(INPUT)[-1]

    def filled(self, text: str) -> str:
        """The interpreter's prompt from the input on; a template may show the input more than once."""
        return text.join(["", *self.prompt_template.split(INPUT)[1:]])

    @classmethod
    def of_options(cls, options: dict[str, Any]) -> Prompts:
        """The forms that a training run with these options (its `args`) uses."""
        return cls(prompt_template=TWICE) if options.get("input_twice") else cls()

    def metadata(self, prefix: str) -> dict[str, str]:
        """GGUF keys and values, `prefix` before each key."""
        named = {k: v for k, v in asdict(self).items() if k != "empty_pseudo"}
        return {prefix + k.replace("_", ".", 1): v for k, v in named.items()}

    @classmethod
    def from_metadata(cls, meta: dict[str, Any], prefix: str) -> Prompts:
        """The reverse of `metadata`."""
        keys = [f.name for f in fields(cls) if f.name != "empty_pseudo"]
        return cls(**{k: meta[prefix + k.replace("_", ".", 1)] for k in keys})
