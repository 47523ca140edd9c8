"""Random numbers, drawn on the CPU and moved to the device together."""

from collections.abc import Iterable, Iterator, Sequence
from math import prod

import torch
from torch import Tensor

_AT_ONCE = 2**24  # numbers that are drawn and moved at once, 64 MB
_ALIGNED = 8  # bytes; each kind of number begins at a multiple of the largest one's size


def moved(
    steps: Iterable[Sequence[Tensor]], device: torch.device | str
) -> Iterator[tuple[Tensor, ...]]:
    """The tensors of each step on the device; they were drawn on the CPU.

    All steps have the same tensors, with any number of rows. Those of an epoch are moved at once
    (of a large one, in blocks of 2^24 numbers), so that the device does not wait inside it.
    """
    block: list[Sequence[Tensor]] = []
    n_numbers = 0
    for step in steps:
        block.append(step)
        n_numbers += sum(tensor.numel() for tensor in step)
        if n_numbers >= _AT_ONCE:
            yield from _moved(block, device)
            block, n_numbers = [], 0
    if block:
        yield from _moved(block, device)


def _moved(
    block: Sequence[Sequence[Tensor]], device: torch.device | str
) -> Iterator[tuple[Tensor, ...]]:
    """As one tensor of bytes, from page-locked memory, which a GPU copies while it computes."""
    columns = list(zip(*block, strict=True))
    shapes = [(sum(map(len, column)), *column[0].shape[1:]) for column in columns]
    kinds = [column[0].dtype for column in columns]
    n_bytes = [kind.itemsize * prod(shape) for kind, shape in zip(kinds, shapes, strict=True)]
    padded = [n + -n % _ALIGNED for n in n_bytes]

    def unpacked(packed: Tensor) -> list[Tensor]:
        cut = zip(torch.split(packed, padded), n_bytes, kinds, shapes, strict=True)
        return [part[:n].view(kind).view(shape) for part, n, kind, shape in cut]

    pinned = torch.device(device).type == "cuda"
    here = torch.empty(sum(padded), dtype=torch.uint8, pin_memory=pinned)
    for column, place in zip(columns, unpacked(here), strict=True):
        torch.cat(column, out=place)
    there = unpacked(here.to(device, non_blocking=True))
    n_rows = ([len(tensor) for tensor in column] for column in columns)
    return zip(*map(torch.split, there, n_rows), strict=True)
