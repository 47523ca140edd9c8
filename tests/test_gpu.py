import numpy as np
import pytest
import torch

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine"),
]


def test_a_network_learns_and_answers_on_the_gpu():
    from bench.api import Context
    from bench.nn.backbones import ConvNet
    from bench.nn.classifier import Labelled, fitted, log_probs
    from bench.nn.inputs import Augmentation
    from bench.nn.state import restored
    from bench.nn.training import Schedule

    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 256)
    images = (rng.integers(0, 128, (256, 3, 32, 32)) + 100 * truth[:, None, None, None]) % 256
    data = Labelled(images.astype(np.uint8), truth)
    context = Context((), "cuda", print, lambda share: None, None, rng)
    prepare, schedule = Augmentation(0.05, flip=True), Schedule(1e-3, 64, 50, 2)
    weights = fitted(lambda: ConvNet(2, 32), data, data, prepare, schedule, context)
    net = restored(ConvNet(2, 32), weights, "cuda")
    assert (log_probs(net, data.inputs, prepare, "cuda").argmax(axis=1) == truth).mean() > 0.95
