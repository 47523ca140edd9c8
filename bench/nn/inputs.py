"""Inputs of networks: stored as bytes on the device, prepared there batch by batch."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bench.faces import Images

Prepare = Callable[[Tensor, Tensor | None], Tensor]
_N_MOVES = 3  # random numbers of a picture that is shifted and mirrored


def scaled(images: Tensor) -> Tensor:
    """Bytes 0..255 as floats in [-1, 1], channels last."""
    floats = images.float().sub_(127.5).div_(127.5)
    return floats.contiguous(memory_format=torch.channels_last)


def unscaled(floats: Tensor) -> Tensor:
    """Floats in [-1, 1] as bytes 0..255; floats outside are clipped."""
    return (floats * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)


def side_of(images: Images, sizes_px: Collection[int]) -> int:
    """The side of square pictures, px.

    Raises:
        ValueError: if they are not square with one of these sides.
    """
    height, width = images.shape[2:]
    if height != width or width not in sizes_px:
        raise ValueError(
            f"expected square pictures with a side of {sizes_px} px, got {height}x{width}; change "
            "the size of the data"
        )
    return int(width)


@dataclass(frozen=True)
class Augmentation:
    """Makes floats, channels last, of bytes, (N, 3, H, W); with random numbers, augments them.

    Random numbers are drawn on the CPU before they are needed, so that a training draws and moves
    those of a whole epoch at once. `warp` interpolates, which destroys patterns of single pixels.
    """

    shift: float = 0.0  # largest shift, fraction of the side; edges are repeated
    flip: bool = False  # mirror half of the pictures
    warp: float = 0.0  # largest rotation (rad), and change of size and shift (fractions)
    light: float = 0.0  # largest change of contrast, and of brightness (of half the range)
    then: Callable[[Tensor], Tensor] | None = None  # makes other inputs of pictures in [-1, 1]

    def __call__(self, images: Tensor, drawn: Tensor | None) -> Tensor:
        """The network's input, in [-1, 1] unless `light` changed it; codes stay as they are."""
        if images.is_floating_point():
            return images
        if drawn is None:
            shown = scaled(images)
        else:
            moved = self.shift_and_flip(images, drawn[:, :_N_MOVES])
            shown = self.warp_and_relight(scaled(moved), drawn[:, _N_MOVES:])
        return self.then(shown) if self.then else shown

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """The random numbers for n pictures, (n, D), on the CPU."""
        return torch.cat([self.draw_moves(n, generator), self.draw_rest(n, generator)], dim=1)

    def draw_moves(self, n: int, generator: torch.Generator) -> Tensor:
        """Those of `shift_and_flip`, (n, 3): down and right in [-1, 1), mirrored in [0, 1)."""
        shifts = _uniform(2, n, generator)
        return torch.cat([shifts, torch.rand(n, 1, generator=generator)], dim=1)

    def draw_rest(self, n: int, generator: torch.Generator) -> Tensor:
        """Those of `warp_and_relight`, (n, D), in [-1, 1): four for `warp`, two for `light`."""
        n_kinds = (4 * bool(self.warp), 2 * bool(self.light))
        return torch.cat([_uniform(kinds, n, generator) for kinds in n_kinds], dim=1)

    def warp_and_relight(self, floats: Tensor, drawn: Tensor) -> Tensor:
        """Pictures in [-1, 1], warped and relit at random; differentiable."""
        if self.warp:
            floats = self._warped(floats, drawn[:, :4])
        if self.light:
            contrast, brightness = (self.light * drawn[:, -2:]).T[:, :, None, None, None]
            floats = floats * (1 + contrast) + brightness
        return floats.contiguous(memory_format=torch.channels_last)

    def shift_and_flip(self, images: Tensor, drawn: Tensor) -> Tensor:
        """Bytes or floats, shifted by whole pixels and mirrored at random; differentiable."""
        n, _, height, width = images.shape
        down, right = self.shift * drawn[:, :2].T
        mirrored = drawn[:, 2:] < 0.5 * self.flip
        row = torch.arange(height, device=images.device) + (down[:, None] * height).round()
        column = torch.arange(width, device=images.device) + (right[:, None] * width).round()
        row = row.clamp(0, height - 1).long()  # (N, H)
        column = column.clamp(0, width - 1).long()  # (N, W)
        column = torch.where(mirrored, width - 1 - column, column)  # (N, W)
        picture = torch.arange(n, device=images.device)
        by_pixel = images.permute(0, 2, 3, 1)  # (N, H, W, 3)
        shifted = by_pixel[picture[:, None, None], row[:, :, None], column[:, None, :]]
        return shifted.permute(0, 3, 1, 2)  # (N, 3, H, W)

    def _warped(self, images: Tensor, drawn: Tensor) -> Tensor:
        """Pictures rotated, resized and shifted, by bilinear sampling."""
        turn, size, down, right = self.warp * drawn.T
        cos, sin = torch.cos(turn) * (1 + size), torch.sin(turn) * (1 + size)
        affine = torch.stack([cos, -sin, right, sin, cos, down], dim=1).view(-1, 2, 3)  # (N, 2, 3)
        grid = functional.affine_grid(affine, list(images.shape), align_corners=False)
        return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _uniform(n_kinds: int, n: int, generator: torch.Generator) -> Tensor:
    """Uniform numbers in [-1, 1), (n, n_kinds)."""
    return torch.rand(n_kinds, n, generator=generator).T * 2 - 1


Pictures = Augmentation  # its name in 0.1
