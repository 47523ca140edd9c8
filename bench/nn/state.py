"""Between a network and named arrays."""

from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import nn

from bench.api import Weights

N = TypeVar("N", bound=nn.Module)
F = TypeVar("F", bound=NamedTuple)


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


def form_arrays(form: NamedTuple) -> Weights:
    """Integers that decide a network, kept with its weights: `form.NAME`, int64, (1,) each."""
    return {f"form.{name}": np.array([value], np.int64) for name, value in form._asdict().items()}


def form_of(kind: type[F], weights: Weights) -> F:
    """The form that is kept with the weights."""
    return kind._make(int(weights[f"form.{name}"][0]) for name in kind._fields)
