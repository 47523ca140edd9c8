"""Logistic regression."""

from dataclasses import dataclass
from math import prod

from bench.api import field
from bench.nn.attacker import Net, NetClassifier
from bench.registry import register


@register("linear")
@dataclass(frozen=True)
class Linear(NetClassifier):
    """Fits logistic regression to standardised inputs.

    Source: Cox, Journal of the Royal Statistical Society B 20 (1958) [cox1958logistic].
    Differs from it: regularised by weight decay and by early stopping on validation inputs.
    """

    forms = frozenset({"pixels", "codes"})
    evidence = ""  # one layer is not enough

    lr: float = field(1e-3, about="highest learning rate of AdamW", within="(0, 10]")

    def net(self, n_classes: int, shape: tuple[int, ...]) -> Net:
        """One layer."""
        from torch import nn

        n_inputs = prod(shape)
        norm = nn.BatchNorm1d(n_inputs, affine=False)
        return nn.Sequential(nn.Flatten(), norm, nn.Linear(n_inputs, n_classes))
