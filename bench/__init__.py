"""Unmask: what is left of a face de-identification defense's promise, under the best attack.

Everything that a notebook or a plugin needs is here and imported when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.api import Attacker as Attacker
    from bench.api import Classifier as Classifier
    from bench.api import Context as Context
    from bench.api import Dataset as Dataset
    from bench.api import Defense as Defense
    from bench.api import Described as Described
    from bench.api import Knowledge as Knowledge
    from bench.api import LatentDefense as LatentDefense
    from bench.api import Learned as Learned
    from bench.api import Matcher as Matcher
    from bench.api import Regressor as Regressor
    from bench.api import Threat as Threat
    from bench.api import field as field
    from bench.dataset import Collection as Collection
    from bench.faces import Faces as Faces
    from bench.faces import Release as Release
    from bench.faces import Sample as Sample
    from bench.faces import Target as Target
    from bench.faces import Weights as Weights
    from bench.notebook import Run as Run
    from bench.notebook import load_data as load_data
    from bench.notebook import plan as plan
    from bench.notebook import protect as protect
    from bench.notebook import read_records as read_records
    from bench.notebook import run as run
    from bench.outside import Outside as Outside
    from bench.registry import register as register

    __version__: str

_NAMES = {
    "bench.api": "Attacker Classifier Context Dataset Defense Described Knowledge "
    "LatentDefense Learned Matcher Regressor Threat field",
    "bench.dataset": "Collection",
    "bench.faces": "Faces Release Sample Target Weights",
    "bench.notebook": "Run load_data plan protect read_records run",
    "bench.outside": "Outside",
    "bench.registry": "register",
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}
__all__ = ["__version__", *_MODULE_OF]


if not TYPE_CHECKING:  # mypy would take every name

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from importlib.metadata import version

            return version("unmask-bench")
        if name not in _MODULE_OF:
            raise AttributeError(f"module 'bench' has no attribute {name!r}")
        return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
