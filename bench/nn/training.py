"""The training loop, independent of the network and of what it learns."""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from bench.api import Context, Weights
from bench.nn.captured import Step, capturable, captured, set_rate
from bench.nn.checkpoint import Checkpoint, Epoch, Parts
from bench.nn.pretrained import Pretrained
from bench.nn.state import restored, state_of
from bench.nn.transfers import moved


class Objective(Protocol):
    """The base class of what training minimizes, on data that are on the device."""

    train: Tensor  # indices of the training inputs, (N,), on the CPU
    solved: float  # the validation loss below which training stops
    all_equal: bool = False  # of the inputs; one round then learns the class frequencies

    def parameters(self) -> Sequence[nn.Parameter]:
        """Parameters that are trained with the network and dropped after training."""
        return ()

    def batches(self, size: int, generator: torch.Generator) -> Sequence[Tensor]:
        """Indices of the training inputs of one epoch, batch by batch, on the CPU."""
        return batches(self.train, size, generator)

    def draw(self, n: int, generator: torch.Generator) -> Sequence[Tensor]:
        """The random numbers that the loss on n inputs needs, on the CPU, n rows each."""
        return ()

    def loss(self, net: nn.Module, index: Tensor, *drawn: Tensor) -> Tensor:
        """The loss on a batch, with the random numbers drawn for it."""
        ...

    def valid_loss(self, net: nn.Module) -> float:
        """The loss on validation inputs, which decides when to stop and what to keep."""
        ...

    def show(self, net: nn.Module, context: Context) -> None:
        """Shows pictures that the network makes, if it makes any (`Context.show`)."""
        return


