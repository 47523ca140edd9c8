"""The resources that a plugin's methods may use besides their arguments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Original(NamedTuple):
    """The file of a picture, and where the picture lies in it (bench.data.image_files.Cut)."""

    path: Path
    box: NDArray[np.float64]


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
        draw: number of this release of the pictures, if there are several.
        originals: of the pictures, if the defense takes files and the data set has them.
        graphs: whether a GPU replays training steps (bench.nn.captured).
        show: takes sample pictures during `fit`, uint8 (rows, columns, 3, H, W), for people.
    """

    row_rngs: Sequence[np.random.Generator]
    device: str
    log: Callable[[str], None]
    progress: Callable[[float], None]
    scratch: Path
    training_rng: np.random.Generator | None = None
    shape: tuple[int, int, int] = (3, 0, 0)
    draw: int = 0
    originals: Sequence[Original] = ()
    graphs: bool = False
    show: Callable[[NDArray[np.uint8]], None] = lambda images: None

    @property
    def rng(self) -> np.random.Generator:
        """The generator for training.

        Raises:
            RuntimeError: outside of `fit`: a stream shared by pictures links them to one another.
        """
        if self.training_rng is None:
            raise RuntimeError("context.rng is for fit; draw from context.row_rngs[i] instead")
        return self.training_rng
