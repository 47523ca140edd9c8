"""Between a network and named arrays."""

from typing import TypeVar

import numpy as np
import torch
from torch import nn

from bench.api import Weights

N = TypeVar("N", bound=nn.Module)


def state_of(net: nn.Module) -> Weights:
    """The network's parameters and buffers as contiguous arrays.

    A channels_last tensor has the right values in another order of memory; safetensors would save
    that memory as it lies, so every array is laid out anew.
    """
    return {
        name: np.ascontiguousarray(tensor.detach().cpu().contiguous().numpy())
        for name, tensor in net.state_dict().items()
    }


def restored(net: N, weights: Weights, device: str) -> N:
    """The network with these parameters, on the device, ready to answer.

    Raises:
        RuntimeError: if names or shapes differ (torch says which).
    """
    net.load_state_dict(
        {name: torch.from_numpy(np.array(weights[name])) for name in net.state_dict()}
    )
    return net.to(device).eval()
