"""A network that predicts a number."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Knowledge, Regressor, Weights, field
from bench.faces import Sample
from bench.nn.attacker import PictureAttacker
from bench.nn.state import restored
from bench.registry import register


@register("regression")
@dataclass(frozen=True)
class Regression(PictureAttacker, Regressor):
    """Trains a network by squared error, on numbers such as head pose and action units.

    A mirrored picture has another yaw, so pictures are mirrored only with `flip=true`.

    Source: ours; the network is that of Chen, Konrad, Ishwar, CVPR-W 2018 [chen2018pprl], by
        default.
    """

    evidence = "network"

    flip: bool = field(False, about="mirror half of the training pictures")

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The network's state, its learning curve, and the mean and scale of the truth."""
        from bench.nn.backbones import backbone
        from bench.nn.classifier import Labelled, fitted

        name, size_px = knowledge.target.name, knowledge.train.inputs.shape[-1]
        truth = np.asarray(knowledge.train.labels[name], np.float32)
        mean, scale = truth.mean(), truth.std() + np.float32(1e-6)
        train, valid = (
            Labelled(part.inputs, (part.labels[name] - mean) / scale)
            for part in (knowledge.train, knowledge.valid)
        )
        build, start = partial(backbone, self.backbone, 1, size_px), knowledge.start
        weights = fitted(build, train, valid, self.prepare, self.schedule, context, start)
        return {**weights, "truth.mean": mean[None], "truth.scale": scale[None]}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Numbers, (N,)."""
        from bench.nn.backbones import backbone
        from bench.nn.classifier import outputs, to_device

        net = restored(backbone(self.backbone, 1, sample.inputs.shape[-1]), weights, context.device)
        inputs = to_device(context.device, sample.inputs)
        found = outputs(net, inputs, self.prepare)[:, 0].cpu().numpy()
        return np.asarray(found * weights["truth.scale"] + weights["truth.mean"], np.float32)
