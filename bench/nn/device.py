"""The device that computes."""

import torch


def device_named(name: str) -> str:
    """The device of that name; `auto` is a GPU if there is one.

    Raises:
        ValueError: if it is not available.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device {name!r} is not available ({error}); use auto or cpu") from error
    return name
