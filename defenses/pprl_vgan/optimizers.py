"""What moves the networks' weights."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import Parameter

from defenses.pprl_vgan.recipe import Recipe


def optimizer(parameters: Sequence[Parameter], lr: float, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's, at the learning rate lr."""
    if recipe.optimizer == "adam":
        return torch.optim.Adam(parameters, lr, betas=(0.5, 0.99), fused=True)
    return torch.optim.RMSprop(parameters, lr, alpha=0.9, eps=1e-8, foreach=True)  # as Keras does


def set_rate(steps: torch.optim.Optimizer, lr: float) -> None:
    """Goes on at the learning rate lr."""
    for group in steps.param_groups:
        group["lr"] = lr


def lower(steps: torch.optim.Optimizer, loss: Tensor) -> None:
    """A step down the loss."""
    steps.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    steps.step()
