"""The defender's own regressor, which sees y in a picture.

Source: ours, in the place of the commercial Emotient SDK.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.api import Context, Weights
from bench.faces import Images
from bench.nn.backbones import backbone
from bench.nn.classifier import on, outputs, shuffled
from bench.nn.inputs import Pictures, scaled
from bench.nn.state import restored
from bench.nn.training import Schedule, autocast, trained
from defenses.began_cs.labels import Pupils, Scale
from defenses.began_cs.losses import told

AT_ONCE = 256  # pictures
VALID_SHARE = 0.15  # of the defender's pictures, to stop by
CHANGES = Pictures(shift=0.06, light=0.2)  # of pictures while it trains


class _Told:
    """The objective: the squared error of all that is known of y."""

    solved = 0.01
    blank = False

    def __init__(self, pupils: Pupils, train: Tensor, valid: Tensor) -> None:
        self.pupils, self.train, self.valid = pupils, train, valid

    def parameters(self) -> Sequence[nn.Parameter]:
        return ()

    def batches(self, size: int, generator: torch.Generator) -> list[Tensor]:
        parts = shuffled(len(self.train), size, generator)
        return [self.train[part.to(self.train.device)] for part in parts]

    def loss(self, net: nn.Module, index: Tensor, generator: torch.Generator) -> Tensor:
        images, labels = self.pupils.batch(index, generator)
        with autocast(index.device):
            found = net(CHANGES(images, generator))  # (B, D)
        return told(labels, found.float())

    def valid_loss(self, net: nn.Module) -> float:
        found = outputs(net, self.pupils.images[self.valid], CHANGES)
        return float(told(self.pupils.labels[self.valid], found))


def fitted(name: str, pupils: Pupils, schedule: Schedule, context: Context) -> Weights:
    """The state of a network that says y, with its learning curve (see `trained`).

    Args:
        name: of bench.nn.backbones.
        pupils: pictures in colour, (N, 3, H, W).
        schedule: rates, batch size, when to stop.
        context: randomness and device.
    """
    order = on(context.device, context.rng.permutation(len(pupils.images)))
    n_valid = max(1, round(VALID_SHARE * len(order)))
    n_labels, size_px = pupils.labels.shape[1], pupils.images.shape[-1]
    return trained(
        lambda: backbone(name, n_labels, size_px),
        lambda: _Told(pupils, order[n_valid:], order[:n_valid]),
        schedule,
        context,
    )


def estimated(
    name: str, images: Images, scale: Scale, weights: Weights, device: str
) -> NDArray[np.float32]:
    """What y is in pictures, (N, D), 0..1; in float32, so that batches change nothing.

    Args:
        name: of the network.
        images: uint8, (N, 3, H, W).
        scale: of y.
        weights: of `fitted`.
        device: where it is computed.
    """
    net = restored(backbone(name, len(scale.mean), images.shape[-1]), weights, device)
    with torch.inference_mode():
        chunks = torch.split(on(device, images), AT_ONCE)
        found = [net(scaled(chunk)).cpu() for chunk in chunks]
    return scale.natural(torch.cat(found).numpy())
