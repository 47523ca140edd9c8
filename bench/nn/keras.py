"""What TensorFlow and Keras do otherwise than PyTorch: initial weights, and padding `same`."""

from torch import nn


def glorot(layer: nn.Module) -> None:
    """Draws the weights of a layer again, Glorot-uniform, with biases of 0; for `Module.apply`.

    Source: Glorot and Bengio, AISTATS 2010: limits of sqrt(6 / (fan_in + fan_out)).
    """
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d) and layer.bias is not None:
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)


def halving(n_in: int, n_out: int, kernel: int) -> list[nn.Module]:
    """A convolution that halves an even side, padded less on the left and above for odd kernels."""
    less, more = _padding(kernel)
    return [nn.ZeroPad2d((less, more, less, more)), nn.Conv2d(n_in, n_out, kernel, 2)]


def doubling(n_in: int, n_out: int, kernel: int) -> list[nn.Module]:
    """The transposed convolution, which doubles a side."""
    less, more = _padding(kernel)
    cut = less - more  # 0, or 1 px of the right and below
    return [nn.ConvTranspose2d(n_in, n_out, kernel, 2, less), nn.ZeroPad2d((0, cut, 0, cut))]


def _padding(kernel: int) -> tuple[int, int]:
    """Pixels before and after, k - 2 in all."""
    return (kernel - 2) // 2, (kernel - 1) // 2
