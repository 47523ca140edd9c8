"""Resources that an action may use besides its inputs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.api import Context


@dataclass(frozen=True)
class Worker:
    """What `Context` gets besides random generators; nothing of it enters a key."""

    device: str = "cpu"
    log: Callable[[str], None] = lambda line: None
    progress: Callable[[float], None] = lambda share: None
    scratch: Path = Path()

    def training(self, rng: np.random.Generator) -> Context:
        """A context for `fit`."""
        return Context((), self.device, self.log, self.progress, self.scratch, rng)

    def protecting(self, row_rngs: Sequence[np.random.Generator] = ()) -> Context:
        """A context for `protect` and `encode`; without generators, for `predict` and `load`."""
        return Context(row_rngs, self.device, self.log, self.progress, self.scratch)
