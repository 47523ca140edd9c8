"""What cleaning removes, and what it leaves."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from bench.forensics.cleaning import cleaned


class Shift:
    """A generator whose two draws are known."""

    def __init__(self, down, right):
        self.drawn = (down, right)

    def uniform(self, low, high, size):
        assert (low, high, size) == (-0.5, 0.5, 2)
        return self.drawn


def rngs(n, seed=0):
    return [np.random.default_rng((seed, i)) for i in range(n)]


def smooth(n, side, rng):
    """Pictures that look like faces to a JPEG: smooth, with a little noise."""
    drawn = ndimage.gaussian_filter(rng.normal(size=(n, 3, side, side)), (0, 0, 4, 4))
    noise = rng.normal(0, 3, drawn.shape)
    return np.clip(128 + 50 * drawn / drawn.std() + noise, 0, 255).astype(np.uint8)


def test_a_picture_is_quantised_then_shifted_then_stored(rng):
    image = smooth(1, 20, rng)[0]
    levels = np.floor(image / 8.0) * 255 / 31
    for down, right in ((0.3, -0.4), (-0.2, 0.5), (0.0, 0.25)):
        expected = ndimage.shift(levels, (0, down, right), order=1, mode="nearest")
        file = BytesIO()
        whole = Image.fromarray(np.rint(expected).astype(np.uint8).transpose(1, 2, 0))
        whole.save(file, "JPEG", quality=75, subsampling=0)
        found = cleaned(image[None], [Shift(down, right)])[0]
        gap = found.transpose(1, 2, 0).astype(int) - np.asarray(Image.open(file))
        assert np.abs(gap).max() <= 8  # float32 may round one level of a pixel otherwise
        assert np.abs(gap).mean() < 0.5


def test_black_and_white_stay_and_a_face_stays_near(rng):
    ends = np.stack([np.zeros((3, 16, 16), np.uint8), np.full((3, 16, 16), 255, np.uint8)])
    assert np.array_equal(cleaned(ends, rngs(2)), ends)
    images = smooth(8, 32, rng)
    gap = cleaned(images, rngs(8)).astype(int) - images
    assert np.sqrt((gap**2.0).mean()) < 8


def test_the_three_lowest_bits_change_nothing(rng):
    images = rng.integers(0, 256, (6, 3, 16, 16)).astype(np.uint8)
    other = images & 0b11111000 | rng.integers(0, 8, images.shape).astype(np.uint8)
    assert np.array_equal(cleaned(images, rngs(6)), cleaned(other, rngs(6)))


def test_equal_pictures_are_shifted_each_on_its_own(rng):
    twice = smooth(1, 32, rng).repeat(2, axis=0)
    shown = cleaned(twice, rngs(2))
    assert not np.array_equal(shown[0], shown[1])
    assert np.array_equal(cleaned(twice[1:], rngs(2)[1:]), shown[1:])  # whoever comes with it


def hidden(images, bits, rng, how):
    """The pictures with a bit each that only a key tells, and what the key then reads."""
    places = rng.permutation(images[0].size)
    flat = images.reshape(len(images), -1).copy()
    match how:
        case "keyed low bits":  # of a third of the pixels, against a random sequence
            key = rng.integers(0, 2, 1000)
            flat[:, places[:1000]] = flat[:, places[:1000]] & 254 | (bits[:, None] ^ key)
            return flat, lambda seen: ((seen[:, places[:1000]] & 1) ^ key).mean(axis=1)
        case "parity of ten pixels":
            odd = flat[:, places[:10]].sum(axis=1) % 2
            flat[:, places[0]] ^= (odd ^ bits).astype(np.uint8)
            return flat, lambda seen: seen[:, places[:10]].sum(axis=1) % 2
        case "one-time pad":  # the lowest bit of one pixel, with a seed in four other pixels

            def pad(seen):
                seeds = seen[:, places[:4]].astype(np.int64)
                return np.array([np.random.default_rng(one).integers(0, 2) for one in seeds])

            flat[:, places[4]] = flat[:, places[4]] & 254 | (bits ^ pad(flat))
            return flat, lambda seen: (seen[:, places[4]] & 1) ^ pad(seen)
    raise ValueError(how)


def recovered(how, rng, n=300):
    """How many bits the key recovers from the pictures as they are, and from cleaned ones."""
    images, bits = smooth(n, 32, rng), rng.integers(0, 2, n).astype(np.uint8)
    flat, read = hidden(images, bits, rng, how)
    shown = cleaned(flat.reshape(images.shape), rngs(n)).reshape(n, -1)
    return [((read(seen) > 0.5) == bits).mean() for seen in (flat, shown)]


@pytest.mark.parametrize("how", ["keyed low bits", "parity of ten pixels", "one-time pad"])
def test_a_keyed_channel_is_gone(how, rng):
    plain, clean = recovered(how, rng)
    assert plain == 1
    assert abs(clean - 0.5) < 4 * 0.5 / np.sqrt(300)  # four standard deviations of a guess


def test_a_loud_pixel_and_a_faint_coarse_mask_survive(rng):
    """Known limits, which docs/truth.md states: cleaning keeps what an eye could see."""
    images, bits = smooth(400, 32, rng), rng.integers(0, 2, 400)
    loud = images.copy()
    loud[:, :, 5, 7] = 255 * bits[:, None]
    shown = cleaned(loud, rngs(400))[:, :, 5, 7].mean(axis=1)
    assert ((shown > 128) == bits).mean() > 0.95
    mask = 6 * np.random.default_rng(1).choice([-1, 1], (8, 8)).repeat(4, 0).repeat(4, 1)
    faint = np.clip(images + mask * (2 * bits - 1)[:, None, None, None], 0, 255).astype(np.uint8)
    seen = cleaned(faint, rngs(400)).mean(axis=1) - images.mean(axis=1)
    assert (((seen * mask).sum(axis=(1, 2)) > 0) == bits).mean() > 0.95
