"""A step of semi-adversarial training as published sizes ask for it, beside the plain loop."""

import numpy as np
import pytest
import timm
import torch
from torch import nn
from torch.nn import functional

from bench.faces import Faces
from bench.nn.backbones import DeepConvNet
from bench.nn.estimation import Split
from defenses.san.defense import SAN
from defenses.san.nets import Autoencoder
from defenses.san.prototypes import Prototypes, averages
from defenses.san.training import Batches, Frozen, SANObjective

SIZE, BATCH = 224, 8


@pytest.fixture(scope="module")
def nets():
    """A gender classifier and a matcher of the authors' size (VGG-16, 2622 numbers)."""
    torch.manual_seed(0)
    made = (DeepConvNet(2), timm.create_model("vgg16", num_classes=2622))
    return [net.eval().requires_grad_(False) for net in made]


@pytest.fixture(scope="module")
def faces():
    images = np.random.default_rng(0).integers(0, 256, (BATCH, 3, SIZE, SIZE)).astype(np.uint8)
    return Faces(images, {"gender": np.arange(BATCH) % 2}, np.arange(BATCH))


def test_a_step_at_224_px(benchmark, nets, faces):
    classifier, matcher = (net.to(memory_format=torch.channels_last) for net in nets)
    everything = np.arange(BATCH)
    three = torch.from_numpy(averages(faces.images, faces.labels["gender"]))
    split = Split(everything, everything)
    data = Batches(faces, split, Prototypes(three, None), SAN(), "cpu")
    objective = SANObjective(data, SAN(), Frozen([classifier], matcher))
    net = Autoencoder().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), foreach=True)
    index, generator = torch.arange(BATCH), torch.Generator()

    def step():
        optimizer.zero_grad(set_to_none=True)
        objective.loss(net, index, *objective.draw(BATCH, generator)).backward()
        optimizer.step()

    benchmark.extra_info["pictures"] = BATCH
    benchmark.pedantic(step, rounds=1)


def test_a_step_of_the_plain_loop(benchmark, nets, faces):
    """The published loop's work: fp32, the picture's features computed in each step."""
    classifier, matcher = (net.to(memory_format=torch.contiguous_format) for net in nets)
    net = Autoencoder()
    optimizer = torch.optim.Adam(net.parameters(), 2e-4)
    grey = torch.from_numpy(faces.images.mean(axis=1, keepdims=True) / 255).float()
    pair = torch.from_numpy(averages(faces.images, faces.labels["gender"]))
    gender = torch.from_numpy(faces.labels["gender"])

    def embedded(pictures):
        return functional.normalize(matcher(pictures.expand(-1, 3, -1, -1)))

    def step():
        own, other = net(grey, pair[gender], pair[1 - gender])
        said = [classifier(out.expand(-1, 3, -1, -1)) for out in (own, other)]
        loss = functional.cross_entropy(said[0], gender)
        loss = loss + functional.cross_entropy(said[1], 1 - gender)
        loss = loss + functional.l1_loss(own, grey)
        made, original = (embedded(own) + embedded(other)) / 2, embedded(grey).detach()
        loss = loss + 8 * nn.MSELoss(reduction="sum")(made, original)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    benchmark.extra_info["pictures"] = BATCH
    benchmark.pedantic(step, rounds=1)
