"""Published weights, read from disk: never downloaded, never trusted unchecked."""

import hashlib
import os
from pathlib import Path

import torch

from bench.api import Weights

FOLDER = "BENCH_WEIGHTS"  # environment variable: where the files lie


def published(name: str, sha256: str) -> Weights:
    """The arrays of `$BENCH_WEIGHTS/NAME.pt`, a state dict as torch saves it.

    Args:
        name: of the file, without its ending.
        sha256: its digest, 64 hex digits. It stands in the spec, and so in the key and on boards:
            a number says which weights it was made with.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is a web page, has another digest, or holds no state dict.
    """
    folder = os.environ.get(FOLDER, "")
    path = Path(folder) / f"{name}.pt"
    if not folder or not path.is_file():
        raise FileNotFoundError(
            f"weights {name!r} are wanted as {name}.pt in the folder that {FOLDER} names "
            f"({folder or 'not set'}); download them there"
        )
    _refuse_page(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != sha256:
        raise ValueError(
            f"{path} ({path.stat().st_size} bytes) has SHA-256 {digest}, wanted "
            f"{sha256 or 'sha256=...'}; give the digest that its publisher states, or download the "
            "file again"
        )
    return state_dict(path)


def facenet(name: str, sha256: str) -> Weights:
    """What facenet-pytorch publishes, as the backbone `facenet` of 512 numbers takes it.

    The head, which names the publisher's people, is left out. Arguments and errors are those of
    `published`.
    """
    read = published(name, sha256)
    return {f"net.{k}": v for k, v in read.items() if not k.startswith("logits.")}


def state_dict(path: Path) -> Weights:
    """The arrays of a state dict as torch saves it.

    Raises:
        ValueError: if the file is a web page, or holds something else.
    """
    _refuse_page(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {key: tensor.contiguous().numpy() for key, tensor in state.items()}
    except Exception as error:  # torch raises whatever a broken file makes it stumble over
        raise ValueError(f"{path} holds no state dict: {error}") from error


def _refuse_page(path: Path) -> None:
    with path.open("rb") as opened:
        if opened.read(64).lstrip()[:1] == b"<":
            raise ValueError(
                f"{path} is a web page, saved instead of the weights; download it again"
            )
