"""Supervised learning of one label per input: a class or a number."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from bench.api import Context, Weights
from bench.faces import Array
from bench.nn.inputs import Augmentation, Prepare
from bench.nn.training import Objective, Schedule, autocast, trained

CHUNK, CHUNK_BYTES = 256, 3 << 20  # inputs computed at once, at most: 256 pictures of 64 px
TIMES_ON_GPU = 8  # as many on a GPU


class Labelled(NamedTuple):
    """Inputs, uint8 (N, 3, H, W) or float32 (N, D), and their truth, (N,).

    Integers are classes, learned by cross-entropy; floats are learned by squared error. Side
    information, float32 (N, T), is the network's second argument.
    """

    inputs: Array
    truth: Array
    side_info: Array | None = None


def fitted(
    build: Callable[[], nn.Module],
    train: Labelled,
    valid: Labelled,
    prepare: Augmentation,
    schedule: Schedule,
    context: Context,
    start: Weights | None = None,
) -> Weights:
    """The state of a network that learned the truth, with its learning curve (see `trained`).

    `build` makes a network that gives logits, (N, C), or numbers, (N, 1), for what `prepare`
    returns; the loss on `valid` decides when to stop.
    """
    data = (train, valid, prepare, context.device)
    return trained(build, lambda: _Supervised(*data), schedule, context, start)


def log_probs(
    net: nn.Module,
    inputs: Array | Tensor,
    prepare: Prepare,
    device: str,
    side_info: Array | None = None,
) -> NDArray[np.float32]:
    """The network's log-probabilities, float32, (N, C)."""
    more = None if side_info is None else to_device(device, side_info)
    logits = outputs(net, to_device(device, inputs), prepare, side_info=more)
    return np.asarray(functional.log_softmax(logits, dim=1).cpu().numpy())


def outputs(
    net: nn.Module, inputs: Tensor, prepare: Prepare, side_info: Tensor | None = None
) -> Tensor:
    """The network's outputs for inputs on its device, float32, (N, ...), without gradients."""
    net.eval()
    size = _at_once(inputs[:1].nbytes, inputs.device)
    parts = (torch.split(tensor, size) for tensor in (inputs, side_info) if tensor is not None)
    with torch.inference_mode(), autocast(inputs.device):
        chunks = [
            net(prepare(chunk, None), *more).float() for chunk, *more in zip(*parts, strict=True)
        ]
    return torch.cat(chunks)


def exact_outputs(compute: Callable[..., Tensor], device: str, *inputs: Array) -> Tensor:
    """The results of `compute` for inputs of N rows each, (N, ...) on the CPU, without gradients.

    Never in bf16, so that results do not depend on which rows are computed together.
    """
    size = _at_once(inputs[0][:1].nbytes, torch.device(device))
    parts = (np.split(array, range(size, len(array), size)) for array in inputs)
    chunks = zip(*parts, strict=True)
    with torch.inference_mode():
        return torch.cat([compute(*(to_device(device, a) for a in c)) for c in chunks]).cpu()


def _at_once(bytes_each: int, device: torch.device) -> int:
    """How many inputs are computed at once: networks need up to a thousand times their bytes."""
    n = min(CHUNK, max(1, CHUNK_BYTES // max(1, bytes_each)))
    return n if device.type == "cpu" else TIMES_ON_GPU * n


def to_device(device: str, array: Array | Tensor) -> Tensor:
    """The array as a tensor on the device; on the CPU it shares memory, unless it is read-only."""
    if isinstance(array, Tensor):
        return array.to(device)
    return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(device)


def all_equal(inputs: Tensor) -> bool:
    """Whether all inputs are equal to the first; looks no further than the first that is not."""
    return all(bool((part == inputs[:1]).all()) for part in torch.split(inputs, CHUNK))


answered, on = log_probs, to_device  # their names in 0.1


class _Supervised(Objective):
    solved = 0.01  # cross-entropy in nats, or squared error

    def __init__(
        self, train: Labelled, valid: Labelled, prepare: Augmentation, device: str
    ) -> None:
        self.prepare = prepare
        kind = np.float32 if np.issubdtype(train.truth.dtype, np.floating) else np.int64
        self.inputs = to_device(device, train.inputs)
        self.truth = to_device(device, train.truth.astype(kind))
        self.train = torch.arange(len(self.truth))
        self.all_equal = all_equal(self.inputs)
        self.valid_inputs = to_device(device, valid.inputs)
        self.valid_truth = to_device(device, valid.truth.astype(kind))
        self.side_info, self.valid_side_info = (
            None if part.side_info is None else to_device(device, part.side_info)
            for part in (train, valid)
        )

    def draw(self, n: int, generator: torch.Generator) -> Sequence[Tensor]:
        if self.inputs.is_floating_point():
            return ()  # codes are not augmented
        return (self.prepare.draw(n, generator),)

    def loss(self, net: nn.Module, index: Tensor, *drawn: Tensor) -> Tensor:
        more = () if self.side_info is None else (self.side_info[index],)
        with autocast(index.device):
            found = net(self.prepare(self.inputs[index], *drawn or (None,)), *more)  # (B, C)
        return _loss(found.float(), self.truth[index])

    def valid_loss(self, net: nn.Module) -> float:
        found = outputs(net, self.valid_inputs, self.prepare, side_info=self.valid_side_info)
        return float(_loss(found, self.valid_truth))


def _loss(found: Tensor, truth: Tensor) -> Tensor:
    if truth.is_floating_point():
        return functional.mse_loss(found[:, 0], truth)
    return functional.cross_entropy(found, truth)
