"""The defender's own regressor, which estimates y, and the data that it learns from.

Source: ours, in place of the commercial Emotient SDK.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.api import Context, Weights
from bench.faces import LUMA, Images
from bench.nn.classifier import exact_outputs, outputs, to_device
from bench.nn.inputs import Augmentation, scaled
from bench.nn.state import restored
from bench.nn.training import Objective, Schedule, autocast, trained
from defenses.began_cs.labels import Scale
from defenses.began_cs.nets import AttributeNet, NetConfig
from defenses.began_cs.train_config import TrainConfig

VALID_SHARE = 0.15  # of the defender's pictures, for early stopping
AUGMENTATION = Augmentation(shift=0.06, light=0.2)


class TrainingSet(NamedTuple):
    """Pictures, uint8 (N, C, H, W), and standardised y, (N, D), nan where missing, on the device.

    `turned`, (D,): see Scale; None if pictures are not mirrored.
    """

    images: Tensor
    labels: Tensor
    turned: Tensor | None

    def batch(self, index: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The pictures and labels at `index`, half of them mirrored at random."""
        images, labels = self.images[index], self.labels[index]
        if self.turned is None:
            return images, labels
        mirror = (torch.rand(len(index), generator=generator) < 0.5).to(images.device)
        images = torch.where(mirror[:, None, None, None], images.flip(3), images)
        return images, torch.where(mirror[:, None], labels * self.turned, labels)


def in_colours(images: Images, colours: int) -> Images:
    """Pictures, (N, colours, H, W): in colour, or grey (luma)."""
    if colours == 3:
        return images
    grey = np.einsum("nchw,c->nhw", images.astype(np.float32), np.array(LUMA, np.float32))
    levels: Images = np.rint(grey).astype(np.uint8)
    return levels[:, None]  # (N, 1, H, W)


def noisy(images: Tensor, noise_std: float | Tensor, generator: torch.Generator) -> Tensor:
    """Pictures, (N, C, H, W), with noise.

    Source: Kaur, Cohen, Lipton, arXiv:1910.08640: gradients of networks trained with noise show
    the features that they use, so a generator that follows them draws these.
    """
    return images + (noise_std * torch.randn(images.shape, generator=generator)).to(images.device)


def varied(images: Tensor, noise_std: float, generator: torch.Generator) -> Tensor:
    """Pictures in [-1, 1], relit at random, each with noise of its own, up to `noise_std`."""
    images = AUGMENTATION.warp_and_relight(images, generator)
    if not noise_std:
        return images
    each = noise_std * torch.rand(len(images), 1, 1, 1, generator=generator)  # (N, 1, 1, 1)
    return noisy(images, each, generator)


def label_error(labels: Tensor, predicted: Tensor) -> Tensor:
    """L_MSE, averaged over the known labels; a missing one is nan."""
    known = ~labels.isnan()
    squares = (labels.nan_to_num() - predicted).square() * known
    return squares.sum() / known.sum().clamp(min=1)


class _LabelError(Objective):
    solved = 0.01

    def __init__(self, data: TrainingSet, train: Tensor, valid: Tensor, noise_std: float) -> None:
        self.data, self.train, self.valid, self.noise_std = data, train, valid, noise_std

    def loss(self, net: nn.Module, index: Tensor, generator: torch.Generator) -> Tensor:
        images, labels = self.data.batch(index, generator)
        moved = scaled(AUGMENTATION.shift_and_flip(images, generator))
        shown = varied(moved, self.noise_std, generator)
        with autocast(index.device):
            found = net(shown)  # (B, D)
        return label_error(labels, found.float())

    def valid_loss(self, net: nn.Module) -> float:
        found = outputs(net, self.data.images[self.valid], AUGMENTATION)
        return float(label_error(self.data.labels[self.valid], found))


def fitted(data: TrainingSet, config: TrainConfig, context: Context) -> Weights:
    """The state of an AttributeNet, with its learning curve (see `bench.nn.training.trained`)."""
    net_config = config.net_config(data.images.shape[-1])
    order = to_device(context.device, context.rng.permutation(len(data.images)))
    n_valid = max(1, round(VALID_SHARE * len(order)))
    return trained(
        lambda: AttributeNet(net_config),
        lambda: _LabelError(data, order[n_valid:], order[:n_valid], config.estimator_noise_std),
        Schedule(lr=4e-3, batch=48, steps=config.estimator_steps, rounds=3),
        context,
    )


def estimated(images: Images, weights: Weights, device: str) -> NDArray[np.float32]:
    """Estimates of y, (N, D), 0..1 (classes 0 or 1), by the defense's weights."""
    config = NetConfig.of(weights)
    net = restored(AttributeNet(config), weights, device, "estimator")
    shown = in_colours(images, config.colours)
    found = exact_outputs(lambda chunk: net(scaled(chunk)), device, shown)
    y = Scale.stored(weights).inverse(found.numpy())
    return np.where(weights["classes"] == 1, np.round(y), y)
