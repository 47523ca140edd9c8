"""The network that reads y off a picture, trained on the suite's own renders."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from bench.api import Context, Weights
from bench.data.synthetic.pictures import scenes
from bench.data.synthetic.render import draw
from bench.faces import Images
from bench.nn.classifier import exact_outputs, outputs, to_device
from bench.nn.inputs import Augmentation, scaled
from bench.nn.state import restored
from bench.nn.training import Objective, Schedule, autocast, trained
from defenses.surrogate_3d.numbers import GROUPS, NAMES, Y, numbers_of

PER_PERSON = 2  # renders of each person
VALID_SHARE = 0.1  # of the renders, for early stopping
FINEST_PX = 32  # side after the first convolution, so that larger pictures cost little more
AUGMENTATION = Augmentation(shift=0.03, light=0.1)
WEIGHTS = np.array([0.3 if n in GROUPS["shape"] else 1.0 for n in NAMES], np.float32)
TURNED = np.array([-1 if n in ("yaw", "roll", "light_x") else 1 for n in NAMES], np.float32)


class Regressor(nn.Sequential):
    """All numbers, standardised, (N, len(NAMES)), of pictures, (N, 3, size, size) in [-1, 1].

    Unlike a mean over positions, its dense layer knows where in the picture a part is.
    """

    def __init__(self, size_px: int) -> None:
        stride = max(1, size_px // FINEST_PX)
        layers: list[nn.Module] = []
        channels, side = 3, -(-size_px // stride)
        for width in (16, 32, 64):
            first = not layers
            conv = nn.Conv2d(channels, width, 3, stride if first else 1, padding=1, bias=False)
            layers += [conv, nn.BatchNorm2d(width), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
            channels, side = width, side // 2
        layers += [nn.Flatten(), nn.Linear(channels * side * side, 160), nn.ReLU(inplace=True)]
        super().__init__(*layers, nn.Linear(160, len(NAMES)))


class _Squares(Objective):
    solved = 0.01

    def __init__(self, images: Images, y: Y, device: str) -> None:
        self.images, self.y, self.weights, self.turned = (
            to_device(device, array) for array in (images, y, WEIGHTS, TURNED)
        )
        self.n_valid = PER_PERSON * max(1, round(VALID_SHARE * len(y) / PER_PERSON))
        self.train = torch.arange(self.n_valid, len(y))  # other people

    def draw(self, n: int, generator: torch.Generator) -> Sequence[Tensor]:
        return AUGMENTATION.draw(n, generator), torch.rand(n, 1, generator=generator)

    def loss(self, net: nn.Module, index: Tensor, *drawn: Tensor) -> Tensor:
        moves, mirrored = drawn[0], drawn[1] < 0.5  # (B, D), (B, 1)
        images, y = self.images[index], self.y[index]
        images = torch.where(mirrored[..., None, None], images.flip(-1), images)
        with autocast(index.device):
            found = net(AUGMENTATION(images, moves))
        return self._error(found.float(), torch.where(mirrored, y * self.turned, y))

    def valid_loss(self, net: nn.Module) -> float:
        found = outputs(net, self.images[: self.n_valid], AUGMENTATION)
        return float(self._error(found, self.y[: self.n_valid]))

    def _error(self, found: Tensor, y: Tensor) -> Tensor:
        return (self.weights * (found - y).square()).mean()


def fitted(size_px: int, renders: int, schedule: Schedule, context: Context) -> Weights:
    """The state of a Regressor, its learning curve, and `mean` and `spread` of y, (D,)."""
    seed = int(context.rng.integers(2**31))  # of people whom no data set shows
    drawn = scenes(renders // PER_PERSON, 1, PER_PERSON, seed, style=True)
    y = numbers_of(drawn)
    mean = np.where(TURNED < 0, np.float32(0.5), y.mean(axis=0))
    spread = np.sqrt(np.square(y - mean).mean(axis=0))
    images = draw(drawn, size_px)
    state = trained(
        lambda: Regressor(size_px),
        lambda: _Squares(images, (y - mean) / spread, context.device),
        schedule,
        context,
    )
    return {**state, "mean": mean, "spread": spread}


def read(images: Images, weights: Weights, device: str) -> Y:
    """All numbers of pictures, (N, len(NAMES)), 0..1."""
    net = restored(Regressor(images.shape[-1]), weights, device)
    found = exact_outputs(lambda chunk: net(scaled(chunk)), device, images).numpy()
    y: Y = (found * weights["spread"] + weights["mean"]).clip(0, 1)
    return y
