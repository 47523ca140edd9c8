"""What a threat tells an attacker of each input, beside the input itself."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.api import Weights
from bench.faces import Array, Labels

N_FEATURES = 32  # of the input, beside what is told
_HIDDEN = 64
_KINDS = "told."  # names of the arrays that say how many classes each note has


def kinds_of(*notes: Labels) -> Weights:
    """How to read notes: `told.NAME`, the number of classes of a note of integers, else 0."""
    found = {}
    for name in notes[0]:
        values = np.concatenate([np.asarray(part[name]) for part in notes])
        classes = values.ndim == 1 and np.issubdtype(values.dtype, np.integer)
        found[_KINDS + name] = np.array([int(values.max()) + 1 if classes else 0])
    return found


def vectors(notes: Labels, weights: Mapping[str, Array]) -> NDArray[np.float32] | None:
    """The notes as one vector per row, (N, T): classes one-hot, numbers as they are; None without.

    Args:
        notes: name to (N, ...).
        weights: with the entries of `kinds_of`; a class that was never seen is all zeros.
    """
    parts = []
    for name in sorted(key.removeprefix(_KINDS) for key in weights if key.startswith(_KINDS)):
        values, n_classes = np.asarray(notes[name]), int(weights[_KINDS + name][0])
        if n_classes:
            parts.append(values[:, None] == np.arange(n_classes))  # (N, n_classes)
        else:
            parts.append(values.reshape(len(values), -1))
    return np.concatenate(parts, axis=1).astype(np.float32) if parts else None


class ToldNet(nn.Module):
    """A network that is also told a vector of each input, which joins its last features.

    Args:
        net: gives N_FEATURES numbers for an input.
        n_told: length of the vector.
        n_classes: logits.
    """

    def __init__(self, net: nn.Module, n_told: int, n_classes: int) -> None:
        super().__init__()
        self.net = net
        self.scale = nn.BatchNorm1d(N_FEATURES)  # or large features would drown what is told
        self.head = nn.Sequential(
            nn.Linear(N_FEATURES + n_told, _HIDDEN),
            nn.LeakyReLU(0.2),
            nn.Linear(_HIDDEN, n_classes),
        )

    def forward(self, inputs: Tensor, told: Tensor) -> Tensor:
        """Logits, (N, n_classes), of inputs and what is told of them, (N, n_told)."""
        features = self.scale(self.net(inputs))
        logits: Tensor = self.head(torch.cat([features, told.to(features.dtype)], dim=1))
        return logits

    def take_features(self, start: Weights) -> None:
        """Takes over what fits of the state of a network that was told nothing: all but its end."""
        own = self.net.state_dict()
        fits = {k: v for k, v in start.items() if k in own and own[k].shape == v.shape}
        taken = {name: torch.from_numpy(np.array(array)) for name, array in fits.items()}
        self.net.load_state_dict({**own, **taken})
