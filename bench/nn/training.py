"""The training loop; it knows neither the network nor what is to be learned."""

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from bench.api import Context, Weights
from bench.nn.seeding import seeded
from bench.nn.state import restored, state_of

WEIGHT_DECAY = 1e-3  # of AdamW


class Objective(Protocol):
    """What training lowers, on data that lie on the device.

    Attributes:
        solved: a validation loss below which nothing is left to learn.
        blank: all training inputs are equal: one round learns how common each truth is.
    """

    solved: float
    blank: bool

    def parameters(self) -> Sequence[nn.Parameter]:
        """What is learned beside the network, and left behind with the training."""
        ...

    def batches(self, size: int, generator: torch.Generator) -> Iterable[Tensor]:
        """Indices of the training inputs of one epoch, batch by batch."""
        ...

    def loss(self, net: nn.Module, index: Tensor, generator: torch.Generator) -> Tensor:
        """The loss on a batch."""
        ...

    def valid_loss(self, net: nn.Module) -> float:
        """The loss on validation inputs: what the network is stopped and kept by."""
        ...


@dataclass(frozen=True)
class Schedule:
    """How fast to learn, and when a network has converged.

    Training goes in rounds, each twice as long as the one before; in each the learning rate rises
    to `lr` over a tenth and falls to zero along a cosine. A network has converged when a round
    lowers the best validation loss by less than 3 %, or leaves it solved; not before the second
    round, or the third if it starts at random (some targets need hundreds of steps to move). Where
    all inputs are equal one round is enough.

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


def trained(
    build: Callable[[], nn.Module],
    objective: Callable[[], Objective],
    schedule: Schedule,
    context: Context,
    start: Weights | None = None,
) -> Weights:
    """The network's state after training until it converged: its best epoch.

    Args:
        build: makes the network; it is called where torch is seeded.
        objective: makes what is to be lowered; likewise.
        schedule: rates, batch size, when to stop.
        context: randomness and device.
        start: a state to start from instead of a random one.

    Returns:
        the state, with the learning curve: `curve.train` and `curve.valid`, losses per epoch (the
        first is the start's, if there is one), and `curve.converged`, 0 if the last round allowed
        ended it.
    """
    with seeded(context.rng, context.device) as generator:
        net = build().to(context.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        if start:
            restored(net, start, context.device)
        loop = _Loop(net, objective(), schedule)
        converged = loop.run(context, generator, warm=start is not None)
    curve = np.array(loop.curve, np.float32)  # (epochs, 2)
    return {
        **state_of(net),
        "curve.train": curve[:, 0],
        "curve.valid": curve[:, 1],
        "curve.converged": np.array([converged], np.int64),
    }


def autocast(device: torch.device) -> torch.autocast:
    """bf16 where the hardware computes it: CUDA, and CPUs with AVX512-BF16."""
    fast = device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=fast)


class _Loop:
    def __init__(self, net: nn.Module, objective: Objective, schedule: Schedule) -> None:
        self.net, self.objective, self.schedule = net, objective, schedule
        self.best, self.best_loss = copy.deepcopy(net.state_dict()), math.inf
        self.curve: list[tuple[float, float]] = []

    def run(self, context: Context, generator: torch.Generator, *, warm: bool) -> bool:
        """Trains until it has converged or the rounds are over; leaves the best epoch."""
        if warm:  # what it started from may be the best
            loss = self.objective.valid_loss(self.net)
            self._look(loss, loss)
        learned = [*self.net.parameters(), *self.objective.parameters()]
        optimizer = torch.optim.AdamW(
            learned, self.schedule.lr, weight_decay=WEIGHT_DECAY, foreach=True
        )
        converged = warm and self.schedule.rounds == 0  # nothing was to be learned
        for number in range(self.schedule.rounds):
            before = self.best_loss
            self._round(optimizer, self.schedule.steps << number, generator)
            context.progress((number + 1) / self.schedule.rounds)
            still = number < (1 if warm else 2) or self.best_loss < 0.97 * before
            if self.objective.blank or self.best_loss < self.objective.solved or not still:
                converged = True
                break
        self.net.load_state_dict(self.best)
        context.log(f"{len(self.curve)} epochs, best validation loss {self.best_loss:.4f}")
        return converged

    def _round(
        self, optimizer: torch.optim.Optimizer, n_steps: int, generator: torch.Generator
    ) -> None:
        step = 0
        while step < n_steps:
            losses = []
            for index in self.objective.batches(self.schedule.batch, generator):
                if step == n_steps:
                    break
                for group in optimizer.param_groups:
                    group["lr"] = self.schedule.rate(step, n_steps)
                losses.append(self._step(optimizer, index, generator))
                step += 1
            loss = float(torch.stack(losses).mean())
            self._look(loss, self.objective.valid_loss(self.net))

    def _step(
        self, optimizer: torch.optim.Optimizer, index: Tensor, generator: torch.Generator
    ) -> Tensor:
        self.net.train()
        optimizer.zero_grad(set_to_none=True)
        loss = self.objective.loss(self.net, index, generator)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.detach()

    def _look(self, train_loss: float, valid_loss: float) -> None:
        """Notes the losses, and keeps the network if it is the best so far."""
        self.curve.append((train_loss, valid_loss))
        if valid_loss < self.best_loss:
            self.best, self.best_loss = copy.deepcopy(self.net.state_dict()), valid_loss
