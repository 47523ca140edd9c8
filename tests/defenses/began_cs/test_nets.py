"""Shapes at every size, and numbers of parameters counted by hand."""

import math

import pytest
import torch

from bench.api import Defense
from bench.nn.state import config_arrays
from bench.registry import make
from bench.spec import Spec
from defenses.began_cs.nets import Decoder, Discriminator, Encoder, Generator, NetConfig

GREY = NetConfig(
    32,
    colours=1,
    labels=10,
    width=4,
    latent=6,
    hidden=5,
    split=0,
    pooled=0,
    spare=0,
    linear=0,
    class_split=-1,
    official=0,
)


def n_parameters(net):
    return sum(p.numel() for p in net.parameters())


def conv(n_in, n_out):
    return n_out * (9 * n_in + 1)


@pytest.mark.parametrize("size_px", [32, 64, 128])
@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize("split", [0, 1])
@pytest.mark.parametrize("other", [{}, {"pooled": 1, "linear": 1}, {"official": 1}])
def test_shapes_at_every_size(size_px, colours, split, other):
    config = GREY._replace(size_px=size_px, colours=colours, split=split, **other)
    made = Generator(config)(torch.zeros(2, 6), torch.zeros(2, 10))
    assert made.shape == (2, colours, size_px, size_px)
    code, rebuilt = Discriminator(config, rebuilds=True)(made)
    assert rebuilt.shape == made.shape
    assert code.whole.shape == (2, 16 if split else 6)
    assert (code.z.shape, code.labels.shape) == ((2, 6), (2, 10))
    assert Discriminator(config, rebuilds=False)(made)[1].shape == (2, 1)


def test_the_numbers_of_parameters():
    """Maps of 8, 16 and 32 px with 12, 8 and 4 channels."""
    places = 12 * 8 * 8
    decoder = conv(12, 12) + conv(12, 8) + conv(8, 4) + conv(4, 1)
    assert n_parameters(Generator(GREY)) == (6 + 10 + 1) * places + decoder
    encoder = conv(1, 4) + conv(4, 4) + conv(4, 8) + conv(8, 12) + (places + 1) * 6
    assert n_parameters(Encoder(GREY)) == encoder
    pooled = conv(1, 32) + 2 * conv(32, 32) + 3 * 2 * 32 + (32 * 4 * 4 + 1) * 6
    assert n_parameters(Encoder(GREY._replace(pooled=1))) == pooled
    assert n_parameters(Encoder(GREY._replace(linear=1))) == encoder  # it does not learn
    read = Discriminator(GREY._replace(pooled=1), rebuilds=True).predictor
    assert n_parameters(read) == 5 * (32 * 4 * 4 + 1) + 10 * (5 + 1)
    predictor = 5 * (6 + 1) + 10 * (5 + 1)
    discriminator = Discriminator(GREY, rebuilds=True)
    assert n_parameters(discriminator) == encoder + (6 + 1) * places + decoder + predictor
    wider = GREY._replace(size_px=64)
    assert wider.widths == (4, 8, 12, 16)
    decoder = conv(16, 16) + conv(16, 12) + conv(12, 8) + conv(8, 4) + conv(4, 1)
    assert n_parameters(Generator(wider)) == (6 + 10 + 1) * 16 * 64 + decoder


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
        (generator.decoder.blocks[0], math.sqrt(6 / (74 + 8192))),
        (discriminator.encoder.last, math.sqrt(6 / (512 * 64 + 64))),
        (discriminator.encoder.blocks[0], math.sqrt(6 / (9 * 129))),
    ):
        assert 0.95 * limit < layer.weight.abs().max() <= limit  # Glorot-uniform
        assert not layer.bias.any()


def test_a_split_code_is_noise_and_then_y():
    discriminator = Discriminator(GREY._replace(split=1, spare=2), rebuilds=True)
    code = discriminator(torch.randn(3, 1, 32, 32))[0]
    assert code.whole.shape == (3, 6 + 10 + 2)
    assert torch.equal(code.whole[:, :16], torch.cat([code.z, code.labels], dim=1))
    assert n_parameters(discriminator.predictor) == 0


def test_the_generator_uses_y():
    torch.manual_seed(0)
    generator, noise = Generator(GREY), torch.zeros(1, 6)
    plain = generator(noise, torch.zeros(1, 10))
    for i in range(10):
        assert (generator(noise, torch.eye(10)[i : i + 1]) - plain).abs().max() > 1e-4


def test_the_z_of_a_class_has_its_covariance():
    generator = Generator(GREY._replace(class_split=9))
    noise, labels = torch.randn(3, 6), torch.randn(3, 10)
    assert torch.equal(generator.z_from_noise(noise, labels), noise)  # before it is set
    same, slope = torch.randn(2, 6, 6)
    generator.mix.copy_(torch.stack([same, slope]))
    for drawn, z, y in zip(generator.z_from_noise(noise, labels), noise, labels, strict=True):
        torch.testing.assert_close(drawn, z @ (same + y[9] * slope))
    assert Generator(GREY).z_from_noise(noise, labels) is noise


def test_a_linear_generator_is_what_it_is_set_to():
    generator = Generator(GREY._replace(linear=1))
    weight, bias = torch.randn(32 * 32, 6 + 10), torch.randn(32 * 32)
    generator.decoder.linear.weight.copy_(weight)
    generator.decoder.linear.bias.copy_(bias)
    noise, labels = torch.randn(2, 6), torch.randn(2, 10)
    wanted = torch.cat([noise, labels], dim=1) @ weight.T + bias
    torch.testing.assert_close(generator(noise, labels).flatten(1), wanted)


def test_the_config_is_kept_with_the_weights_also_under_its_names_in_0_1():
    weights = config_arrays(GREY)
    assert NetConfig.of(weights) == GREY
    old = {name.replace("config.", "form."): array for name, array in weights.items()}
    old["form.apart"] = old.pop("form.class_split")
    del old["form.official"]
    assert NetConfig.of(old) == GREY


def test_a_decoder_without_doublings_is_of_8_px():
    assert Decoder(3, GREY._replace(size_px=8))(torch.zeros(1, 3)).shape == (1, 1, 8, 8)
