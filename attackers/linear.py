"""Logistic regression."""

from dataclasses import dataclass
from math import prod

from torch import nn

from bench.api import field
from bench.nn.attacker import NetClassifier
from bench.registry import register


@register("linear")
@dataclass(frozen=True)
class Linear(NetClassifier):
    """Weighs standardised inputs: what can be read off without any feature.

    Source: Cox, Journal of the Royal Statistical Society B 20 (1958).
    Differs from it: stopped on validation rows, which with weight decay stands for a prior.
    """

    forms = frozenset({"pixels", "codes"})

    lr: float = field(1e-3, about="highest learning rate of AdamW")

    def net(self, n_classes: int, shape: tuple[int, ...]) -> nn.Module:
        """One layer."""
        n_inputs = prod(shape)
        norm = nn.BatchNorm1d(n_inputs, affine=False)
        return nn.Sequential(nn.Flatten(), norm, nn.Linear(n_inputs, n_classes))
