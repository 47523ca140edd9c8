"""VGG-Face, the matcher of the SAN authors, and the layouts in which it is published."""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.api import Weights
from bench.faces import LUMA, Array

SIDE_PX, WIDTH = 224, 2622  # of the input; of the last layer, one output per celebrity
MEAN = (129.186279, 104.762382, 93.593964)  # of red, green and blue, 0..255; vgg_face_dag.py
_WIDTHS = (64, 64, 0, 128, 128, 0, *(256, 256, 256, 0), *2 * (512, 512, 512, 0))  # 0: max-pooling
_CORRECTION = "correction"  # the authors' array, which is not in their state dict


class VGGFace(nn.Module):
    """VGG-16 for faces: outputs, (N, n_outputs), of pictures in [-1, 1], (N, 3, 224, 224).

    The mean picture is subtracted after the first convolution, as the SAN authors do; layers are
    named as theirs.

    Source: Parkhi, Vedaldi, Zisserman, Deep Face Recognition, BMVC 2015; vggface.py of SAN.
    Differs from it: no dropout, as when it is asked.
    """

    def __init__(self, n_outputs: int = WIDTH) -> None:
        super().__init__()
        layers, channels = [], 3
        for width in _WIDTHS:
            if width:
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(inplace=True)]
                channels = width
            else:
                layers += [nn.MaxPool2d(2)]
        for n_out, kernel in ((4096, 7), (4096, 1)):  # dense layers
            layers += [nn.Conv2d(channels, n_out, kernel), nn.ReLU(inplace=True)]
            channels = n_out
        self.features = nn.Sequential(*layers, nn.Conv2d(channels, n_outputs, 1))
        self.register_buffer(_CORRECTION, torch.zeros(64, SIDE_PX, SIDE_PX))

    def forward(self, x: Tensor) -> Tensor:
        """The outputs of pictures in [-1, 1]."""
        first: Tensor = self.features[0]((x + 1) / 2) - self.correction
        return self.features[1:](first).flatten(1)  # type: ignore[no-any-return]


def vggface_state(state: Weights) -> Weights:
    """The state of `VGGFace` from a published one.

    Layouts: `vgg_face_dag.pth` (names such as `conv1_1` and `fc8`; red, green and blue, 0..255
    minus the mean); `vggface.pt-adj-255.pkl` of SAN (one channel, 0..1), to which the array of
    `vgg_gray_corr_ptch.npz` was added as `correction`.

    Raises:
        ValueError: if `correction` or a layer is missing, or has another size.
    """
    if "fc8.weight" in state:
        return _of_dag(state)
    if _CORRECTION not in state:
        raise ValueError(
            "expected VGG-Face of SAN with its array `correction`, got none; add "
            "np.load('vgg_gray_corr_ptch.npz')['arr'] to the state dict as a tensor"
        )
    luma = np.array(LUMA, np.float32)[:, None, None]
    grey = _shaped(state, "features.0.weight", (64, 1, 3, 3))
    first = np.asarray(grey, np.float32) * luma  # (64, 3, 3, 3)
    array = _shaped(state, _CORRECTION, (64, SIDE_PX, SIDE_PX))
    return {**state, "features.0.weight": first, _CORRECTION: array}


def _shaped(state: Weights, name: str, shape: tuple[int, ...]) -> Array:
    """An array in its shape, whatever shape of the same size it is published in."""
    got = state[name].shape if name in state else None
    if got is None or math.prod(got) != math.prod(shape):
        raise ValueError(
            f"not VGG-Face: expected {name} of {shape}, got {got or 'none'}; use the file as "
            "published"
        )
    return state[name].reshape(shape)


def _of_dag(state: Weights) -> Weights:
    """Names by number; dense layers as convolutions; pictures in 0..1, without a mean."""
    names = [name.removesuffix(".weight") for name in state if name.endswith(".weight")]
    with torch.device("meta"):
        layers = [(i, m) for i, m in enumerate(VGGFace().features) if isinstance(m, nn.Conv2d)]
    if len(names) != len(layers) or {f"{name}.bias" for name in names} != set(state) - {
        f"{name}.weight" for name in names
    }:
        raise ValueError(f"expected weight and bias of {len(layers)} layers, got {sorted(state)}")
    found = {}
    for (number, layer), name in zip(layers, names, strict=True):
        weight = _shaped(state, f"{name}.weight", tuple(layer.weight.shape))
        found[f"features.{number}.weight"] = weight
        found[f"features.{number}.bias"] = np.asarray(state[f"{name}.bias"])
    first = torch.from_numpy(found["features.0.weight"])
    mean = torch.tensor(MEAN)[:, None, None].expand(1, 3, SIDE_PX, SIDE_PX)
    correction = functional.conv2d(mean, first, padding=1)[0]  # (64, 224, 224); less at the edges
    return {
        **found,
        "features.0.weight": 255 * found["features.0.weight"],
        _CORRECTION: correction.numpy(),
    }