@dataclass(frozen=True)
class Schedule:
    """Learning rates, and the rule for convergence.

    Training has rounds, each twice as long as the one before; in each the learning rate rises to
    `lr` over a tenth of the steps and falls to zero along a cosine. A network has converged when a
    round lowers the best validation loss by less than 3 %, but not before the second round, or the
    third if it starts at random (some targets need hundreds of steps before the loss falls). One
    round is enough if all inputs are equal, or if the loss is below `Objective.solved`.

    Source: Loshchilov and Hutter, SGDR, ICLR 2017 (rounds with warm restarts).
    """

    lr: float  # the highest learning rate of AdamW
    batch: int  # inputs per step
    steps: int  # in the first round
    rounds: int  # maximum number
    weight_decay: float = 1e-3  # of AdamW

    def rate(self, step: int, n_steps: int) -> float:
        """The learning rate at a step of a round of n_steps."""
        rise = max(1, n_steps // 10)
        if step < rise:
            return self.lr * (step + 1) / rise
        return self.lr * 0.5 * (1 + math.cos(math.pi * (step - rise) / (n_steps - rise)))


def trained(
    build: Callable[[], nn.Module],
    objective: Callable[[], Objective],
    schedule: Schedule,
    context: Context,
    start: Weights | None = None,
) -> Weights:
    """The state of a network, trained until it converged, at its best epoch.

    `build` and `objective` are called after torch is seeded; `start` is a state to start from. A
    published network (`Pretrained`) starts from its own; its first round trains the last layer.
    With the state come `curve.train` and `curve.valid`, losses per epoch (preceded by those of the
    start), and `curve.converged`, 0 if training hit the round limit.
    """
    with seeded(context.rng, context.device) as generator:
        net = build().to(context.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        if start:
            restored(net, start, context.device)
        loop = _Loop(net, objective(), schedule, context, generator)
        converged = loop.run(warm=start is not None or isinstance(net, Pretrained))
    curve = np.array(loop.curve, np.float32)  # (epochs, 2)
    return {
        **state_of(net),
        "curve.train": curve[:, 0],
        "curve.valid": curve[:, 1],
        "curve.converged": np.array([converged], np.int64),
    }


@contextmanager
def seeded(rng: np.random.Generator, device: str) -> Iterator[torch.Generator]:
    """Seeds torch with one draw from `rng` inside the block and restores its state afterwards.

    This is for dropout and initialisation; it yields a generator on the CPU for the rest.
    """
    seed = int(rng.integers(2**63))
    devices = [torch.device(device)] if device != "cpu" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield torch.Generator().manual_seed(seed)


def batches(index: Tensor, size: int, generator: torch.Generator) -> list[Tensor]:
    """The indices, (N,), in random order, in batches."""
    order = index[torch.randperm(len(index), generator=generator)]
    # A last batch of one index is left out: batch norm cannot learn from it.
    return [part for part in torch.split(order, size) if len(part) > 1]


def optimize(loss: Tensor, *optimizers: Optimizer) -> None:
    """Takes one step of each optimizer on the loss."""
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    for optimizer in optimizers:
        optimizer.step()


def autocast(device: torch.device) -> torch.autocast:
    """bf16 on CUDA. CPUs compute in fp32: all get the same numbers, and most are faster so."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


class _Loop:
    def __init__(
        self,
        net: nn.Module,
        objective: Objective,
        schedule: Schedule,
        context: Context,
        generator: torch.Generator,
    ) -> None:
        self.net, self.objective, self.schedule = net, objective, schedule
        self.context, self.generator = context, generator
        learned = [*net.parameters(), *objective.parameters()]
        self.optimizer = AdamW(learned, schedule.lr, weight_decay=schedule.weight_decay, fused=True)
        capturable(self.optimizer)
        self.best, self.best_loss = copy.deepcopy(net.state_dict()), math.inf
        self.curve: list[tuple[float, float]] = []
        # Where training stands: the round, its steps, the best loss before it, and the epoch.
        self.number, self.step, self.before = 0, 0, math.inf
        self.epoch = Epoch(generator, context.device)
        self._saves = _Saves(self)

    def run(self, *, warm: bool) -> bool:
        """Trains to convergence or to the limit of rounds; the network is then its best epoch."""
        if not self._saves.load() and warm:  # the start may be the best
            loss = self.objective.valid_loss(self.net)
            self._record(loss, loss)
        converged = warm and self.schedule.rounds == 0  # no training was asked for
        for number in range(self.number, self.schedule.rounds):
            if number > self.number or not self.step:
                self.number, self.step, self.before = number, 0, self.best_loss
            for late in getattr(self.net, "late", ()):
                late.requires_grad_(number > 0)
            self._round(self.schedule.steps << number)
            self.context.progress((number + 1) / self.schedule.rounds)
            falling = number < (1 if warm else 2) or self.best_loss < 0.97 * self.before
            if self.objective.all_equal or self.best_loss < self.objective.solved or not falling:
                converged = True
                break
        self.net.load_state_dict(self.best)
        self.context.log(f"{len(self.curve)} epochs, best validation loss {self.best_loss:.4f}")
        return converged

    def _round(self, n_steps: int) -> None:
        device = next(self.net.parameters()).device
        learn = captured(self._learn, device, graphs=self.context.graphs)
        while self.step < n_steps or self.epoch.figures:
            self._epoch(n_steps, learn, device)
            mean = float(torch.stack(self.epoch.end()).mean())
            self._record(mean, self.objective.valid_loss(self.net))
            self._saves.save()

    def _epoch(self, n_steps: int, learn: Step, device: torch.device) -> None:
        """The rest of an epoch: after a resumption, of the one that was interrupted."""

        def draw() -> Iterator[tuple[Tensor, ...]]:
            left = n_steps - self.step + len(self.epoch.figures)
            parts = self.objective.batches(self.schedule.batch, self.generator)[:left]
            drawn = ((part, *self.objective.draw(len(part), self.generator)) for part in parts)
            return moved(drawn, device)

        self.net.train()
        for batch in self.epoch.left(draw):
            set_rate(self.optimizer, self.schedule.rate(self.step, n_steps))
            self.epoch.figures.append(learn(*batch))
            self.step += 1
            self._saves.save()

    def _learn(self, *batch: Tensor) -> Tensor:
        """The loss on a batch, before the step that it takes."""
        loss = self.objective.loss(self.net, *batch)
        optimize(loss, self.optimizer)
        return loss.detach()

    def _record(self, train_loss: float, valid_loss: float) -> None:
        """Extends the curve, and copies the network if it is the best so far."""
        self.curve.append((train_loss, valid_loss))
        if valid_loss < self.best_loss:
            self.best, self.best_loss = copy.deepcopy(self.net.state_dict()), valid_loss


class _Saves:
    """Checkpoints of a loop, one a minute, in the scratch folder if there is one."""

    def __init__(self, loop: _Loop) -> None:
        self._loop = loop
        self._file: Checkpoint | None = None
        if (folder := loop.context.scratch) != Path():
            parts: Parts = {"net": loop.net, "optimizer": loop.optimizer, "epoch": loop.epoch}
            name = f"training-{loop.generator.initial_seed():x}"
            self._file = Checkpoint(folder, loop.generator, parts, name)

    def save(self) -> None:
        """Saves, and shows what the network makes, if a minute has passed."""
        if self._file is None:
            return
        loop = self._loop
        places = (loop.number, loop.step, loop.before, loop.best_loss)
        own = [parameter.detach() for parameter in loop.objective.parameters()]
        facts = {"places": places, "curve": loop.curve, "best": loop.best, "own": own}
        self._file.save_if_due(facts, lambda: loop.objective.show(loop.net, loop.context))

    def load(self) -> bool:
        """Restores the loop if a killed process left a checkpoint."""
        facts = self._file.load() if self._file else None
        if not facts:
            return False
        loop = self._loop
        loop.number, loop.step, loop.before, loop.best_loss = facts["places"]
        loop.curve, loop.best = list(facts["curve"]), facts["best"]
        with torch.no_grad():
            for parameter, saved in zip(loop.objective.parameters(), facts["own"], strict=True):
                parameter.copy_(saved)
        return True
