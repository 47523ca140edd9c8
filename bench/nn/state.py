"""Networks as named arrays and back; imports torch only where a network is restored."""

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from bench.api import Weights

if TYPE_CHECKING:
    from torch import nn

N = TypeVar("N", bound="nn.Module")
C = TypeVar("C", bound=NamedTuple)


def state_of(net: "nn.Module", name: str = "") -> Weights:
    """The network's parameters and buffers as contiguous arrays, called KEY or NAME.KEY."""
    state = {  # copies, because safetensors would corrupt tensors that are channels_last in memory
        key: np.ascontiguousarray(tensor.detach().cpu().contiguous().numpy())
        for key, tensor in net.state_dict().items()
    }
    return with_prefix(name, state) if name else state


def restored(net: N, weights: Weights, device: str, name: str = "") -> N:
    """The network with the arrays KEY or NAME.KEY, on the device, in evaluation mode.

    Raises KeyError or RuntimeError if names or shapes differ.
    """
    import torch

    start = f"{name}." if name else ""
    state = {key: torch.from_numpy(np.array(weights[start + key])) for key in net.state_dict()}
    net.load_state_dict(state)
    return net.to(device).eval()


def with_prefix(name: str, weights: Weights) -> Weights:
    """The arrays, called NAME.KEY."""
    return {f"{name}.{key}": array for key, array in weights.items()}


def without_prefix(name: str, weights: Weights) -> Weights:
    """The arrays called NAME.KEY, as KEY."""
    start = f"{name}."
    return {k.removeprefix(start): array for k, array in weights.items() if k.startswith(start)}


def config_arrays(config: NamedTuple) -> Weights:
    """The integers that define a network, to store with its weights: `config.KEY`, (1,)."""
    return {f"config.{key}": np.array([value], np.int64) for key, value in config._asdict().items()}


def config_of(kind: type[C], weights: Weights, **was: str) -> C:
    """The config stored with the weights; `was`: names in 0.1, which wrote `form.KEY`."""
    old = {f"config.{key}": f"form.{was.get(key, key)}" for key in kind._fields}
    return kind._make(int(weights[key if key in weights else old[key]][0]) for key in old)
