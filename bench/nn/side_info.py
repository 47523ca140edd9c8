"""Side information: what a threat grants an attacker about each input."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.api import Weights
from bench.faces import Array, Labels

N_FEATURES = 32  # of the input, which side information is joined to
_HIDDEN = 64
_KINDS = "side_info."  # prefix of the arrays that hold the number of classes of each note


def kinds_of(*notes: Labels) -> Weights:
    """`side_info.NAME`: the number of classes of a note of integers; 0 for a note of floats."""
    found = {}
    for name in notes[0]:
        values = np.concatenate([np.asarray(part[name]) for part in notes])
        classes = values.ndim == 1 and np.issubdtype(values.dtype, np.integer)
        found[_KINDS + name] = np.array([int(values.max()) + 1 if classes else 0])
    return found


def vectors(notes: Labels, weights: Mapping[str, Array]) -> NDArray[np.float32] | None:
    """The notes, (N, ...) each, as one vector per input, (N, T); None without notes.

    Classes are one-hot (see `kinds_of`); an unseen class is all zeros.
    """
    parts = []
    for name in sorted(key.removeprefix(_KINDS) for key in weights if key.startswith(_KINDS)):
        values, n_classes = np.asarray(notes[name]), int(weights[_KINDS + name][0])
        if n_classes:
            parts.append(values[:, None] == np.arange(n_classes))  # (N, n_classes)
        else:
            parts.append(values.reshape(len(values), -1))
    return np.concatenate(parts, axis=1).astype(np.float32) if parts else None


class SideInfoNet(nn.Module):
    """A network with N_FEATURES outputs, joined with a vector of side information."""

    def __init__(self, net: nn.Module, n_side_info: int, n_classes: int) -> None:
        super().__init__()
        self.net = net
        self.scale = nn.BatchNorm1d(N_FEATURES)  # large features would dominate side information
        first, last = nn.Linear(N_FEATURES + n_side_info, _HIDDEN), nn.Linear(_HIDDEN, n_classes)
        self.head = nn.Sequential(first, nn.LeakyReLU(0.2), last)

    def forward(self, inputs: Tensor, side_info: Tensor) -> Tensor:
        """Logits, (N, n_classes), of inputs and their side information, (N, n_side_info)."""
        features = self.scale(self.net(inputs))
        logits: Tensor = self.head(torch.cat([features, side_info.to(features.dtype)], dim=1))
        return logits

    def load_features(self, start: Weights) -> None:
        """Loads all layers but the last from the state of a network without side information."""
        own = self.net.state_dict()
        fits = {k: v for k, v in start.items() if k in own and own[k].shape == v.shape}
        taken = {name: torch.from_numpy(np.array(array)) for name, array in fits.items()}
        self.net.load_state_dict({**own, **taken})
