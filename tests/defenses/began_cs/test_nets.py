"""Shapes at every size, and numbers of parameters counted by hand."""

import math

import pytest
import torch

from bench.api import Defense
from bench.nn.state import config_arrays
from bench.registry import make
from bench.spec import Spec
from defenses.began_cs.nets import Discriminator, Encoder, Generator, NetConfig

GREY = NetConfig(32, colours=1, labels=10, width=4, latent=6, hidden=5, split=0, official=0)


def n_parameters(net):
    return sum(p.numel() for p in net.parameters())


def conv(n_in, n_out):
    return n_out * (9 * n_in + 1)


@pytest.mark.parametrize("size_px", [32, 64, 128])
@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize("split", [0, 1])
@pytest.mark.parametrize("other", [{}, {"official": 1}])
def test_shapes_at_every_size(size_px, colours, split, other):
    config = GREY._replace(size_px=size_px, colours=colours, split=split, **other)
    made = Generator(config)(torch.zeros(2, 6), torch.zeros(2, 10))
    assert made.shape == (2, colours, size_px, size_px)
    code, rebuilt = Discriminator(config, rebuilds=True)(made)
    assert rebuilt.shape == made.shape
    assert code.whole.shape == (2, 16 if split else 6)
    assert (code.z.shape, code.labels.shape) == ((2, 6), (2, 10))
    assert Discriminator(config, rebuilds=False)(made)[1].shape == (2, 1)


def up(n_in, n_out):
    return n_out * (16 * n_in + 1)


def test_the_numbers_of_parameters():
    """Maps of 4, 8 and 16 px with 8, 8 and 4 channels; an encoder with 2, 2 and 4."""
    places = 8 * 4 * 4
    decoder = up(8, 8) + up(8, 4) + up(4, 1) + 2 * (8 + 8 + 4)  # and three norms
    assert n_parameters(Generator(GREY)) == (6 + 10 + 1) * places + decoder
    blocks = conv(1, 2) + conv(2, 2) + conv(2, 4) + 2 * (2 + 2 + 4)
    encoder = blocks + (4 * 4 * 4 + 1) * 6
    assert n_parameters(Encoder(6, GREY)) == encoder
    predictor = 5 * (4 * 4 * 4 + 1) + 10 * (5 + 1)
    discriminator = Discriminator(GREY, rebuilds=True)
    assert n_parameters(discriminator.predictor) == predictor
    assert n_parameters(discriminator) == encoder + (6 + 1) * places + decoder + predictor
    wider = GREY._replace(size_px=64)
    assert wider.widths == (2, 2, 4, 4)
    decoder = up(8, 8) + up(8, 4) + up(4, 4) + up(4, 1) + 2 * (8 + 8 + 4 + 4)
    assert n_parameters(Generator(wider)) == (6 + 10 + 1) * places + decoder


@pytest.mark.parametrize("preset", ["paper", "began_cs"])
def test_the_official_backbone_of_the_papers(preset):
    """Counted by the released code's layers, for grey pictures of 64 px and ten numbers of y."""
    config = make(Defense, Spec("began_cs", preset)).net_config(64)
    doubled = conv(256, 128) + conv(128, 128)
    decoder = 2 * conv(128, 128) + 3 * (256 * 129 + doubled) + conv(128, 1)
    generator, discriminator = Generator(config), Discriminator(config, rebuilds=True)
    assert n_parameters(generator) == (64 + 10 + 1) * 8192 + decoder == 2_337_665
    encoder = (
        conv(1, 128)
        + conv(128, 128) + conv(128, 256) + conv(256, 256)
        + conv(256, 256) + conv(256, 384) + conv(384, 384)
        + conv(384, 384) + conv(384, 512) + conv(512, 512)
        + 2 * conv(512, 512)
        + (512 * 8 * 8 + 1) * 64
    )  # fmt: skip
    assert n_parameters(discriminator.encoder) == encoder == 16_110_912
    assert n_parameters(discriminator.end) == (64 + 1) * 8192 + decoder == 2_255_745
    assert n_parameters(discriminator.predictor) == 64 * (64 + 1) + 10 * (64 + 1)
    for layer, limit in (
        (generator.decoder[0], math.sqrt(6 / (74 + 8192))),
        (discriminator.encoder.last, math.sqrt(6 / (512 * 64 + 64))),
        (discriminator.encoder.blocks[0], math.sqrt(6 / (9 * 129))),
    ):
        assert 0.95 * limit < layer.weight.abs().max() <= limit  # Glorot-uniform
        assert not layer.bias.any()


@pytest.mark.parametrize(
    ("preset", "size_px", "counts", "steps"),
    [  # the sides that they are made for
        ("quick", 32, (143_265, 23_664, 190_171), (80, 450, 200)),
        ("faces", 64, (634_883, 131_552, 794_358), (800, 1_700, 550)),
    ],
)
def test_our_presets_have_so_many_parameters_and_steps(preset, size_px, counts, steps):
    """Generator, encoder, discriminator; steps of the estimator, of rebuilding, adversarial."""
    fields = make(Defense, Spec("began_cs", preset))
    config = fields.net_config(size_px)
    discriminator = Discriminator(config, rebuilds=True)
    nets = (Generator(config), discriminator.encoder, discriminator)
    assert tuple(map(n_parameters, nets)) == counts
    assert (fields.estimator_steps, fields.rebuild, fields.steps) == steps


def test_a_split_code_is_noise_and_then_y():
    discriminator = Discriminator(GREY._replace(split=1), rebuilds=True)
    code = discriminator(torch.randn(3, 1, 32, 32))[0]
    assert code.whole.shape == (3, 6 + 10)
    assert torch.equal(code.whole, torch.cat([code.z, code.labels], dim=1))
    assert n_parameters(discriminator.predictor) == 0


def test_the_generator_uses_y():
    torch.manual_seed(0)
    generator, noise = Generator(GREY), torch.zeros(1, 6)
    plain = generator(noise, torch.zeros(1, 10))
    for i in range(10):
        assert (generator(noise, torch.eye(10)[i : i + 1]) - plain).abs().max() > 1e-4


def test_the_config_is_kept_with_the_weights():
    assert NetConfig.of(config_arrays(GREY)) == GREY
