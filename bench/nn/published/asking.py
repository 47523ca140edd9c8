"""What installed published networks say of pictures."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from bench.faces import Images
from bench.nn.published import networks
from bench.nn.published.catalogue import JUDGES
from bench.nn.published.geometry import crop
from bench.nn.published.yunet import best_faces
from bench.nn.state import restored

LEAST = 0.9  # score of a face, as in OpenCV; it finds 99.3 % of LFW, and 0.6 finds all
_BATCH = 8  # twice as fast as 40, on a CPU

Floats = NDArray[np.float32]


class Found(NamedTuple):
    """The likeliest face of each picture."""

    found: NDArray[np.bool_]  # (N,)
    points: Floats  # (N, 5, 2): (x, y) in fractions of width and height


def detect(images: Images, device: str) -> Found:
    """Eyes, nose and corners of the mouth in pictures, uint8 (N, 3, H, W), by YuNet.

    Left in the picture comes first. A picture without a face has points as well: those of what
    resembles one most.

    Raises:
        FileNotFoundError: if YuNet is not installed.
    """
    net = restored(networks.network("yunet"), networks.state("yunet"), device)
    px = JUDGES["yunet"].input_px
    scores, points = [], []
    with torch.inference_mode():
        for _, x in _batches(images, device):
            x = functional.interpolate(x, (px, px), mode="bilinear", antialias=True)
            best = best_faces(net, x)
            scores.append(best.score)
            points.append((best.points + 0.5) / px)  # from middles of pixels to edges
    return Found((torch.cat(scores) >= LEAST).cpu().numpy(), torch.cat(points).cpu().numpy())


def outputs(name: str, images: Images, points: Floats, device: str) -> Floats:
    """Embeddings or logits, (N, n_outputs), of faces in pictures, uint8 (N, 3, H, W).

    `points`, (N, 5, 2), are as `detect` gives them.

    Raises:
        FileNotFoundError: if the judge is not installed.
    """
    net = restored(networks.network(name), networks.state(name), device)
    with torch.inference_mode():
        found = [
            net(crop(x, torch.from_numpy(points[part]).to(x), JUDGES[name]))
            for part, x in _batches(images, device)
        ]
    return torch.cat(found).cpu().numpy()


def _batches(images: Images, device: str) -> Iterator[tuple[slice, Tensor]]:
    """Places of the pictures, and the pictures in [-1, 1]."""
    for start in range(0, len(images), _BATCH):
        part = slice(start, start + _BATCH)
        yield part, torch.from_numpy(np.array(images[part])).to(device) / 127.5 - 1
