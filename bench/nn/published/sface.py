"""SFace's network."""

from torch import Tensor, nn

_WIDTHS = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
_HALVING = (1, 3, 5, 11)  # blocks that halve the picture


class SFace(nn.Module):
    """MobileFaceNet's 13 depthwise-separable blocks and a dense layer; embeddings, (N, 128).

    Of pictures (N, 3, 112, 112) in [-1, 1].
    """

    def __init__(self) -> None:
        super().__init__()
        blocks, width = [_convolution(3, 32, 3)], 32
        for number, wider in enumerate(_WIDTHS):
            stride = 2 if number in _HALVING else 1
            blocks += [_convolution(width, width, 3, stride, width), _convolution(width, wider, 1)]
            width = wider
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(width, eps=2e-5)
        self.last = nn.Sequential(
            nn.Flatten(), nn.Linear(width * 7 * 7, 128), nn.BatchNorm1d(128, eps=2e-5)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Embeddings, (N, 128)."""
        x = x * (127.5 / 128)  # (bytes - 127.5) / 128
        embedding: Tensor = self.last(self.norm(self.blocks(x)))
        return embedding


def _convolution(n_in: int, n_out: int, side: int, stride: int = 1, groups: int = 1) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, side, stride, side // 2, groups=groups, bias=False),
        nn.BatchNorm2d(n_out, eps=1e-3),
        nn.PReLU(n_out),
    )
