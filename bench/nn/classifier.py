"""Supervised learning of a label per input: a class, or a number."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from bench.api import Context, Weights
from bench.faces import Array
from bench.nn.inputs import Prepare
from bench.nn.training import Objective, Schedule, autocast, trained

AT_ONCE = 256  # inputs


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
    prepare: Prepare,
    schedule: Schedule,
    context: Context,
    start: Weights | None = None,
) -> Weights:
    """The state of a network that learned the truth, with its learning curve (see `trained`).

    `build` makes a network that gives logits, (N, C), or numbers, (N, 1), for what `prepare`
    returns; the loss on `valid` decides when to stop.
    """
    return trained(
        build, lambda: _Supervised(train, valid, prepare, context.device), schedule, context, start
    )


def answered(
    net: nn.Module, inputs: Array, prepare: Prepare, device: str, side_info: Array | None = None
) -> NDArray[np.float32]:
    """The network's log-probabilities, float32, (N, C)."""
    more = None if side_info is None else on(device, side_info)
    logits = outputs(net, on(device, inputs), prepare, side_info=more)
    scores: NDArray[np.float32] = functional.log_softmax(logits, dim=1).cpu().numpy()
    return scores


def outputs(
    net: nn.Module, inputs: Tensor, prepare: Prepare, side_info: Tensor | None = None
) -> Tensor:
    """The network's outputs for inputs on its device, float32, (N, ...), without gradients."""
    net.eval()
    parts = (torch.split(tensor, AT_ONCE) for tensor in (inputs, side_info) if tensor is not None)
    with torch.inference_mode(), autocast(inputs.device):
        chunks = [
            net(prepare(chunk, None), *more).float() for chunk, *more in zip(*parts, strict=True)
        ]
    return torch.cat(chunks)


def exact_outputs(compute: Callable[..., Tensor], device: str, *inputs: Array) -> Tensor:
    """What `compute` gives for inputs of N rows each, (N, ...) on the CPU, without gradients.

    It never computes in bf16, so results do not depend on which rows are computed together.
    """
    parts = (np.split(array, range(AT_ONCE, len(array), AT_ONCE)) for array in inputs)
    with torch.inference_mode():
        return torch.cat(
            [compute(*(on(device, a) for a in chunk)).cpu() for chunk in zip(*parts, strict=True)]
        )


def on(device: str, array: Array) -> Tensor:
    """A copy of the array on the device."""
    return torch.from_numpy(np.array(array)).to(device)


class _Supervised(Objective):
    solved = 0.01  # nats, or variance

    def __init__(self, train: Labelled, valid: Labelled, prepare: Prepare, device: str) -> None:
        self.prepare = prepare
        kind = np.float32 if np.issubdtype(train.truth.dtype, np.floating) else np.int64
        self.inputs, self.truth = on(device, train.inputs), on(device, train.truth.astype(kind))
        self.train = torch.arange(len(self.truth), device=device)
        self.blank = bool((self.inputs == self.inputs[:1]).all())
        self.valid_inputs = on(device, valid.inputs)
        self.valid_truth = on(device, valid.truth.astype(kind))
        self.side_info, self.valid_side_info = (
            None if part.side_info is None else on(device, part.side_info)
            for part in (train, valid)
        )

    def loss(self, net: nn.Module, index: Tensor, generator: torch.Generator) -> Tensor:
        more = () if self.side_info is None else (self.side_info[index],)
        with autocast(index.device):
            found = net(self.prepare(self.inputs[index], generator), *more)  # (B, C)
        return _loss(found.float(), self.truth[index])

    def valid_loss(self, net: nn.Module) -> float:
        found = outputs(net, self.valid_inputs, self.prepare, side_info=self.valid_side_info)
        return float(_loss(found, self.valid_truth))


def _loss(found: Tensor, truth: Tensor) -> Tensor:
    if truth.is_floating_point():
        return functional.mse_loss(found[:, 0], truth)
    return functional.cross_entropy(found, truth)
