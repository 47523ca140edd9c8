"""The pictures and random numbers that each step of training takes.

They are drawn on the CPU for a whole epoch and moved to the device together.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from bench.nn.inputs import Augmentation, scaled
from bench.nn.transfers import moved
from defenses.pprl_vgan.train_config import TrainConfig

AUGMENTATION = Augmentation(shift=0.06, flip=True)
OWN_SHARE = 0.5  # of a batch, if pictures of the own person are compared


class TrainingSet(NamedTuple):
    """Pictures, uint8 (N, 3, H, W), on the device; person and utility label, (N,), on the CPU."""

    images: Tensor
    person: Tensor
    utility: Tensor


class Drawn(NamedTuple):
    """What a step on n pictures takes, int64 (n,) unless stated; empty if it takes none."""

    picture: Tensor  # indices of the pictures, all different
    moves: Tensor  # of these pictures, float32 (n, 3); see Augmentation
    person: Tensor  # their own, or the person to show
    utility: Tensor  # their label
    made_moves: Tensor  # of generated pictures, float32 (n, 3)


Draws = Sequence[Callable[[], Drawn]]


class Sampler:
    """Draws pictures, their changes, and the people to show."""

    def __init__(self, data: TrainingSet, config: TrainConfig, rng: torch.Generator) -> None:
        self.data, self.config, self.rng = data, config, rng
        self.n_people = int(data.person.max()) + 1
        self.augmentation = AUGMENTATION if config.augment else Augmentation()

    def draw(self, *, shows: bool = False, moves: bool = False) -> Drawn:
        """On the CPU, for a step that shows people, and moves generated pictures."""
        index = torch.randperm(len(self.data.images), generator=self.rng)[: self.config.batch]
        own_moves, person = self._moves(len(index)), self.data.person[index]
        if shows:
            person = self.target(person)
        made_moves = self._moves(len(index)) if moves else own_moves[:0]
        return Drawn(index, own_moves, person, self.data.utility[index], made_moves)

    def target(self, own: Tensor) -> Tensor:
        """The people to show, (N,): the picture's own for the first `n_own`, then random ones."""
        n_own = self.n_own(len(own))
        person = torch.randint(0, self.n_people, (len(own),), generator=self.rng)
        return torch.cat([own[:n_own], person[n_own:]])

    def n_own(self, n: int) -> int:
        """How many of n pictures show their own person, and are compared with their sources."""
        return int(OWN_SHARE * n) if self.config.w_rebuild else 0

    def steps(self, draws: Draws, n: int) -> Iterator[tuple[Drawn, ...]]:
        """The results of `draws` for each of n steps, on the device."""
        drawn = [draw() for _ in range(n) for draw in draws]
        on_device = (Drawn(*parts) for parts in moved(drawn, self.data.images.device))
        return zip(*len(draws) * [on_device], strict=True)

    def pictures(self, drawn: Drawn) -> Tensor:
        """The pictures that were drawn, augmented, in [-1, 1]."""
        return scaled(self.augmented(self.data.images[drawn.picture], drawn.moves))

    def augmented(self, images: Tensor, moves: Tensor) -> Tensor:
        """The pictures shifted and mirrored; differentiable."""
        if not self.config.augment:
            return images
        shifted = self.augmentation.shift_and_flip(images, moves)
        return shifted.contiguous(memory_format=torch.channels_last)

    def _moves(self, n: int) -> Tensor:
        """The random numbers of `augmented`, (n, 3), or (n, 0)."""
        if not self.config.augment:
            return torch.zeros(n, 0)
        return self.augmentation.draw_moves(n, self.rng)
