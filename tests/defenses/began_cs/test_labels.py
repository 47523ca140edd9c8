"""y: read from labels, scaled, mirrored."""

import numpy as np
import pytest
import torch

from defenses.began_cs.labels import Scale, vectors
from defenses.began_cs.sampling import TrainingSet

NAN = float("nan")


def test_labels_become_numbers_and_missing_ones_nan():
    labels = {"yaw": np.array([0.2, NAN, 1.0], np.float32), "gender": np.array([1, 0, -1])}
    found = vectors(labels, ("gender", "yaw"))
    np.testing.assert_array_equal(found, np.array([[1, 0.2], [0, NAN], [NAN, 1]], np.float32))


@pytest.mark.parametrize("label", [np.array([0, 2]), np.array([-0.5, 0.5], np.float32)])
def test_a_label_of_another_range_is_refused(label):
    with pytest.raises(ValueError, match=r"0\.\.1 or two classes, got smile"):
        vectors({"smile": label}, ("smile",))


def test_what_networks_take_has_mean_0_and_spread_1_and_comes_back():
    rng = np.random.default_rng(0)
    y = rng.random((50, 3)).astype(np.float32)
    y[:, 2] = 0.25  # constant
    y[0, 0] = NAN
    scale = Scale.of(y, np.array([False, False, False]))
    numbers = scale.standard(y)
    np.testing.assert_allclose(np.nanmean(numbers, axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(np.nanstd(numbers, axis=0), [1, 1, 0], atol=1e-6)
    np.testing.assert_allclose(scale.inverse(numbers), y, atol=1e-6)
    assert scale.inverse(np.full((1, 3), 9, np.float32)).tolist() == [[1, 1, 1]]
    assert all((a == b).all() for a, b in zip(Scale.stored(scale.arrays), scale, strict=True))


def test_not_standardised_y_keeps_the_differences_of_0_to_1():
    y = np.random.default_rng(0).random((50, 2)).astype(np.float32)
    scale = Scale.of(y, np.array([False, True]), standardize=False)
    numbers = scale.standard(y)
    np.testing.assert_allclose(numbers[:, None] - numbers, y[:, None] - y, atol=1e-6)
    np.testing.assert_allclose(scale.standard(1 - y)[:, 1], -numbers[:, 1], atol=1e-6)  # mirrored
    np.testing.assert_allclose(scale.inverse(numbers), y, atol=1e-6)


def test_a_mirrored_picture_has_one_minus_y():
    y = np.array([[0.9, 0.3], [0.6, 0.8]], np.float32)
    scale = Scale.of(y, np.array([True, False]))
    images = torch.arange(2 * 4, dtype=torch.uint8).view(2, 1, 1, 4)
    standard = torch.from_numpy(scale.standard(y))
    data = TrainingSet(images, standard, torch.from_numpy(scale.turned))
    generator, seen = torch.Generator().manual_seed(0), set()
    for _ in range(8):
        shown, labels = data.batch(torch.tensor([0, 1]), data.draw(2, generator))
        for i in range(2):
            mirrored = bool((shown[i, 0, 0] == images[i, 0, 0].flip(0)).all())
            wanted = [1 - y[i, 0] if mirrored else y[i, 0], y[i, 1]]
            np.testing.assert_allclose(scale.inverse(labels[i].numpy()), wanted, atol=1e-6)
            seen.add(mirrored)
    assert seen == {True, False}
    still = TrainingSet(images, standard, None)
    shown = still.batch(torch.tensor([1]), still.draw(1, generator))
    assert torch.equal(shown[0], images[1:])
