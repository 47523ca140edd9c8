"""Resources that an action may use besides its inputs."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from bench.api import Context
from bench.faces import Images

GRAPHS = "BENCH_GRAPHS"  # environment variable; 1: the processes of a run replay training steps


@dataclass(frozen=True)
class Worker:
    """What `Context` gets besides random generators; nothing of it enters a key."""

    device: str = "cpu"
    log: Callable[[str], None] = lambda line: None
    progress: Callable[[float], None] = lambda share: None
    scratch: Path = Path()
    graphs: bool = field(default_factory=lambda: os.environ.get(GRAPHS) == "1")
    show: Callable[[Images], None] = lambda images: None

    def training(self, rng: np.random.Generator) -> Context:
        """A context for `fit`."""
        context = self.protecting()
        return replace(context, training_rng=rng, graphs=self.graphs, show=self.show)

    def protecting(self, row_rngs: Sequence[np.random.Generator] = ()) -> Context:
        """A context for `protect` and `encode`; without generators, for `predict` and `load`."""
        return Context(row_rngs, self.device, self.log, self.progress, self.scratch)
