"""The expression network of the package fer."""

import torch
from torch import Tensor, nn
from torch.nn import functional

_GREY = (0.299, 0.587, 0.114)  # of red, green and blue; ITU-R BT.601, as in OpenCV


class _Block(nn.Module):
    """Two separable convolutions, of which the largest values remain, beside a 1 x 1 shortcut."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            *_separable(n_in, n_out), nn.ReLU(), *_separable(n_out, n_out)
        )
        self.shortcut = nn.Sequential(nn.Conv2d(n_in, n_out, 1, 2, bias=False), _norm(n_out))

    def forward(self, x: Tensor) -> Tensor:
        odd = x.shape[-1] % 2  # TensorFlow's padding `same` begins before the picture if it is odd
        y = functional.max_pool2d(self.convolutions(x), 3, 2, padding=odd, ceil_mode=True)
        outputs: Tensor = y + self.shortcut(x)
        return outputs


class MiniXception(nn.Module):
    """Logits of seven expressions, (N, 7), of pictures (N, 3, 64, 64) in [-1, 1] made grey."""

    grey: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("grey", torch.tensor(_GREY).reshape(3, 1, 1), persistent=False)
        stem = [nn.Conv2d(1, 8, 3, bias=False), _norm(8), nn.ReLU()]
        self.stem = nn.Sequential(*stem, nn.Conv2d(8, 8, 3, bias=False), _norm(8), nn.ReLU())
        self.blocks = nn.Sequential(*(_Block(n, 2 * n) for n in (8, 16, 32, 64)))
        self.last = nn.Conv2d(128, 7, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits, (N, 7)."""
        x = (self.grey * x).sum(dim=1, keepdim=True)  # (N, 1, 64, 64)
        logits: Tensor = self.last(self.blocks(self.stem(x))).mean(dim=(2, 3))
        return logits


def _separable(n_in: int, n_out: int) -> tuple[nn.Module, nn.Module, nn.Module]:
    depthwise = nn.Conv2d(n_in, n_in, 3, padding=1, groups=n_in, bias=False)
    return depthwise, nn.Conv2d(n_in, n_out, 1, bias=False), _norm(n_out)


def _norm(width: int) -> nn.Module:
    return nn.BatchNorm2d(width, eps=1e-3)
