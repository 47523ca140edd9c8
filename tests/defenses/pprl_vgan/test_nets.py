"""Shapes at every size, and the released networks' numbers of parameters."""

import math

import pytest
import torch
from torch import nn

from bench.api import Defense
from bench.nn.state import config_arrays
from bench.registry import make
from bench.spec import Spec
from defenses.pprl_vgan.nets import Decoder, Discriminator, Encoder, NetConfig, networks

RELEASED = {  # facts: encoder, decoder, discriminator
    "ferg": (2_127_872, 2_335_619, 2_130_510),
    "mug": (3_808_928, 5_549_571, 3_812_080),
}


def config(preset="quick", size_px=64, n_people=6):
    return make(Defense, Spec("pprl_vgan", preset)).net_config(size_px, n_people, 7)


@pytest.mark.parametrize(("preset", "n_people"), [("ferg", 6), ("mug", 8)])
def test_the_released_networks_have_the_released_numbers_of_parameters(preset, n_people):
    nets = networks(config(preset, 64, n_people))
    counts = tuple(sum(p.numel() for p in net.parameters()) for net in nets)
    assert counts == RELEASED[preset]


@pytest.mark.parametrize(
    ("preset", "size_px", "counts", "steps"),
    [  # of eight people; the sides that they are made for
        ("quick", 32, (89_408, 88_355, 290_320), (676, 624)),
        ("faces", 64, (360_192, 406_275, 626_576), (1_536, 6_144)),
    ],
)
def test_our_presets_have_so_many_parameters_and_steps(preset, size_px, counts, steps):
    """Encoder, decoder, discriminator; steps with classes alone, and adversarial ones."""
    fields = make(Defense, Spec("pprl_vgan", preset))
    nets = networks(config(preset, size_px, 8))
    assert tuple(sum(p.numel() for p in net.parameters()) for net in nets) == counts
    epochs = (fields.warmup, fields.epochs)
    assert tuple(n * fields.iterations for n in epochs) == steps


@pytest.mark.parametrize("preset", ["ferg", "mug"])
def test_the_released_networks_start_as_in_keras(preset):
    torch.manual_seed(0)
    for net in networks(config(preset)):
        for name, weight in net.named_parameters():
            if weight.ndim > 1:
                fans = (weight.shape[0] + weight.shape[1]) * weight[0, 0].numel()
                wanted = math.sqrt(2 / fans)  # of uniform numbers up to sqrt(6 / fans)
                n = weight.numel()
                assert weight.std().item() == pytest.approx(wanted, rel=4 / math.sqrt(n)), name
            elif name.endswith("bias"):
                assert not weight.any()
        norms = [part for part in net.modules() if isinstance(part, nn.BatchNorm2d)]
        assert {(norm.eps, norm.momentum) for norm in norms} <= {(1e-3, 0.2)}


@pytest.mark.parametrize("preset", ["quick", "ferg", "mug"])
@pytest.mark.parametrize("size_px", [32, 64, 128])
def test_shapes_at_every_size(preset, size_px):
    wanted = config(preset, size_px)
    images = torch.zeros(2, 3, size_px, size_px)
    mean, logvar = Encoder(wanted).eval()(images)
    assert mean.shape == logvar.shape == (2, wanted.latent)
    made = Decoder(wanted).eval()(mean, torch.tensor([0, 5]))
    assert made.shape == images.shape
    assert made.abs().max() <= 1
    logits = Discriminator(wanted).eval()(made)
    assert [tuple(part.shape) for part in logits] == [(2,), (2, 6), (2, 7)]


def test_the_spread_is_fixed_and_the_slip_kept_behind_its_field():
    logvar = torch.tensor([[0.0, 1.0, -2.0]])
    right = Encoder(config()).spread(logvar)[0].tolist()
    assert right == pytest.approx([1.0, math.exp(0.5), math.exp(-1)])
    slip = Encoder(config()._replace(squared=1)).spread(logvar)[0].tolist()
    assert slip == pytest.approx([1.0, math.exp(0.5), math.exp(2)])


def test_the_released_log_variance_lies_between_0_and_1():
    images = 100 * torch.randn(4, 3, 64, 64)
    bounded = Encoder(config()._replace(bounded=1)).eval()(images)[1]
    assert 0 <= bounded.min() <= bounded.max() <= 1
    assert Encoder(config()).eval()(images)[1].abs().max() > 1


def test_the_config_is_kept_with_the_weights():
    wanted = config("mug", 128)
    assert NetConfig.of(config_arrays(wanted)) == wanted
    older = config_arrays(wanted)
    del older["config.released"]
    assert NetConfig.of(older) == wanted._replace(released=0)


def test_the_decoder_uses_the_person():
    torch.manual_seed(0)
    decoder = Decoder(config()).eval()
    first, second = decoder(torch.zeros(2, 32), torch.tensor([0, 1]))
    assert (first - second).abs().max() > 1e-3
