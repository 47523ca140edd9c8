"""Learning what is written beside each input: a class, or a number."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from bench.api import Context, Weights
from bench.faces import Array
from bench.nn.inputs import Prepare
from bench.nn.training import Schedule, autocast, trained


class Labelled(NamedTuple):
    """Inputs, uint8 (N, 3, H, W) or float32 (N, D), and their truth, (N,).

    Integers are classes and learned by cross-entropy; floats by squared error. What else is told of
    each input, float32 (N, T), is the network's second argument.
    """

    inputs: Array
    truth: Array
    told: Array | None = None


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

    Args:
        build: makes a network that gives logits, (N, C), or numbers, (N, 1), for what `prepare`
            returns.
        train: what to fit.
        valid: what to stop by.
        prepare: makes a network's input of stored inputs.
        schedule: rates, batch size, when to stop.
        context: randomness and device.
        start: a state to start from instead of a random one.
    """
    return trained(
        build, lambda: _Truth(train, valid, prepare, context.device), schedule, context, start
    )


def answered(
    net: nn.Module, inputs: Array, prepare: Prepare, device: str, told: Array | None = None
) -> NDArray[np.float32]:
    """Log-probabilities by the network, float32, (N, C)."""
    more = None if told is None else on(device, told)
    logits = outputs(net, on(device, inputs), prepare, told=more)
    scores: NDArray[np.float32] = functional.log_softmax(logits, dim=1).cpu().numpy()
    return scores


def outputs(
    net: nn.Module,
    inputs: Tensor,
    prepare: Prepare,
    batch: int = 256,
    told: Tensor | None = None,
) -> Tensor:
    """What the network gives for inputs on its device, float32, (N, ...); it does not learn."""
    net.eval()
    parts = (torch.split(tensor, batch) for tensor in (inputs, told) if tensor is not None)
    with torch.inference_mode(), autocast(inputs.device):
        chunks = [
            net(prepare(chunk, None), *more).float() for chunk, *more in zip(*parts, strict=True)
        ]
    return torch.cat(chunks)


def on(device: str, array: Array) -> Tensor:
    """The array on the device; one that is read-only is copied."""
    return torch.from_numpy(np.array(array)).to(device)


def shuffled(n: int, size: int, generator: torch.Generator) -> list[Tensor]:
    """Indices 0..n-1 in random order, in batches.

    A last batch of one would break batch norm: its row waits for the next order.
    """
    order = torch.randperm(n, generator=generator)
    return [part for part in torch.split(order, size) if len(part) > 1]


class _Truth:
    """The objective."""

    solved = 0.01  # nats, or variance

    def __init__(self, train: Labelled, valid: Labelled, prepare: Prepare, device: str) -> None:
        self.prepare = prepare
        kind = np.float32 if np.issubdtype(train.truth.dtype, np.floating) else np.int64
        self.inputs, self.truth = on(device, train.inputs), on(device, train.truth.astype(kind))
        self.blank = bool((self.inputs == self.inputs[:1]).all())
        self.valid_inputs = on(device, valid.inputs)
        self.valid_truth = on(device, valid.truth.astype(kind))
        self.told, self.valid_told = (
            None if part.told is None else on(device, part.told) for part in (train, valid)
        )

    def parameters(self) -> Sequence[nn.Parameter]:
        return ()

    def batches(self, size: int, generator: torch.Generator) -> list[Tensor]:
        device = self.truth.device
        return [index.to(device) for index in shuffled(len(self.truth), size, generator)]

    def loss(self, net: nn.Module, index: Tensor, generator: torch.Generator) -> Tensor:
        more = () if self.told is None else (self.told[index],)
        with autocast(index.device):
            found = net(self.prepare(self.inputs[index], generator), *more)  # (B, C)
        return _loss(found.float(), self.truth[index])

    def valid_loss(self, net: nn.Module) -> float:
        found = outputs(net, self.valid_inputs, self.prepare, told=self.valid_told)
        return float(_loss(found, self.valid_truth))


def _loss(found: Tensor, truth: Tensor) -> Tensor:
    if truth.is_floating_point():
        return functional.mse_loss(found[:, 0], truth)
    return functional.cross_entropy(found, truth)
