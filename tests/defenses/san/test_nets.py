"""The autoencoder against a rendition of the paper's table, written down a second time."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from bench.nn.state import restored, state_of
from defenses.san.nets import Autoencoder, published_state, scaled, strengthened

SHAPES = {  # of the authors' release, conv-autoencoder-e20.pkl
    "autoencoder.0.weight": (8, 4, 3, 3),
    "autoencoder.0.bias": (8,),
    "autoencoder.3.weight": (12, 8, 3, 3),
    "autoencoder.3.bias": (12,),
    "autoencoder.6.weight": (256, 12, 3, 3),
    "autoencoder.6.bias": (256,),
    "autoencoder.9.weight": (128, 256, 3, 3),
    "autoencoder.9.bias": (128,),
    "protocombiner.0.weight": (1, 131, 1, 1),
    "protocombiner.0.bias": (1,),
}


@pytest.fixture
def state():
    rng = np.random.default_rng(0)
    return {
        name: (rng.standard_normal(shape) * 0.1).astype(np.float32)
        for name, shape in SHAPES.items()
    }


@pytest.fixture
def inputs():
    rng = np.random.default_rng(1)
    return [torch.from_numpy(rng.random((2, c, 16, 16), np.float32)) for c in (1, 3, 3)]


def rendition(state, picture, own, other):
    """The network's answers, by functions."""
    weights = {name: torch.from_numpy(array) for name, array in state.items()}

    def block(x, number):
        x = functional.conv2d(
            x, weights[f"autoencoder.{number}.weight"], weights[f"autoencoder.{number}.bias"],
            padding=1,
        )  # fmt: skip
        return torch.where(x > 0, x, 0.01 * x)

    def halved(x):
        return (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4

    def doubled(x):
        return x.repeat_interleave(2, 2).repeat_interleave(2, 3)

    x = halved(block(torch.cat([picture, own], 1), 0))
    x = halved(block(x, 3))
    x = doubled(block(x, 6))
    x = doubled(block(x, 9))
    mix, bias = weights["protocombiner.0.weight"][0, :, 0, 0], weights["protocombiner.0.bias"]
    return [
        1 / (1 + torch.exp(-(torch.einsum("c,bchw->bhw", mix, torch.cat([x, p], 1)) + bias)))
        for p in (own, other)
    ]


def test_it_is_the_published_network(state, inputs):
    net = restored(Autoencoder(), published_state(state), "cpu")
    with torch.inference_mode():
        found = net(*inputs)
    for mine, theirs in zip(found, rendition(state, *inputs), strict=True):
        assert mine.shape == (2, 1, 16, 16)
        torch.testing.assert_close(mine[:, 0], theirs, atol=1e-6, rtol=1e-5)


def test_the_state_dict_has_the_published_names_and_shapes():
    found = state_of(Autoencoder())
    assert {name: array.shape for name, array in found.items()} == SHAPES
    assert sum(array.size for array in found.values()) == 324_248  # counted in facts.md


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("autoencoder.3.bias"), r"lacks \['autoencoder.3.bias'\]"),
        (lambda state: state.update(extra=np.zeros(1)), r"also has \['extra'\]"),
        (
            lambda state: state.update({"autoencoder.0.bias": np.zeros(9)}),
            r"autoencoder.0.bias is \(9,\), expected \(8,\)",
        ),
    ],
)
def test_another_state_dict_is_refused(state, change, message):
    change(state)
    with pytest.raises(ValueError, match=message):
        published_state(state)


def test_outputs_differ_by_a_pattern_that_no_picture_changes(state, inputs):
    """logit(OP) - logit(SM) = w . (P_OP - P_SM): what the fixed-pattern attack rests on."""
    net = restored(Autoencoder(), state, "cpu")
    picture, own, other = inputs
    with torch.inference_mode():
        both = [net(p, own[:1], other[:1]) for p in (picture[:1], picture[1:])]
    first, second = (torch.logit(moved) - torch.logit(same) for same, moved in both)
    torch.testing.assert_close(first, second, atol=1e-4, rtol=1e-3)
    mix = torch.from_numpy(state["protocombiner.0.weight"])[0, 128:, 0, 0]
    pattern = torch.einsum("c,chw->hw", mix, (other - own)[0])
    torch.testing.assert_close(first[0, 0], pattern, atol=1e-4, rtol=1e-3)


def test_it_can_start_as_the_fixed_pattern(inputs):
    picture, own, other = inputs
    kept, moved = Autoencoder(skip=True, pattern=2.0)(picture, own, other)
    luma = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    wanted = 2 * ((other - own) * luma).sum(1, keepdim=True)
    torch.testing.assert_close(torch.logit(moved) - torch.logit(kept), wanted, atol=1e-3, rtol=0)


def test_with_a_skip_the_picture_is_given_back_until_it_has_learned(inputs):
    picture, own, other = inputs
    for found in Autoencoder(skip=True)(picture, own, other):
        torch.testing.assert_close(found, picture, atol=2e-3, rtol=0)


def test_grey_is_luma():
    images = torch.tensor([100, 50, 200], dtype=torch.uint8).view(1, 3, 1, 1)
    assert float(scaled(images, 1)) * 255 == pytest.approx(29.9 + 29.35 + 22.8)
    assert (scaled(images, 3) * 255).flatten().tolist() == [100, 50, 200]


def test_strength_multiplies_the_change_of_the_logit():
    picture, moved = torch.tensor([0.5, 0.25]), torch.tensor([0.75, 0.5])
    twice = strengthened(picture, moved, 2)  # odds 1 -> 3 -> 9, and 1/3 -> 1 -> 3
    torch.testing.assert_close(twice, torch.tensor([0.9, 0.75]))
    torch.testing.assert_close(strengthened(picture, moved, 0), picture)
    assert strengthened(picture, moved, 1) is moved
