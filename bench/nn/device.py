"""Which device computes."""

import torch


def device_named(name: str) -> str:
    """The device of that name; `auto` is a GPU if there is one.

    Raises:
        ValueError: if there is no such device.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device {name!r} is not here ({error}); use auto or cpu") from error
    return name
