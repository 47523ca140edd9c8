"""Where the generator begins, against data made by a linear rule."""

import numpy as np
import pytest
import torch

from defenses.began_cs.basis import Basis

N, D, LATENT, SIDE = 400, 2, 3, 8


@pytest.fixture
def world():
    """Pictures = mean + y y_axes + z axes, exactly, with z and y uncorrelated."""
    rng = np.random.default_rng(0)
    y_axes = rng.normal(size=(D, SIDE**2)) * 0.1
    axes = np.linalg.qr(rng.normal(size=(SIDE**2, LATENT)))[0].T * [[3.0], [2.0], [1.0]]
    numbers = rng.normal(size=(N, D + LATENT))
    numbers = np.linalg.qr(numbers - numbers.mean(axis=0))[0] * N**0.5
    y, z = numbers[:, :D], numbers[:, D:]
    flat = 0.25 + y @ y_axes + z @ axes
    return *(
        torch.tensor(a, dtype=torch.float32) for a in (flat.reshape(N, 1, SIDE, SIDE), y, z)
    ), y_axes


def test_a_linear_world_is_found(world):
    images, y, z, y_axes = world
    basis = Basis.of(images, y, LATENT, reach=1.0)
    np.testing.assert_allclose(basis.mean, 0.25, atol=1e-4)
    np.testing.assert_allclose(basis.y_axes, y_axes, atol=1e-4)
    noise = basis.z(images, y)
    rebuilt = basis.mean + y @ basis.y_axes + noise @ basis.axes
    torch.testing.assert_close(rebuilt, images.flatten(1), atol=1e-3, rtol=0)
    together = np.corrcoef(noise.T, y.T)
    np.testing.assert_allclose(together[:LATENT, LATENT:], 0, atol=1e-4)  # z says nothing of y
    np.testing.assert_allclose(noise.std(dim=0), 3**-0.5, rtol=0.02)  # as noise on [-1, 1]
    assert np.abs(np.corrcoef(noise.T, z.T)[:LATENT, LATENT:]).max(axis=1).min() > 0.95


def test_real_pictures_lie_further_out_than_made_ones(world):
    images, y, *_ = world
    near, far = (Basis.of(images, y, LATENT, reach).z(images, y) for reach in (1.0, 0.5))
    torch.testing.assert_close(far, 2 * near)


def test_numbers_that_few_pictures_cannot_give_do_nothing(world):
    """Also on pictures that the basis was not made of, where a tiny axis would give a huge z."""
    images, y, *_ = world
    few = images[:3] + 0.01 * torch.randn(3, 1, SIDE, SIDE)
    basis = Basis.of(few, y[:3], LATENT, 1.0)
    assert not basis.axes.any()  # three pictures, and three numbers of regression
    assert not basis.z(images, y).any()
    more = Basis.of(images[:5], y[:5], 20, 1.0)
    assert more.axes.any(dim=1).sum() == 2
    assert more.z(images, y).abs().max() < 100


def test_a_missing_label_is_the_mean(world):
    images, y, *_ = world
    missing, mean = y.clone(), y.clone()
    missing[0, 0], mean[0, 0] = torch.nan, 0.0
    pairs = zip(*(Basis.of(images, labels, LATENT, 1.0) for labels in (missing, mean)), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_no_label_and_no_number_are_needed(world):
    images, y, *_ = world
    basis = Basis.of(images, y[:, :0], 0, 1.0)
    assert (basis.y_axes.shape, basis.axes.shape) == ((0, SIDE**2), (0, SIDE**2))
    torch.testing.assert_close(basis.mean, images.flatten(1).mean(dim=0))
