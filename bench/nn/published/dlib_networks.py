"""dlib's residual networks and its gender network; their affine layers are in the convolutions."""

import torch
from torch import Tensor, nn
from torch.nn import functional

_MEAN = (122.782, 117.001, 104.298)  # of red, green and blue; input_rgb_image of dlib


class DlibInput(nn.Module):
    """Maps pictures in [-1, 1] to what dlib's networks get: bytes less the mean, over 256."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN).reshape(3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Of the same shape."""
        return ((x + 1) * 127.5 - self.mean) / 256


class _Block(nn.Module):
    """Two convolutions and a shortcut; zeros fill up whichever of them is smaller."""

    def __init__(self, n_in: int, n_out: int, *, down: bool) -> None:
        super().__init__()
        self.down = down
        first = nn.Conv2d(n_in, n_out, 3, 2) if down else nn.Conv2d(n_in, n_out, 3, padding=1)
        self.convolutions = nn.Sequential(first, nn.ReLU(), nn.Conv2d(n_out, n_out, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.convolutions(x)
        x = functional.avg_pool2d(x, 2) if self.down else x
        shape = [max(pair) for pair in zip(x.shape[1:], y.shape[1:], strict=True)]
        return functional.relu(_padded(x, shape) + _padded(y, shape))


class DlibResNet(nn.Module):
    """A residual network of dlib; `widths` of its blocks, of which those in `down` halve."""

    def __init__(
        self,
        stem: int,
        widths: tuple[int, ...],
        down: tuple[int, ...],
        n_outputs: int,
        *,
        bias: bool,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            DlibInput(), nn.Conv2d(3, stem, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2)
        )
        before = (stem, *widths)
        self.blocks = nn.Sequential(
            *(_Block(before[i], n, down=i in down) for i, n in enumerate(widths))
        )
        self.last = nn.Linear(widths[-1], n_outputs, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Embeddings or logits, (N, n_outputs)."""
        features = self.blocks(self.stem(x)).mean(dim=(2, 3))  # (N, widths[-1])
        outputs: Tensor = self.last(features)
        return outputs


class DlibGender(nn.Module):
    """Logits of female and male, (N, 2), of pictures (N, 3, 32, 32) in [-1, 1]."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [DlibInput()]
        for n_in, n_out in ((3, 32), (32, 64)):
            for width in (n_in, n_out):
                layers += [nn.Conv2d(width, n_out, 3, padding=1), nn.ReLU()]
            layers.append(nn.AvgPool2d(2))
        self.features = nn.Sequential(*layers, nn.Flatten())
        self.hidden = nn.Linear(64 * 8 * 8, 16)
        self.last = nn.Linear(16, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Logits, (N, 2)."""
        hidden = functional.relu(self.hidden(0.5 * self.features(x)))  # 0.5: its drop-out
        logits: Tensor = self.last(0.5 * hidden)
        return logits


def face_network() -> nn.Module:
    """Embeddings, (N, 128), of pictures (N, 3, 150, 150); pairs within 0.6 are of one person."""
    widths = (*[32] * 3, *[64] * 4, *[128] * 3, *[256] * 4)
    return DlibResNet(32, widths, (3, 7, 10, 13), 128, bias=False)


def age_network() -> nn.Module:
    """Logits of the years 0 to 80, (N, 81), of pictures (N, 3, 64, 64)."""
    return DlibResNet(64, (64, 128, 128, 256, 256), (1, 3), 81, bias=True)


def _padded(x: Tensor, shape: list[int]) -> Tensor:
    """With zeros after its channels, rows and columns, (N, *shape)."""
    (c, h, w), (n_channels, height, width) = x.shape[1:], shape
    return functional.pad(x, (0, width - w, 0, height - h, 0, n_channels - c))
