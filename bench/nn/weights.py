"""Published weights: read from disk, never downloaded, and checked by their digest."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from bench.api import Weights
from bench.nn.attacker import GREY
from bench.nn.backbones import backbone
from bench.nn.state import with_prefix
from bench.nn.vggface import SIDE_PX, WIDTH, vggface_state

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


def published_backbone(kind: str, name: str, sha256: str) -> Weights:
    """`published` weights for a backbone `facenet` (without its head), `vggface` or `san-grey`."""
    state = published(name, sha256)
    if kind == "facenet":
        return with_prefix("net", {k: v for k, v in state.items() if not k.startswith("logits.")})
    return _as_vggface(state) if kind == "vggface" else _as_grey(state)


def backbone_of(state: Weights) -> str:
    """The backbone whose published state dict this is, `vggface` or `san-grey`; empty if none.

    Raises:
        ValueError: if it looks like one, but has other arrays.
    """
    if {"fc8.weight", "features.35.weight"} & set(state):
        _as_vggface(state)
        return "vggface"
    if {"features.15.weight", "classifier.1.weight"} & set(state):
        _as_grey(state)
        return GREY
    return ""


def checked(state: Weights, shapes: Mapping[str, tuple[int, ...]], what: str) -> Weights:
    """The arrays, float32, if names and shapes are as expected.

    Raises:
        ValueError: that says which arrays of `what` are missing, too many or of another shape.
    """
    found = {name: array.shape for name, array in state.items()}
    wrong = [
        f"{name} is {found[name]}, expected {shape}"
        for name, shape in shapes.items()
        if found.get(name, shape) != shape
    ]
    wrong += [
        f"{name} has nan or infinity"
        for name, a in state.items()
        if not np.isfinite(np.asarray(a)).all()
    ]
    if lost := sorted(set(shapes) - set(found)):
        wrong.append(f"it lacks {lost}")
    if more := sorted(set(found) - set(shapes)):
        wrong.append(f"it also has {more}")
    if wrong:
        raise ValueError(f"not {what}: {'; '.join(wrong)}; use the file as published")
    return {name: np.ascontiguousarray(array, np.float32) for name, array in state.items()}


def _as_vggface(state: Weights) -> Weights:
    with torch.device("meta"):
        shapes = shapes_of(backbone("vggface", WIDTH, SIDE_PX))
    return checked(with_prefix("net", vggface_state(state)), shapes, "VGG-Face")


def _as_grey(state: Weights) -> Weights:
    """The authors' names end as ours: `features.15.bias`; their last layer is `classifier.1`."""
    renamed = {
        f"net.{key.replace('features.', '').replace('classifier.1.', '21.')}": array
        for key, array in state.items()
    }
    return checked(
        renamed, shapes_of(backbone(GREY, 2, SIDE_PX)), "the SAN authors' gender network"
    )


def shapes_of(net: torch.nn.Module) -> Mapping[str, tuple[int, ...]]:
    """Names and shapes of the network's arrays."""
    return {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}


def state_dict(path: Path) -> Weights:
    """The arrays of a state dict saved by torch; ValueError if the file is something else."""
    _refuse_page(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {key: tensor.contiguous().numpy() for key, tensor in state.items()}
    except Exception as error:  # torch raises many types on a broken file
        said = str(error).strip().splitlines()[0]
        raise ValueError(f"{path} is not a state dict: {said}; download it again") from error


def _refuse_page(path: Path) -> None:
    with path.open("rb") as opened:
        if opened.read(64).lstrip()[:1] == b"<":
            raise ValueError(f"expected weights in {path}, got a web page; download it again")
