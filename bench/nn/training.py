"""The training loop of classifiers; it knows nothing of the network."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from bench.api import Context, Weights
from bench.faces import Array
from bench.nn.inputs import Prepare
from bench.nn.seeding import seeded
from bench.nn.state import restored, state_of

WEIGHT_DECAY = 1e-3  # of AdamW


class Labelled(NamedTuple):
    """Inputs, uint8 (N, 3, H, W) or float32 (N, D), and their truth, integers (N,)."""

    inputs: Array
    truth: Array


@dataclass(frozen=True)
class Schedule:
    """How fast to learn, and when a network has converged.

    Training goes in rounds, each twice as long as the one before; in each the learning rate rises
    to `lr` over a tenth and falls to zero along a cosine. A network has converged when a round
    lowers the best validation loss by less than 3 %, or leaves it under 0.01 nats; not before the
    second round, or the third if it starts at random (some targets need hundreds of steps to move).

    Source: Loshchilov and Hutter, SGDR, ICLR 2017 (rounds with warm restarts).

    Attributes:
        lr: the highest learning rate of AdamW.
        batch: inputs per step.
        steps: of the first round.
        rounds: at most.
    """

    lr: float
    batch: int
    steps: int
    rounds: int

    def rate(self, step: int, n_steps: int) -> float:
        """The learning rate at a step of a round of so many."""
        warm = max(1, n_steps // 10)
        if step < warm:
            return self.lr * (step + 1) / warm
        return self.lr * 0.5 * (1 + math.cos(math.pi * (step - warm) / (n_steps - warm)))


def fitted(
    build: Callable[[], nn.Module],
    train: Labelled,
    valid: Labelled,
    prepare: Prepare,
    schedule: Schedule,
    context: Context,
    start: Weights | None = None,
) -> Weights:
    """The network's state after training until it converged on `valid`: its best epoch.

    Args:
        build: makes a network that gives logits, (N, C), for what `prepare` returns; it is called
            where torch is seeded.
        train: what to fit.
        valid: what to stop by.
        prepare: makes a network's input of stored inputs.
        schedule: rates, batch size, when to stop.
        context: randomness and device.
        start: a state to start from instead of a random one.

    Returns:
        the state, with the learning curve: `curve.train` and `curve.valid`, mean cross-entropy in
        nats per epoch, and `curve.converged`, 0 if the last round allowed ended it.
    """
    with seeded(context.rng, context.device) as generator:
        net = build().to(context.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        if start:
            restored(net, start, context.device)
        loop = _Loop(net, train, valid, prepare, context.device)
        converged = loop.run(schedule, 1 if start else 2, context, generator)
    curve = np.array(loop.curve, np.float32)  # (epochs, 2)
    return {
        **state_of(net),
        "curve.train": curve[:, 0],
        "curve.valid": curve[:, 1],
        "curve.converged": np.array([converged], np.int64),
    }


def answered(net: nn.Module, inputs: Array, prepare: Prepare, device: str) -> NDArray[np.float32]:
    """Log-probabilities by the network, float32, (N, C)."""
    logits = _logits(net, torch.from_numpy(np.array(inputs)).to(device), prepare)
    scores: NDArray[np.float32] = functional.log_softmax(logits, dim=1).cpu().numpy()
    return scores


def autocast(device: torch.device) -> torch.autocast:
    """bf16 where the hardware computes it: CUDA, and CPUs with AVX512-BF16."""
    fast = device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=fast)


class _Loop:
    def __init__(
        self, net: nn.Module, train: Labelled, valid: Labelled, prepare: Prepare, device: str
    ) -> None:
        self.net, self.prepare = net, prepare
        self.inputs, self.truth = _on(device, train)
        self.valid_inputs, self.valid_truth = _on(device, valid)
        self.best, self.best_loss = copy.deepcopy(net.state_dict()), math.inf
        self.curve: list[tuple[float, float]] = []

    def run(
        self, schedule: Schedule, fewest: int, context: Context, generator: torch.Generator
    ) -> bool:
        """Trains until it has converged, or `schedule.rounds` are over; leaves the best epoch."""
        optimizer = torch.optim.AdamW(
            self.net.parameters(), schedule.lr, weight_decay=WEIGHT_DECAY, foreach=True
        )
        converged = False
        for number in range(schedule.rounds):
            before = self.best_loss
            self._round(optimizer, schedule, schedule.steps << number, generator)
            context.progress((number + 1) / schedule.rounds)
            if self.best_loss < 0.01 or (number >= fewest and self.best_loss > 0.97 * before):
                converged = True
                break
        self.net.load_state_dict(self.best)
        context.log(f"{len(self.curve)} epochs, best validation loss {self.best_loss:.4f} nats")
        return converged

    def _round(
        self,
        optimizer: torch.optim.Optimizer,
        schedule: Schedule,
        n_steps: int,
        generator: torch.Generator,
    ) -> None:
        step = 0
        while step < n_steps:
            order = torch.randperm(len(self.truth), generator=generator).to(self.truth.device)
            # A last batch of one would break batch norm: its row waits for the next order.
            parts = [p for p in torch.split(order, schedule.batch) if len(p) > 1]
            losses = []
            for index in parts[: n_steps - step]:
                for group in optimizer.param_groups:
                    group["lr"] = schedule.rate(step, n_steps)
                losses.append(self._step(optimizer, index, generator))
                step += 1
            self._look(float(torch.stack(losses).mean()))

    def _step(
        self, optimizer: torch.optim.Optimizer, index: Tensor, generator: torch.Generator
    ) -> Tensor:
        self.net.train()
        optimizer.zero_grad(set_to_none=True)
        with autocast(index.device):
            logits = self.net(self.prepare(self.inputs[index], generator))  # (B, C)
        loss = functional.cross_entropy(logits.float(), self.truth[index])
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.detach()

    def _look(self, train_loss: float) -> None:
        """Notes the losses, and keeps the network if it is the best so far."""
        logits = _logits(self.net, self.valid_inputs, self.prepare)
        loss = float(functional.cross_entropy(logits, self.valid_truth))
        self.curve.append((train_loss, loss))
        if loss < self.best_loss:
            self.best, self.best_loss = copy.deepcopy(self.net.state_dict()), loss


def _logits(net: nn.Module, inputs: Tensor, prepare: Prepare, batch: int = 256) -> Tensor:
    net.eval()
    with torch.inference_mode(), autocast(inputs.device):
        chunks = [net(prepare(chunk, None)).float() for chunk in torch.split(inputs, batch)]
    return torch.cat(chunks)  # (N, C)


def _on(device: str, data: Labelled) -> tuple[Tensor, Tensor]:
    """Inputs and truth on the device; arrays that are read-only are copied."""
    truth = torch.from_numpy(np.array(data.truth, np.int64))
    return torch.from_numpy(np.array(data.inputs)).to(device), truth.to(device)
