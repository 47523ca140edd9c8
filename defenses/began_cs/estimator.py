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
from bench.nn.classifier import on, outputs, shuffled
from bench.nn.inputs import Pictures, scaled
from bench.nn.state import restored
from bench.nn.training import Schedule, autocast, trained
from defenses.began_cs.haze import hazed
from defenses.began_cs.labels import Pupils, Scale
from defenses.began_cs.losses import told
from defenses.began_cs.nets import Form, Regressor

AT_ONCE = 256  # pictures
VALID_SHARE = 0.15  # of the defender's pictures, to stop by
CHANGES = Pictures(shift=0.06, light=0.2)  # of pictures while it trains


def varied(images: Tensor, haze: float, generator: torch.Generator) -> Tensor:
    """Pictures in [-1, 1], (N, C, H, W), relit by chance and behind noise of chance spread."""
    return hazed(CHANGES.changed(images, generator), haze, generator, uneven=True)


class _Told:
    """The objective: the squared error of all that is known of y."""

    solved = 0.01
    blank = False

    def __init__(self, pupils: Pupils, train: Tensor, valid: Tensor, haze: float) -> None:
        self.pupils, self.train, self.valid, self.haze = pupils, train, valid, haze

    def parameters(self) -> Sequence[nn.Parameter]:
        return ()

    def batches(self, size: int, generator: torch.Generator) -> list[Tensor]:
        parts = shuffled(len(self.train), size, generator)
        return [self.train[part.to(self.train.device)] for part in parts]

    def loss(self, net: nn.Module, index: Tensor, generator: torch.Generator) -> Tensor:
        images, labels = self.pupils.batch(index, generator)
        shown = varied(scaled(CHANGES.moved(images, generator)), self.haze, generator)
        with autocast(index.device):
            found = net(shown)  # (B, D)
        return told(labels, found.float())

    def valid_loss(self, net: nn.Module) -> float:
        found = outputs(net, self.pupils.images[self.valid], CHANGES)
        return float(told(self.pupils.labels[self.valid], found))


def fitted(
    form: Form, pupils: Pupils, haze: float, schedule: Schedule, context: Context
) -> Weights:
    """The state of a Regressor, with its learning curve (see `trained`).

    Args:
        form: of the networks.
        pupils: pictures in the form's colours.
        haze: the largest spread of noise on what it learns from (see `hazed`).
        schedule: rates, batch size, when to stop.
        context: randomness and device.
    """
    order = on(context.device, context.rng.permutation(len(pupils.images)))
    n_valid = max(1, round(VALID_SHARE * len(order)))
    return trained(
        lambda: Regressor(form),
        lambda: _Told(pupils, order[n_valid:], order[:n_valid], haze),
        schedule,
        context,
    )


def estimated(
    form: Form, images: Images, scale: Scale, weights: Weights, device: str
) -> NDArray[np.float32]:
    """What y is in pictures, (N, D), 0..1; in float32, so that batches change nothing.

    Args:
        form: of the networks.
        images: uint8, in the form's colours, (N, C, H, W).
        scale: of y.
        weights: of `fitted`.
        device: where it is computed.
    """
    net = restored(Regressor(form), weights, device)
    with torch.inference_mode():
        chunks = torch.split(on(device, images), AT_ONCE)
        found = [net(scaled(chunk)).cpu() for chunk in chunks]
    return scale.natural(torch.cat(found).numpy())
