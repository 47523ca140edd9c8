"""y: read from labels, and scaled."""

import numpy as np
import pytest

from defenses.began_cs.labels import Scale, vectors

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
    scale = Scale.of(y)
    numbers = scale.standard(y)
    np.testing.assert_allclose(np.nanmean(numbers, axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(np.nanstd(numbers, axis=0), [1, 1, 0], atol=1e-6)
    np.testing.assert_allclose(scale.inverse(numbers), y, atol=1e-6)
    assert scale.inverse(np.full((1, 3), 9, np.float32)).tolist() == [[1, 1, 1]]
    assert all((a == b).all() for a, b in zip(Scale.stored(scale.arrays), scale, strict=True))


def test_not_standardised_y_keeps_the_differences_of_0_to_1():
    y = np.random.default_rng(0).random((50, 2)).astype(np.float32)
    scale = Scale.of(y, standardize=False)
    numbers = scale.standard(y)
    np.testing.assert_allclose(numbers[:, None] - numbers, y[:, None] - y, atol=1e-6)
    np.testing.assert_allclose(scale.inverse(numbers), y, atol=1e-6)
