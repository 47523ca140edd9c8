"""The choice of the torch device."""

import torch


def device_named(name: str) -> str:
    """The device with this name; `auto` is a GPU if there is one.

    Raises:
        ValueError: if the device is not available.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"expected a device, got {name!r} ({error}); use auto or cpu") from error
    return name
