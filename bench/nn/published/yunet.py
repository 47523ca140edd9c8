"""YuNet, which finds faces and their landmarks."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)  # px of the three grids of anchors
_OUTPUTS = (1, 4, 1, 10)  # class, box, objectness, five points; in the order of the file


class _Unit(nn.Module):
    """A 1 x 1 convolution and a depthwise one."""

    def __init__(self, n_in: int, n_out: int, *, relu: bool = True) -> None:
        super().__init__()
        self.pointwise = nn.Conv2d(n_in, n_out, 1)
        self.depthwise = nn.Conv2d(n_out, n_out, 3, padding=1, groups=n_out)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.depthwise(self.pointwise(x))
        return functional.relu(y) if self.relu else y


class YuNet(nn.Module):
    """For each anchor: class and objectness (logits), box (4) and points (10); (N, A, 16).

    Of pictures (N, 3, H, W) in [-1, 1], H and W multiples of 32. Box and points are relative to the
    anchor, in strides; box sizes are logarithms. Anchors are ordered by stride, row and column.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.ReLU(), _Unit(16, 16))
        widths = ((16, 32), (32, 64), (64, 64), (64, 64), (64, 64))
        units = [nn.Sequential(_Unit(n_in, n_in), _Unit(n_in, n_out)) for n_in, n_out in widths]
        self.units = nn.ModuleList(units)
        self.laterals = nn.ModuleList(_Unit(64, 64) for _ in STRIDES)  # coarse to fine
        self.heads = nn.ModuleList(_Unit(64, n, relu=False) for n in _OUTPUTS for _ in STRIDES)

    def forward(self, x: Tensor) -> Tensor:
        """Outputs for each anchor, (N, A, 16): class, objectness, box, points."""
        y, levels = self.stem(127.5 * (x.flip(1) + 1)), []  # bytes; blue first
        for number, unit in enumerate(self.units):
            y = unit(y if number == 1 else functional.max_pool2d(y, 2))
            levels.append(y)
        y, merged = self.laterals[0](levels[-1]), []
        for lateral, level in zip(self.laterals[1:], levels[-2:1:-1], strict=True):
            merged.append(y)
            y = lateral(level + functional.interpolate(y, scale_factor=2.0))
        grids = [y, *reversed(merged)]  # fine to coarse
        kinds = [self._kind(grids, 3 * start) for start in range(len(_OUTPUTS))]
        return torch.cat([kinds[i] for i in (0, 2, 1, 3)], dim=2)

    def _kind(self, grids: list[Tensor], start: int) -> Tensor:
        """One kind of output of all anchors, (N, A, K)."""
        heads = self.heads[start : start + len(STRIDES)]
        outputs = [head(grid).flatten(2) for head, grid in zip(heads, grids, strict=True)]
        return torch.cat(outputs, dim=2).transpose(1, 2)


class Detection(NamedTuple):
    """The likeliest face of each picture."""

    score: Tensor  # (N,), 0..1
    points: Tensor  # (N, 5, 2): (x, y) in px of the input; left in the picture first


def best_faces(net: nn.Module, pictures: Tensor) -> Detection:
    """The face with the highest score, of pictures (N, 3, H, W) in [-1, 1].

    Source: FaceDetectorYNImpl in OpenCV's objdetect/src/face_detect.cpp: a score is the geometric
        mean of class and objectness.
    """
    outputs = net(pictures)
    anchors, strides = _anchors(pictures.shape[-2], pictures.shape[-1], pictures.device)
    score, best = outputs[..., :2].sigmoid().prod(dim=2).sqrt().max(dim=1)  # (N,)
    relative = outputs[torch.arange(len(best)), best, 6:].reshape(-1, 5, 2)
    return Detection(score, anchors[best, None] + relative * strides[best, None, None])


def _anchors(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Corners (x, y) of the anchors' cells in px, (A, 2), and their strides, (A,)."""
    corners, strides = [], []
    for stride in STRIDES:
        rows, columns = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        corner = torch.stack([columns.flatten(), rows.flatten()], dim=1) * stride
        corners.append(corner)
        strides.append(torch.full((len(corner),), stride))
    return torch.cat(corners).float().to(device), torch.cat(strides).float().to(device)
