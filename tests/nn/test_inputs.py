"""Bytes become floats, and are moved, mirrored, warped and relit only where that was asked for."""

import numpy as np
import pytest
import torch

from bench.nn.inputs import Augmentation, scaled, side_of, unscaled


@pytest.fixture
def images():
    return torch.arange(2 * 3 * 8 * 8, dtype=torch.uint8).reshape(2, 3, 8, 8)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_bytes_span_minus_one_to_one_and_come_back():
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).repeat(1, 3, 1, 1)
    floats = scaled(levels)
    assert (floats.min(), floats.max()) == (-1, 1)
    assert torch.equal(unscaled(floats), levels)
    assert unscaled(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


def test_without_random_numbers_nothing_changes(images):
    changed = Augmentation(shift=0.5, flip=True, warp=0.3, light=0.3)(images, None)
    assert torch.equal(changed, scaled(images))


def test_codes_are_left_alone():
    codes = torch.randn(4, 5)
    assert Augmentation(shift=0.5, flip=True)(codes, torch.zeros(4, 3)) is codes


def test_a_mirrored_picture_is_mirrored_and_half_of_them_are():
    row = torch.arange(8, dtype=torch.uint8)
    images = row.repeat(400, 3, 8, 1)
    flips = Augmentation(flip=True)
    moved = flips.shift_and_flip(images, flips.draw_moves(len(images), generator()))
    mirrored = [torch.equal(picture[0, 0], row.flip(0)) for picture in moved]
    assert 0.4 < np.mean(mirrored) < 0.6
    assert all(m or torch.equal(p[0, 0], row) for m, p in zip(mirrored, moved, strict=True))


def test_moves_are_of_whole_pixels_within_the_shift_and_repeat_edges(images):
    shifts = Augmentation(shift=0.25)  # of 8 pixels: 2 at most
    moved = shifts.shift_and_flip(images, shifts.draw_moves(len(images), generator()))
    for before, after in zip(images, moved, strict=True):
        found = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if torch.equal(after, _moved(before, down, right))
        ]
        assert found


def _moved(picture, down, right):
    rows = (torch.arange(8) + down).clamp(0, 7)
    columns = (torch.arange(8) + right).clamp(0, 7)
    return picture[:, rows][:, :, columns]


def test_light_is_linear_in_each_picture_and_equal_over_its_pixels(images):
    before = scaled(images)
    light = Augmentation(light=0.4)
    after = light.warp_and_relight(before, light.draw_rest(len(before), generator()))
    for x, y in zip(before, after, strict=True):
        slope, offset = np.polyfit(x.flatten().numpy(), y.flatten().numpy(), 1)
        assert 0.6 <= slope <= 1.4
        assert abs(offset) <= 0.4
        np.testing.assert_allclose(y, slope * x + offset, atol=1e-5)


def test_equal_generators_change_alike_and_others_otherwise(images):
    augmentation = Augmentation(shift=0.2, flip=True, warp=0.1, light=0.2)
    first, again, other = (
        augmentation(images, augmentation.draw(len(images), generator(seed))) for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_pictures_of_another_size_are_refused_by_name():
    assert side_of(np.zeros((1, 3, 32, 32), np.uint8), (32, 64)) == 32
    with pytest.raises(ValueError, match=r"side of \(32, 64\) px, got 32x48"):
        side_of(np.zeros((1, 3, 32, 48), np.uint8), (32, 64))
