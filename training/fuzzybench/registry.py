"""What a family is and the table of all families.

A family is a function of a random generator that draws one set of parameters and returns a Task: the wordings that state them,
a function that makes cases, and a check of any case that is independent of the making where that can be done.
"""
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Callable, Optional

CATEGORIES = {"classification", "decision", "extraction", "logs", "matching", "policy", "repair", "rewrite", "routing", "structured"}
FAMILIES = {}


@dataclass
class Task:
    heads: list                 # >= 6 hand-written wordings of the task itself
    rules: list                 # groups of phrasings; every group is stated in every wording
    case: Callable              # (random) -> (input, output)
    check: Callable             # (input, output) -> truth
    choices: Optional[list] = None
    rare: set = field(default_factory=set)  # outputs to keep under a quarter (what stands for nothing found)
    example: bool = True        # may a wording hold an inline example


@dataclass(frozen=True)
class Family:
    name: str
    category: str
    make: Callable


def family(name, category):
    """Register make(random) -> Task under a name."""
    assert category in CATEGORIES, category

    def put(make):
        assert name not in FAMILIES, name
        FAMILIES[name] = Family(name, category, make)
        return make
    return put


def load():
    """Import every module of families and return the table, by name."""
    package = import_module(__package__ + ".families")
    for m in sorted(m.name for m in iter_modules(package.__path__)):
        import_module(f"{package.__name__}.{m}")
    return dict(sorted(FAMILIES.items()))
