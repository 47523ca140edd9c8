"""The choice of the torch device."""

import ctypes
import sys


def device_named(name: str) -> str:
    """The device with this name; `auto` is a GPU if there is one.

    Raises:
        ValueError: if the device is not available.
    """
    if name == "cpu" or (name == "auto" and not _has_cuda_driver()):
        return "cpu"  # without torch, whose import takes seconds
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]  # for an unknown name torch lists all that it knows
        why = "" if "Expected one of" in reason else f" ({reason})"
        raise ValueError(f"expected a device, got {name!r}{why}; use auto or cpu") from error
    return name


def _has_cuda_driver() -> bool:
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
