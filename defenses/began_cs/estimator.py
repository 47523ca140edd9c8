"""The defender's own regressor, which estimates y.

Source: ours, in place of the commercial Emotient SDK.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.api import Context, Weights
from bench.faces import LUMA, Images
from bench.nn.classifier import exact_outputs, outputs
from bench.nn.guide import Guide
from bench.nn.inputs import scaled
from bench.nn.state import restored
from bench.nn.training import Objective, Schedule, autocast, trained
from defenses.began_cs.labels import Scale
from defenses.began_cs.nets import NetConfig
from defenses.began_cs.sampling import AUGMENTATION, TrainingSet
from defenses.began_cs.train_config import TrainConfig

VALID_SHARE = 0.15  # of the defender's pictures, for early stopping


def in_colours(images: Images, colours: int) -> Images:
    """Pictures, (N, colours, H, W): in colour, or grey (luma)."""
    if colours == 3:
        return images
    grey = np.einsum("nchw,c->nhw", images.astype(np.float32), np.array(LUMA, np.float32))
    levels: Images = np.rint(grey).astype(np.uint8)
    return levels[:, None]  # (N, 1, H, W)


def label_error(labels: Tensor, predicted: Tensor) -> Tensor:
    """L_MSE, averaged over the known labels; a missing one is nan."""
    known = ~labels.isnan()
    squares = (labels.nan_to_num() - predicted).square() * known
    return squares.sum() / known.sum().clamp(min=1)


class _LabelError(Objective):
    solved = 0.01

    def __init__(self, data: TrainingSet, train: Tensor, valid: Tensor) -> None:
        self.data, self.train, self.valid = data, train, valid

    def draw(self, n: int, generator: torch.Generator) -> Sequence[Tensor]:
        """Their moves and light (bench.nn.inputs.Augmentation)."""
        return (AUGMENTATION.draw(n, generator),)

    def loss(self, net: nn.Module, index: Tensor, *drawn: Tensor) -> Tensor:
        with autocast(index.device):
            found = net(AUGMENTATION(self.data.images[index], *drawn))  # (B, D)
        return label_error(self.data.labels[index], found.float())

    def valid_loss(self, net: nn.Module) -> float:
        found = outputs(net, self.data.images[self.valid], AUGMENTATION)
        return float(label_error(self.data.labels[self.valid], found))


def fitted(data: TrainingSet, config: TrainConfig, context: Context) -> Weights:
    """The state of a Guide, with its learning curve (see `bench.nn.training.trained`)."""
    net_config = config.net_config(data.images.shape[-1])
    order = torch.from_numpy(context.rng.permutation(len(data.images)))
    n_valid = max(1, round(VALID_SHARE * len(order)))
    valid, train = order[:n_valid].to(context.device), order[n_valid:]

    def objective() -> _LabelError:
        made = _LabelError(data, train, valid)
        if not config.standardize:
            made.solved /= 10  # which is about y's variance
        return made

    return trained(
        lambda: Guide(net_config.labels, net_config.size_px),
        objective,
        Schedule(lr=4e-3, batch=48, steps=config.estimator_steps, rounds=3),
        context,
    )


def estimated(images: Images, weights: Weights, device: str) -> NDArray[np.float32]:
    """Estimates of y, (N, D), 0..1 (classes 0 or 1), by the defense's weights."""
    config = NetConfig.of(weights)
    net = restored(Guide(config.labels, config.size_px), weights, device, "estimator")
    shown = in_colours(images, config.colours)
    found = exact_outputs(lambda chunk: net(scaled(chunk)), device, shown)
    y = Scale.stored(weights).inverse(found.numpy())
    return np.where(weights["classes"] == 1, np.round(y), y)
