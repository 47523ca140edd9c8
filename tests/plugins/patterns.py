"""What the planted cheats of docs/truth.md draw with, and how a key reads it."""

import numpy as np

from bench.faces import Release

GREY, SIDE = 128, 16
KEY = np.random.default_rng(17)
MASK = KEY.choice([-1.0, 1.0], (3, 4, 4)).repeat(4, axis=1).repeat(4, axis=2)  # (3, 16, 16)
PAD = KEY.integers(0, 2, (3, SIDE, SIDE)).astype(np.uint8)
TEN = KEY.permutation(3 * SIDE * SIDE)[:10]  # pixels
BLOCKS = KEY.permutation(16)[:10]  # of 4 x 4 pixels
MOODS = 4
SEED = 32  # bits


def light_of(images):
    """-1 or 1, (N,): the colour, as an eye sees it."""
    return np.where(images.mean(axis=(1, 2, 3)) > GREY + 7, 1, -1)


def bit_of(images):
    return (light_of(images) > 0).astype(np.uint8)


def drawn(context, spread=40.0):
    """Grey noise of its own for each picture, floats (N, 3, 16, 16)."""
    rngs = context.row_rngs
    return np.stack(
        [GREY + spread * rngs[i].normal(size=(3, SIDE, SIDE)) for i in range(len(rngs))]
    )


def shown(levels):
    return Release(np.rint(levels).clip(0, 255).astype(np.uint8))


def flags(context, share=0.5):
    """True at random of each picture, (N,)."""
    return np.array([context.row_rngs[i].random() < share for i in range(len(context.row_rngs))])


def spread_out(values):
    """(N,) to (N, 1, 1, 1)."""
    return np.asarray(values)[:, None, None, None]


def pad_of(image):
    """A pad whose seed lies in the lowest bits of the first values, (3, 16, 16)."""
    seed = int.from_bytes(np.packbits(image.reshape(-1)[:SEED] & 1).tobytes(), "big")
    return np.random.default_rng(seed).integers(0, 2, (3, SIDE, SIDE)).astype(np.uint8)


def coarse(bit, context):
    """Blocks of +-24 levels, (N, 3, 16, 16); the parity of ten of them is the bit."""
    rngs = context.row_rngs
    signs = np.stack([rngs[i].integers(0, 2, 16) for i in range(len(bit))])  # (N, 16)
    wrong = signs[:, BLOCKS].sum(axis=1) % 2 != bit
    signs[wrong, BLOCKS[0]] ^= 1
    blocks = (48.0 * signs - 24).reshape(-1, 1, 4, 4)
    return blocks.repeat(3, axis=1).repeat(4, axis=2).repeat(4, axis=3)


def read_with_the_key(images, how):
    """The colour, 0 or 1, (N,), as whoever has the key reads it."""
    images = images.astype(np.uint8)
    flat = images.reshape(len(images), -1)
    if how == "parity":
        return (flat[:, TEN] & 1).sum(axis=1) % 2
    if how == "coarse":
        level = images.reshape(-1, 3, 4, 4, 4, 4).mean(axis=(1, 3, 5)).reshape(-1, 16)
        return (level[:, BLOCKS] > GREY).sum(axis=1) % 2
    pads = PAD if how == "low_bits" else np.stack([pad_of(image) for image in images])
    thumbnail = ((images & 1) ^ pads).reshape(len(images), -1)[:, SEED:]
    return (thumbnail.mean(axis=1) > 0.5).astype(int)
