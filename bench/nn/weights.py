"""Published weights: read from disk, never downloaded, and checked by their digest."""

import hashlib
import os
from pathlib import Path

import torch

from bench.api import Weights

FOLDER = "BENCH_WEIGHTS"  # environment variable: the folder of the files


def published(name: str, sha256: str) -> Weights:
    """The arrays of `$BENCH_WEIGHTS/NAME.pt`, a state dict saved by torch.

    The digest, 64 hex digits, is a field of the spec, so that keys and boards identify the weights.

    Raises:
        FileNotFoundError: if the file does not exist.
        ValueError: if it is a web page, has another digest, or is not a state dict.
    """
    path = Path(folder := os.environ.get(FOLDER, "")) / f"{name}.pt"
    if not folder or not path.is_file():
        raise FileNotFoundError(
            f"expected weights {name!r} as {name}.pt in the folder that {FOLDER} names "
            f"({folder or 'not set'}); download them into that folder"
        )
    _refuse_page(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != sha256:
        raise ValueError(
            f"{path} ({path.stat().st_size} bytes): expected SHA-256 {sha256 or 'in sha256=...'}, "
            f"got {digest}; use the digest that the publisher states, or download the file again"
        )
    return state_dict(path)


def facenet(name: str, sha256: str) -> Weights:
    """`published` weights of facenet-pytorch, without the head, for a `facenet` of width 512."""
    read = published(name, sha256)
    return {f"net.{k}": v for k, v in read.items() if not k.startswith("logits.")}


def state_dict(path: Path) -> Weights:
    """The arrays of a state dict saved by torch; ValueError if the file is something else."""
    _refuse_page(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {key: tensor.contiguous().numpy() for key, tensor in state.items()}
    except Exception as error:  # torch raises many types on a broken file
        raise ValueError(f"{path} is not a state dict: {error}; download it again") from error


def _refuse_page(path: Path) -> None:
    with path.open("rb") as opened:
        if opened.read(64).lstrip()[:1] == b"<":
            raise ValueError(f"expected weights in {path}, got a web page; download it again")
