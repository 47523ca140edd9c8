"""The resources that a plugin's methods may use besides their arguments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True, eq=False)
class Context:
    """Resources that a method may use besides its arguments.

    Attributes:
        row_rngs: one generator per picture, in the order of the faces. `protect` and `encode` draw
            from these only, so that a release depends on its own picture and nothing else.
        device: name of a torch device.
        log: takes a line of text.
        progress: takes the share done, 0..1.
        scratch: a folder for checkpoints, empty at first, kept until the stage ends.
        shape: (3, H, W) of the pictures that `render` makes; it sees none.
    """

    row_rngs: Sequence[np.random.Generator]
    device: str
    log: Callable[[str], None]
    progress: Callable[[float], None]
    scratch: Path
    training_rng: np.random.Generator | None = None
    shape: tuple[int, int, int] = (3, 0, 0)

    @property
    def rng(self) -> np.random.Generator:
        """The generator for training.

        Raises:
            RuntimeError: outside of `fit`: a stream shared by pictures links them to one another.
        """
        if self.training_rng is None:
            raise RuntimeError("context.rng is for fit; draw from context.row_rngs[i] instead")
        return self.training_rng
